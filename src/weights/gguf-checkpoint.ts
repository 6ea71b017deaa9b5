// A GGUF's tensors under Hugging Face's names and in their order of rows. Floats are given as they are; quantized blocks are
// decoded to F32, each value rounded once. Knows which rows an architecture stores in another order, not what they are for.

import { ModelError, shown } from './errors.ts'
import type { Gguf, GgufTensor } from './gguf.ts'
import { checkpointName, type GgufArchitecture } from './gguf-architectures.ts'
import { GgufMetadata } from './gguf-metadata.ts'
import { type Checkpoint, checkRows, DTYPE_BYTES, rowLength, type Tensor } from './tensors.ts'

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
  return {
    tensors,
    quantized: [...tensors.values()].some(({ stored }) => stored.type.decode),
    async read(name, firstRow, rows, signal, grids) {
      const tensor = tensors.get(name)
      if (!tensor) throw new ModelError(gguf.file.name, `there is no tensor ${shown(name)}`)
      checkRows(tensor, firstRow, rows)
      const bytes = await (tensor.headRows ? readHeads : readRows)(tensor, firstRow, rows, signal, grids)
      if (tensor.offset) {
        const values = new Float32Array(bytes.buffer)
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

type Read = (
  tensor: Stored,
  firstRow: number,
  rows: number,
  signal?: AbortSignal,
  grids?: Uint32Array,
) => Promise<Uint8Array<ArrayBuffer>>

/** Rows as the file has them, decoded. */
const readRows: Read = async ({ stored }, firstRow, rows, signal, grids) => {
  const { file, type, start } = stored
  const length = rowLength(stored)
  const rowBytes = (length / type.elements) * type.bytes
  const raw = await file.read(start + firstRow * rowBytes, start + (firstRow + rows) * rowBytes, signal)
  if (!type.decode) return raw
  const values = new Float32Array(rows * length)
  for (let at = 0, to = 0; at < raw.length; at += type.bytes, to += type.elements) type.decode(raw, at, values, to)
  if (grids && type.grid) for (let i = 0; i < grids.length; i++) grids[i] = type.grid.of(raw, i * type.bytes)
  return new Uint8Array(values.buffer)
}

/** Rows with each head's halves one after the other: row i of a head is stored at 2i in the first half, then at the odd places. */
const readHeads: Read = async (tensor, firstRow, rows, signal, grids) => {
  const headRows = tensor.headRows!
  const from = Math.floor(firstRow / headRows) * headRows
  const to = Math.ceil((firstRow + rows) / headRows) * headRows
  const groups = grids ? grids.length / rows : 0
  const storedGrids = grids && new Uint32Array((to - from) * groups)
  const stored = await readRows(tensor, from, to - from, signal, storedGrids)
  const rowBytes = rowLength(tensor) * DTYPE_BYTES[tensor.dtype]
  const bytes = new Uint8Array(rows * rowBytes)
  for (let i = 0; i < rows; i++) {
    const inHead = (firstRow + i) % headRows
    const half = inHead < headRows / 2 ? 0 : 1
    const at = firstRow + i - inHead - from + (inHead - (half * headRows) / 2) * 2 + half
    bytes.set(stored.subarray(at * rowBytes, (at + 1) * rowBytes), i * rowBytes)
    grids?.set(storedGrids!.subarray(at * groups, (at + 1) * groups), i * groups)
  }
  return bytes
}
