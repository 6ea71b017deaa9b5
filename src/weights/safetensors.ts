// Reads safetensors headers as hostile input: a table of tensors whose bytes all lie inside the file, without overlap.
// Knows nothing of what the tensors are for.

import * as z from 'zod/mini'
import { ModelError, shown } from './errors.ts'
import type { ModelFile } from './files.ts'
import { decodeText, duplicateKey, parseJson, validate } from './json.ts'
import { DTYPE_BYTES, type Dtype, type Tensor } from './tensors.ts'

export type { Dtype } from './tensors.ts'

/** A tensor, and where in its file its bytes lie: start … end − 1. */
export interface TensorInfo extends Tensor {
  readonly start: number
  readonly end: number
}

const MAX_HEADER = 100 * 2 ** 20
const MAX_DIMENSIONS = 8

const index = z.int('must be a whole number').check(z.minimum(0, 'must not be negative'))
const entry = z.strictObject(
  {
    dtype: z.enum(Object.keys(DTYPE_BYTES) as Dtype[], `must be one of ${Object.keys(DTYPE_BYTES).join(', ')}`),
    shape: z
      .array(index, 'must be a list of sizes')
      .check(z.maxLength(MAX_DIMENSIONS, `must have at most ${MAX_DIMENSIONS} sizes`)),
    data_offsets: z.tuple([index, index], 'must be two byte offsets'),
  },
  'must have dtype, shape and data_offsets',
)
const metadata = z.record(z.string(), z.string('must be text'), 'must be an object of texts')

/** The file's tensors by name. Reads the header only. */
export async function readSafetensors(file: ModelFile, signal?: AbortSignal): Promise<Map<string, TensorInfo>> {
  const refuse = (reason: string) => new ModelError(file.name, reason)
  if (file.size < 8)
    throw refuse(`a safetensors file starts with 8 bytes of header length, received ${file.size} bytes`)
  const first = await file.read(0, 8, signal)
  const length = Number(new DataView(first.buffer).getBigUint64(0, true))
  const largest = Math.min(MAX_HEADER, file.size - 8)
  if (length > largest) throw refuse(`its header must have at most ${largest} bytes, received a length of ${length}`)
  const text = decodeText(file.name, await file.read(8, 8 + length, signal))
  const header = parseJson(file.name, text)
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw refuse(`its header must be an object, received ${shown(header)}`)
  const twice = duplicateKey(text)
  if (twice !== undefined) throw refuse(`its header has the key ${shown(twice)} twice`)

  const dataStart = 8 + length
  const tensors: TensorInfo[] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      validate(file.name, metadata, value, name)
      continue
    }
    const { dtype, shape, data_offsets } = validate(file.name, entry, value, `tensor ${shown(name)}`)
    const [start, end] = data_offsets
    const bytes = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype])
    if (end - start !== bytes)
      throw refuse(`tensor ${shown(name)} of ${dtype} [${shape}] has ${bytes} bytes, received offsets ${start}–${end}`)
    tensors.push({ name, dtype, shape, file: file.name, start: dataStart + start, end: dataStart + end })
  }
  checkCoverage(file, tensors, dataStart)
  return new Map(tensors.map((tensor) => [tensor.name, tensor]))
}

/** The format wants every byte after the header to belong to one tensor. */
function checkCoverage(file: ModelFile, tensors: readonly TensorInfo[], dataStart: number): void {
  let covered = dataStart
  for (const { name, start, end } of [...tensors].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (end > file.size)
      throw new ModelError(
        file.name,
        `it is cut short: tensor ${shown(name)} ends at byte ${end}, received ${file.size} bytes`,
      )
    if (start < covered) throw new ModelError(file.name, `tensor ${shown(name)} overlaps the one before it`)
    if (start > covered) throw new ModelError(file.name, `no tensor has the bytes ${covered}–${start - 1}`)
    covered = end
  }
  if (covered !== file.size)
    throw new ModelError(file.name, `its tensors end at byte ${covered}, received ${file.size} bytes`)
}
