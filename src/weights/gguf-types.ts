// GGUF's tensor types: how many elements a block has, how many bytes, and how it is decoded. Knows no file.

import * as blocks from './gguf-blocks.ts'
import * as superBlocks from './gguf-super-blocks.ts'
import type { Dtype } from './tensors.ts'

/** Writes the values of the block at byte `at` of `bytes` to `out`, from `to` on. */
export type DecodeBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void

export interface GgufType {
  readonly name: string
  /** Elements, and bytes, of a block. */
  readonly elements: number
  readonly bytes: number
  /** Of floats that are used as they are. */
  readonly dtype?: Dtype
  readonly decode?: DecodeBlock
  /** For blocks that are a grid: largest q, and the grid of the block at byte `at`, (scale, bias) as f16 bits. */
  readonly grid?: { readonly top: number; readonly of: (bytes: Uint8Array, at: number) => number }
}

const float = (dtype: Dtype, bytes: number): GgufType => ({ name: dtype, elements: 1, bytes, dtype })
const of32 = (name: string, bytes: number, decode: DecodeBlock, grid?: GgufType['grid']): GgufType => ({
  name,
  elements: 32,
  bytes,
  decode,
  grid,
})
const of256 = (name: string, bytes: number, decode: DecodeBlock): GgufType => ({ name, elements: 256, bytes, decode })

/** Types that are read here, by their number in the file. */
export const ggufTypes: ReadonlyMap<number, GgufType> = new Map([
  [0, float('F32', 4)],
  [1, float('F16', 2)],
  [30, float('BF16', 2)],
  [2, of32('Q4_0', 18, blocks.decodeQ4_0, { top: 15, of: blocks.centredGrid(8) })],
  [3, of32('Q4_1', 20, blocks.decodeQ4_1, { top: 15, of: blocks.offsetGrid })],
  [6, of32('Q5_0', 22, blocks.decodeQ5_0, { top: 31, of: blocks.centredGrid(16) })],
  [7, of32('Q5_1', 24, blocks.decodeQ5_1, { top: 31, of: blocks.offsetGrid })],
  [8, of32('Q8_0', 34, blocks.decodeQ8_0, { top: 255, of: blocks.centredGrid(128) })],
  [20, of32('IQ4_NL', 18, blocks.decodeIQ4_NL)],
  [10, of256('Q2_K', 84, superBlocks.decodeQ2_K)],
  [11, of256('Q3_K', 110, superBlocks.decodeQ3_K)],
  [12, of256('Q4_K', 144, superBlocks.decodeQ4_K)],
  [13, of256('Q5_K', 176, superBlocks.decodeQ5_K)],
  [14, of256('Q6_K', 210, superBlocks.decodeQ6_K)],
  [23, of256('IQ4_XS', 136, superBlocks.decodeIQ4_XS)],
])

const OTHERS: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  21: 'IQ3_S',
  22: 'IQ2_S',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
}

/** How messages call a type that is not read here. */
export const unreadType = (id: number): string => OTHERS[id] ?? `of the unknown type ${id}`
