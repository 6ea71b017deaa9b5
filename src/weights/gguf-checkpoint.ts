// A GGUF's tensors under Hugging Face's names and in their order of rows. Floats are given as they are; quantized blocks are
// decoded to F32, each value rounded once. Knows which rows an architecture stores in another order, not what they are for.

import { ModelError, shown } from './errors.ts'
import { memoryFor } from './files.ts'
import type { Gguf, GgufTensor } from './gguf.ts'
import { checkpointName, type GgufArchitecture } from './gguf-architectures.ts'
import { GgufMetadata } from './gguf-metadata.ts'
import { type Checkpoint, checkRows, DTYPE_BYTES, type ReadOptions, rowLength, type Tensor } from './tensors.ts'

const MAX_EXPERTS = 1024

interface Stored extends Tensor {
  readonly stored: GgufTensor
  /** Rows of a head, where they alternate between its halves. */
  readonly headRows?: number
  /** What the file adds to each value. */
  readonly offset?: number
}

/** @throws ModelError for an architecture that is not known here. */
export function ggufCheckpoint(gguf: Gguf): Checkpoint {
  const metadata = new GgufMetadata(gguf)
  const { architecture } = metadata
  const heads = metadata.need('attention.head_count')
  const headsOf: Record<string, number> = { q_proj: heads, k_proj: metadata.number('attention.head_count_kv') ?? heads }
  const tensors = new Map<string, Stored>()
  for (const [name, stored] of [...gguf.tensors.values()].flatMap((tensor) => named(tensor, architecture))) {
    const { type, shape } = stored
    const gridTop = shape.length === 2 ? type.grid?.top : undefined
    const base = { name, dtype: type.dtype ?? 'F32', shape, file: stored.file.name, gridTop, stored } as const
    const part = /\.([qk]_proj)\.\w+$/.exec(name)?.[1]
    const headRows = architecture.alternating && part ? shape[0]! / headsOf[part]! : undefined
    if (headRows !== undefined && !(headRows % 2 === 0 && Number.isInteger(shape[0]! / headRows) && headRows > 0))
      throw new ModelError(
        gguf.file.name,
        `tensor ${stored.name} must have an even number of rows for each of ${headsOf[part!]} heads, received [${shape}]`,
      )
    const offset = name.endsWith('norm.weight') ? architecture.normOffset : undefined
    if (offset !== undefined && base.dtype !== 'F32')
      throw new ModelError(gguf.file.name, `tensor ${stored.name} must be F32, received ${base.dtype}`)
    tensors.set(name, { ...base, headRows, offset })
  }
  /** What stored rows were read into before; none while a read has it. */
  let spare: ArrayBuffer | undefined
  const readRows = async (tensor: Stored, firstRow: number, rows: number, options: ReadOptions) => {
    const { stored, dtype, headRows = 1 } = tensor
    const { file, type, start } = stored
    const rowBytes = (rowLength(stored) / type.elements) * type.bytes
    const first = Math.floor(firstRow / headRows) * headRows
    const last = Math.ceil((firstRow + rows) / headRows) * headRows
    const read = (into?: ArrayBuffer) =>
      file.read(start + first * rowBytes, start + last * rowBytes, options.signal, into)
    if (!type.decode && headRows === 1) return read(options.into)
    const memory = spare
    spare = undefined
    const raw = await read(memory)
    const size = rows * rowLength(stored) * DTYPE_BYTES[dtype]
    const out = new Uint8Array(memoryFor(size, options.into), 0, size)
    unpack(tensor, raw, first, out, firstRow, options.grids)
    spare = raw.buffer
    return out
  }
  return {
    tensors,
    quantized: [...tensors.values()].some(({ stored }) => stored.type.decode),
    async read(name, firstRow, rows, options = {}) {
      const tensor = tensors.get(name)
      if (!tensor) throw new ModelError(gguf.file.name, `there is no tensor ${shown(name)}`)
      checkRows(tensor, firstRow, rows)
      const bytes = await readRows(tensor, firstRow, rows, options)
      if (tensor.offset) {
        const values = new Float32Array(bytes.buffer, 0, bytes.length / 4)
        for (let i = 0; i < values.length; i++) values[i]! -= tensor.offset
      }
      return bytes
    },
  }
}

/** By Hugging Face's names: a tensor of all experts is one for each there. */
function named(tensor: GgufTensor, architecture: GgufArchitecture): [name: string, tensor: GgufTensor][] {
  const name = checkpointName(tensor.name, architecture)
  const [count, ...shape] = tensor.shape as [number, ...number[]]
  if (!name.includes('#')) return [[name, tensor]]
  if (shape.length !== 2 || count > MAX_EXPERTS)
    throw new ModelError(
      tensor.file.name,
      `tensor ${tensor.name} must have three dimensions, the first at most ${MAX_EXPERTS}, received [${tensor.shape}]`,
    )
  const bytes = (tensor.end - tensor.start) / count
  return Array.from({ length: count }, (_, i) => {
    const start = tensor.start + i * bytes
    return [name.replace('#', `${i}`), { ...tensor, shape, start, end: start + bytes }]
  })
}

/** Which stored row is a row of the tensor: one of a head's first half lies at 2i, of its second at the odd places. */
function placeOf(row: number, headRows: number): number {
  const inHead = row % headRows
  const half = inHead < headRows / 2 ? 0 : 1
  return row - inHead + (inHead - (half * headRows) / 2) * 2 + half
}

/** Decodes stored rows, from `firstStored` on, to `out`: the tensor's rows from `firstRow` on. */
function unpack(
  { stored, dtype, headRows }: Stored,
  raw: Uint8Array,
  firstStored: number,
  out: Uint8Array<ArrayBuffer>,
  firstRow: number,
  grids?: Uint32Array,
): void {
  const { type } = stored
  const length = rowLength(stored)
  const rows = out.length / (length * DTYPE_BYTES[dtype])
  const rowBytes = (length / type.elements) * type.bytes
  const values = new Float32Array(out.buffer, 0, type.decode ? out.length / 4 : 0)
  /** Rows that lie together in both. */
  const run = headRows ? 1 : rows
  for (let row = 0; row < rows; row += run) {
    const from = headRows ? (placeOf(firstRow + row, headRows) - firstStored) * rowBytes : 0
    const until = from + run * rowBytes
    if (!type.decode) out.set(raw.subarray(from, until), row * rowBytes)
    else
      for (let at = from, to = row * length; at < until; at += type.bytes, to += type.elements)
        type.decode(raw, at, values, to)
    if (grids && type.grid)
      for (let at = from, to = (row * length) / type.elements; at < until; at += type.bytes, to++)
        grids[to] = type.grid.of(raw, at)
  }
}
