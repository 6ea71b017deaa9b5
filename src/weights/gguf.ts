// Reads a GGUF's header as hostile input: metadata by key, and a table of tensors whose bytes all lie inside the file,
// without overlap. Reads no tensor; knows nothing of what keys and tensors are for.

import { ModelError, shown } from './errors.ts'
import type { ModelFile } from './files.ts'
import { Cursor } from './gguf-cursor.ts'
import { type GgufType, ggufTypes, unreadType } from './gguf-types.ts'
import { type GgufValue, readValue } from './gguf-values.ts'

export interface GgufTensor {
  readonly name: string
  readonly file: ModelFile
  readonly type: GgufType
  /** Outermost dimension first; the last one is whole blocks. */
  readonly shape: readonly number[]
  /** Where in its file the bytes lie: start … end − 1. */
  readonly start: number
  readonly end: number
}

export interface Gguf {
  readonly file: ModelFile
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
}

const MAGIC = 0x46554747 // GGUF
const MAX_DIMENSIONS = 4
const DEFAULT_ALIGNMENT = 32

export async function readGguf(file: ModelFile, signal?: AbortSignal): Promise<Gguf> {
  const refuse = (reason: string) => new ModelError(file.name, reason)
  const cursor = new Cursor(file, signal)
  await cursor.need(24)
  const magic = cursor.u32()
  if (magic !== MAGIC) throw refuse(`a GGUF file starts with the letters GGUF, received 0x${magic.toString(16)}`)
  const version = cursor.u32()
  if (version !== 2 && version !== 3) throw refuse(`its GGUF version must be 2 or 3, received ${version}`)
  const tensorCount = cursor.u64()
  const keyCount = cursor.u64()

  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < keyCount; i++) {
    const key = await cursor.string()
    if (metadata.has(key)) throw refuse(`it has the key ${shown(key)} twice`)
    metadata.set(key, await readValue(cursor, key))
  }
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  if (typeof alignment !== 'number' || alignment < 1 || !Number.isInteger(Math.log2(alignment)))
    throw refuse(`general.alignment must be a power of two, received ${shown(alignment)}`)

  const tensors = new Map<string, GgufTensor>()
  for (let i = 0; i < tensorCount; i++) {
    const tensor = await readTensor(cursor, alignment)
    if (tensors.has(tensor.name)) throw refuse(`it has the tensor ${shown(tensor.name)} twice`)
    tensors.set(tensor.name, tensor)
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment
  return { file, metadata, tensors: placed(file, tensors, dataStart) }
}

/** The next entry of the tensor table; start and end count from the first tensor's byte. */
async function readTensor(cursor: Cursor, alignment: number): Promise<GgufTensor> {
  const name = await cursor.string()
  const refuse = (reason: string) => new ModelError(cursor.file.name, `tensor ${shown(name)} ${reason}`)
  await cursor.need(4)
  const dimensions = cursor.u32()
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS)
    throw refuse(`must have 1 to ${MAX_DIMENSIONS} dimensions, received ${dimensions}`)
  await cursor.need(dimensions * 8 + 12)
  const shape = Array.from({ length: dimensions }, () => cursor.u64()).reverse()
  const typeId = cursor.u32()
  const type = ggufTypes.get(typeId)
  if (!type) {
    const known = [...ggufTypes.values()].map((known) => known.name).join(', ')
    throw refuse(`is ${unreadType(typeId)}, which is not read here; types that are: ${known}`)
  }
  if (shape.includes(0)) throw refuse(`must not be empty, received [${shape}]`)
  if (shape.at(-1)! % type.elements !== 0)
    throw refuse(`of ${type.name} must have rows of a multiple of ${type.elements}, received [${shape}]`)
  const start = cursor.u64()
  if (start % alignment !== 0) throw refuse(`must start at a multiple of ${alignment}, received ${start}`)
  const bytes = shape.reduce((product, size) => product * size, type.bytes / type.elements)
  return { name, file: cursor.file, type, shape, start, end: start + bytes }
}

/** The tensors where they are in the file. */
function placed(
  file: ModelFile,
  tensors: ReadonlyMap<string, GgufTensor>,
  dataStart: number,
): ReadonlyMap<string, GgufTensor> {
  let covered = 0
  for (const { name, start, end } of [...tensors.values()].sort((a, b) => a.start - b.start)) {
    if (!(dataStart + end <= file.size))
      throw new ModelError(
        file.name,
        `it is cut short: tensor ${shown(name)} ends at byte ${dataStart + end}, received ${file.size} bytes`,
      )
    if (start < covered) throw new ModelError(file.name, `tensor ${shown(name)} overlaps the one before it`)
    covered = end
  }
  const shifted = (tensor: GgufTensor) => ({ ...tensor, start: dataStart + tensor.start, end: dataStart + tensor.end })
  return new Map([...tensors].map(([name, tensor]) => [name, shifted(tensor)]))
}
