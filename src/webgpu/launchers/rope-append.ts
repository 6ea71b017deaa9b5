// Launcher of kernels/rope-append.wgsl, and the table of angles it reads.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { KvCache } from '../kv-cache.ts'

export interface RopeAppend {
  readonly cache: KvCache
  readonly layer: number
  /** Query heads. */
  readonly heads: number
  /** Elements of a head that are rotated (the first ones); 0 for a layer without positions. */
  readonly rotaryDim: number
  /** Neighbouring elements are a pair, else element i and i + rotaryDim / 2. */
  readonly interleaved?: boolean
  readonly rows: Bindable
  /** ropeTable's data. */
  readonly rope: Bindable
  /** f32 [rows, (heads + 2 kvHeads) * headDim]: queries, keys, values. */
  readonly qkv: Bindable
  /** f32 [rows, heads * headDim]: the rotated queries. */
  readonly q: Bindable
}

export function ropeAppend(gpu: Gpu, op: RopeAppend): Launch {
  const { cache, layer, heads, rotaryDim, interleaved = false, rows, rope, qkv, q } = op
  const rotation = { ROTATE: rotaryDim > 0, HALF: Math.max(1, rotaryDim / 2), INTERLEAVED: interleaved, NEAR }
  const constants = { ...cache.constants, HEADS: heads, ...rotation }
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
  }
  return gpu.launch(kernel, buffers, (step) => [Math.ceil(quads / kernel.workgroupSize[0]), step.rows])
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
