// Reads the JSON files of a model as hostile input. Knows no field.

import type * as z from 'zod/mini'
import { ModelError, shown } from './errors.ts'
import type { ModelFiles } from './files.ts'

const LARGEST_TEXT = 256 * 2 ** 20

/** The whole file as text, undefined where there is none. */
export async function readText(files: ModelFiles, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const file = await files.open(name, signal)
  if (!file) return undefined
  if (file.size > LARGEST_TEXT)
    throw new ModelError(name, `a text file has at most ${LARGEST_TEXT} bytes, received ${file.size}`)
  return decodeText(name, await file.read(0, file.size, signal))
}

/** The whole file parsed, undefined where there is none. */
export async function readJson(files: ModelFiles, name: string, signal?: AbortSignal): Promise<unknown> {
  const text = await readText(files, name, signal)
  return text === undefined ? undefined : parseJson(name, text)
}

export async function requireJson(files: ModelFiles, name: string, signal?: AbortSignal): Promise<unknown> {
  const value = await readJson(files, name, signal)
  if (value === undefined) throw new ModelError(name, `${files.id} has no such file`)
  return value
}

export function decodeText(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ModelError(file, 'it is not valid UTF-8 text', { cause })
  }
}

export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ModelError(file, `it is not valid JSON (${(cause as Error).message}), received ${shown(text)}`, { cause })
  }
}

/** The value as the schema gives it back; the first issue becomes the error. `where` says which part of the file it is. */
export function validate<T>(file: string, schema: z.ZodMiniType<T>, value: unknown, where = ''): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  let at = value
  for (const key of path) at = (at as Record<PropertyKey, unknown> | null | undefined)?.[key]
  const field = [where, path.join('.'), message].filter(Boolean).join(' ')
  throw new ModelError(file, `${field}, received ${shown(at)}`)
}

/**
 * The first key that an object of this valid JSON text has twice, at any depth. JSON.parse keeps the last one silently, so
 * two readers could see two different files.
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [] // one entry a bracket; a set of keys for an object, undefined for an array
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '{') open.push(new Set())
    else if (c === '[') open.push(undefined)
    else if (c === '}' || c === ']') open.pop()
    else if (c === '"') {
      const start = i++
      while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1
      const keys = open.at(-1)
      if (!keys || !KEY_END.test(text.slice(i + 1, i + 65))) continue
      const key = JSON.parse(text.slice(start, i + 1)) as string
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

const KEY_END = /^\s*:/
