// Launcher of kernels/rope-append.wgsl, and the table of angles it reads.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { KvCache } from '../kv-cache.ts'

/** Queries and keys as the product left them, and how they are rotated. */
export interface Rotation {
  /** Elements of a head that are rotated (the first ones); 0 for a layer without positions. */
  readonly rotaryDim: number
  /** Neighbouring elements are a pair, else element i and i + rotaryDim / 2. */
  readonly interleaved?: boolean
  /** ropeTable's data. */
  readonly rope: Bindable
  /** f32 [rows, (heads + 2 kvHeads) * headDim]: queries, keys, values. */
  readonly qkv: Bindable
}

export interface RopeAppend extends Rotation {
  readonly cache: KvCache
  readonly layer: number
  /** Query heads. */
  readonly heads: number
  readonly step: Bindable
  readonly rows: Bindable
  /** f32 [rows, heads * headDim]: the rotated queries. */
  readonly q: Bindable
  /** Rows of prefill only: attention does it for those of decode. */
  readonly ofPrefill?: boolean
}

/** Constants of kernels/lib/rope.wgsl. */
export const rotationConstants = ({ rotaryDim, interleaved = false }: Rotation) => ({
  ROTATE: rotaryDim > 0,
  HALF: Math.max(1, rotaryDim / 2),
  INTERLEAVED: interleaved,
  NEAR,
})

export function ropeAppend(gpu: Gpu, op: RopeAppend): Launch {
  const { cache, layer, heads, step, rows, rope, qkv, q, ofPrefill = false } = op
  const constants = { ...cache.constants, HEADS: heads, ...rotationConstants(op), OF_PREFILL: ofPrefill }
  const kernel = gpu.kernel('rope-append', { kv: cache.format }, constants)
  const quads = ((heads + 2 * cache.kvHeads) * cache.headDim) / 4
  const buffers = {
    rows,
    block_tables: cache.blockTables,
    rope,
    qkv,
    q,
    keys: cache.keys[layer]!,
    values: cache.values[layer]!,
    step,
  }
  return gpu.launch(kernel, buffers, (shape) => [
    Math.ceil(quads / kernel.workgroupSize[0]),
    shape.rows - (ofPrefill ? shape.decodeRows : 0),
  ])
}

/** Positions of the near part of the table. */
export const NEAR = 256

/**
 * f32 [NEAR + ceil(contextLength / NEAR), invFreq.length] of (cos, sin): of positions below NEAR, then of multiples of
 * NEAR, these times attentionFactor. 256 KiB for 128k positions and 64 frequencies, and as exact as the whole table.
 */
export function ropeTable(
  invFreq: ArrayLike<number>,
  contextLength: number,
  attentionFactor = 1,
): Float32Array<ArrayBuffer> {
  const far = Math.ceil(contextLength / NEAR)
  const table = new Float32Array((NEAR + far) * invFreq.length * 2)
  for (let entry = 0, at = 0; entry < NEAR + far; entry++) {
    const position = entry < NEAR ? entry : (entry - NEAR) * NEAR
    const factor = entry < NEAR ? 1 : attentionFactor
    for (let pair = 0; pair < invFreq.length; pair++) {
      table[at++] = factor * Math.cos(position * invFreq[pair]!)
      table[at++] = factor * Math.sin(position * invFreq[pair]!)
    }
  }
  return table
}
