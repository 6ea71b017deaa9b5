// Fields of beam search, and the rules between them and others.

import * as z from 'zod/mini'
import { MAX_BEAMS } from '../../engine/beam-search.ts'
import type { BeamOptions } from '../../engine/generation.ts'
import { MAX_TOP_LOGPROBS } from '../../engine/sampling-params.ts'
import { badRequest } from '../errors.ts'
import { defaulted, optional, type Values } from './field.ts'
import { decimal, type outputFields, type samplingFields } from './sampling.ts'

export const beamFields = {
  use_beam_search: defaulted(z.boolean(), false, {
    doc:
      'Searches for the most likely answers rather than drawing: `best_of` beams (`n` unless told, 20 at most), of which the `n` best answers come. ' +
      `Needs \`temperature\` 0, \`top_p\` 1, \`top_k\` off and no penalties. \`logit_bias\` holds for tokens among the ${MAX_TOP_LOGPROBS} most likely ones after a beam, \`stop\` cuts the answers that were found, ` +
      'and with `stream` everything comes at the end. Scores and endings follow Hugging Face’s; vLLM counts the prompt into an answer’s length.',
  }),
  length_penalty: optional(decimal(), {
    doc: 'An answer’s score is the sum of its log-probabilities, divided by its number of tokens to this power; 1 unless told. Only with `use_beam_search`. As in vLLM.',
  }),
  early_stopping: optional(z.union([z.boolean(), z.literal('never')]), {
    doc: 'When to stop once as many answers ended as there are beams: `true` at once; `false` (unless told) when no beam scores better at its present length; `"never"` when none can at any length. Only with `use_beam_search`. As in vLLM.',
  }),
}

type Beams = Values<typeof beamFields>
type Output = Beams & Values<typeof outputFields> & Values<typeof samplingFields>

/** What the engine is asked to search; undefined: it draws. */
export function beamOptions(request: Beams & Pick<Output, 'n' | 'best_of'>): BeamOptions | undefined {
  if (!request.use_beam_search) return undefined
  return {
    width: request.best_of ?? request.n,
    lengthPenalty: request.length_penalty ?? 1,
    earlyStopping: request.early_stopping ?? false,
  }
}

/** @throws ApiError for fields that do not go together */
export function checkBeams(request: Output): void {
  if (!request.use_beam_search) {
    for (const name of ['length_penalty', 'early_stopping'] as const)
      if (request[name] !== undefined)
        throw badRequest(`Invalid '${name}': it is only allowed when 'use_beam_search' is true.`, name)
    return
  }
  const needed = {
    temperature: [0],
    top_p: [1],
    top_k: [0, -1],
    frequency_penalty: [0],
    presence_penalty: [0],
    repetition_penalty: [1],
  } as const
  for (const [name, values] of Object.entries(needed) as [keyof typeof needed, readonly number[]][])
    if (!values.includes(request[name]))
      throw badRequest(
        `Invalid '${name}': must be ${values[0]} when 'use_beam_search' is true, but got ${request[name]}.`,
        name,
      )
  if (request.n > MAX_BEAMS)
    throw badRequest(
      `Invalid 'n': must be at most ${MAX_BEAMS} when 'use_beam_search' is true, but got ${request.n}.`,
      'n',
    )
}
