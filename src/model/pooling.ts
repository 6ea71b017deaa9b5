// How the hidden states of a text become its vector, as the files of sentence-transformers in a model's folder say.

import * as z from 'zod/mini'
import type { ModelFiles } from '../weights/files.ts'
import { readJson } from '../weights/json.ts'

const modulesSchema = z.array(z.object({ type: z.string(), path: z.string().check(z.regex(/^(\w[\w.-]*)?$/)) }))
const poolingSchema = z.record(z.string(), z.unknown())
const SERVED: Readonly<Record<string, 'last' | 'sum'>> = { lasttoken: 'last', mean_tokens: 'sum', mean: 'sum' }

/**
 * A folder that says nothing pools by the mean, which is as good as the sum: vectors are brought to length 1. Undefined for
 * what is not run here: other poolings, several at once, further layers.
 */
export async function readPooling(files: ModelFiles, signal?: AbortSignal): Promise<'last' | 'sum' | undefined> {
  const listed = await readJson(files, 'modules.json', signal)
  if (listed === undefined) return 'sum'
  const modules = modulesSchema.safeParse(listed).data ?? []
  const kinds = modules.map(({ type, path }) => ({ kind: type.split('.').at(-1)!, path }))
  const pooling = kinds.find(({ kind }) => kind === 'Pooling')
  if (!pooling || kinds.some(({ kind }) => !['Transformer', 'Pooling', 'Normalize'].includes(kind))) return undefined
  const config = poolingSchema.safeParse(await readJson(files, `${pooling.path}/config.json`, signal)).data ?? {}
  const flags = Object.keys(config).filter((key) => key.startsWith('pooling_mode_') && config[key] === true)
  const modes = config.pooling_mode ? [config.pooling_mode].flat() : flags.map((key) => key.slice(13))
  return modes.length === 1 ? SERVED[String(modes[0])] : undefined
}
