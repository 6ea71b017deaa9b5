// Launcher of kernels/attention-decode.wgsl, attention-reduce.wgsl and attention-prefill.wgsl, or of attention-alone.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { KvCache } from '../kv-cache.ts'
import { type Rotation, rotationConstants } from './rope-append.ts'

export interface Attention {
  readonly cache: KvCache
  readonly layer: number
  /** Query heads. */
  readonly heads: number
  /** Of the logits, usually headDim ** -0.5. */
  readonly scale: number
  /** Keys a row sees at most, its own included. Left out: all. */
  readonly window?: number
  /** Logits go through softcap * tanh(logit / softcap). Left out: they do not. */
  readonly softcap?: number
  readonly step: Bindable
  readonly rows: Bindable
  /** f32 [rows, heads * headDim], rotated. */
  readonly q: Bindable
  /**
   * For rows of decode: instead of q; their keys and values are put into the cache too. Where `rotates` says so; without it
   * attention-alone does all rows.
   */
  readonly raw?: Rotation
  /** Scratch of partialsBytes; one for all layers. */
  readonly partials: Bindable
  /** f32 [rows, heads * headDim rounded up to 32]; what is rounded up is left alone. */
  readonly out: Bindable
}

/** Keys of a split's tile. */
const TILE = 128
/** Heads of a key head that share a workgroup in decode, at most. */
const BUNDLE = 4

/**
 * Threads of a workgroup (at least a head's quads), splits a row may have in decode, tiles of a split where a row has `busy`
 * workgroups without any, workgroups of prefill for a key head. On SwiftShader every four threads of a workgroup with a
 * barrier take some 25 µs to set up, and each word of workgroup memory a millisecond to compile: few that do much. The
 * dispatch that puts splits together takes lavapipe 60 µs.
 */
const ON_GPU = { lanes: 64, maxSplits: 32, busy: Infinity, splitTiles: 1, prefillWorkgroups: 65535 }
const ON_CPU = { lanes: 8, maxSplits: 4, busy: 3, splitTiles: 4, prefillWorkgroups: 8 }
const profileOf = (gpu: Gpu) => (gpu.software ? ON_CPU : ON_GPU)

/** Whether attention rotates queries and keys of decode itself: unless one of its kernels is wrong on this device. */
export const rotates = (gpu: Gpu) => gpu.trusts('attention-decode', 'attention-reduce', 'attention-prefill')

/** Decode, its reduction, prefill. The cache holds the keys and values of rows of prefill already. */
export function attention(gpu: Gpu, op: Attention): Launch[] {
  const { cache, layer, heads, scale, window = 0, softcap = 0, step, rows, q, raw, partials, out } = op
  const { kvHeads, headDim, blockTables } = cache
  if (heads % kvHeads !== 0)
    throw new Error(`Cannot launch attention: heads must be a multiple of kvHeads ${kvHeads}, received ${heads}`)
  const { lanes, busy, splitTiles, prefillWorkgroups } = profileOf(gpu)
  const quads = headDim / 4
  const group = heads / kvHeads
  const paged = { block_tables: blockTables, keys: cache.keys[layer]!, values: cache.values[layer]! }
  const shared = {
    HEADS: heads,
    SCALE: scale,
    SOFTCAP: softcap,
    WINDOW: window,
    OUT_QUADS: outStride(cache, heads) / 4,
  }
  const constants = { ...cache.constants, ...shared }
  const bundles = kvHeads * Math.ceil(group / BUNDLE)
  const splits = { TILE, SPLIT_TILES: bundles >= busy ? splitTiles : 1, MAX_SPLITS: maxSplits(cache) }
  const variants = { kv: cache.format }
  if (!raw) {
    const alone = gpu.kernel('attention-alone', variants, constants)
    const workgroups = Math.ceil((heads * quads) / alone.workgroupSize[0])
    return [gpu.launch(alone, { rows, q, ...paged, out }, (shape) => [workgroups, shape.rows])]
  }
  // Keys start at a multiple of 4, up to 3 before the window.
  const keysOf = (maxKeys: number) => (window > 0 ? Math.min(window + 3, maxKeys) : maxKeys)
  const splitsOf = (maxKeys: number) =>
    Math.min(Math.ceil(keysOf(maxKeys) / (TILE * splits.SPLIT_TILES)), splits.MAX_SPLITS)

  const decode = gpu.launch(
    gpu.kernel('attention-decode', variants, {
      ...constants,
      ...splits,
      LANES: Math.max(lanes, quads),
      ...rotationConstants(raw),
    }),
    { rows, ...paged, qkv: raw.qkv, rope: raw.rope, partials, out },
    ({ decodeRows, maxKeys }) => [splitsOf(maxKeys), bundles, decodeRows],
  )
  const reduceKernel = gpu.kernel('attention-reduce', {}, { ...constants, ...splits })
  const reduce = gpu.launch(reduceKernel, { rows, partials, out }, ({ decodeRows, maxKeys }) =>
    splitsOf(maxKeys) > 1 ? [Math.ceil((heads * quads) / reduceKernel.workgroupSize[0]), decodeRows] : undefined,
  )
  const span = Math.max(quads, 8)
  const prefillKernel = gpu.kernel('attention-prefill', variants, {
    ...constants,
    SPAN: span,
    LANES: Math.max(lanes, span),
  })
  const queries = Math.floor(prefillKernel.workgroupSize[0] / span) * 8
  const prefill = gpu.launch(prefillKernel, { step, rows, q, ...paged, out }, (shape) => {
    const workgroups = Math.ceil(((shape.rows - shape.decodeRows) * group) / queries)
    return [Math.min(workgroups, prefillWorkgroups), kvHeads]
  })
  return [decode, reduce, prefill]
}

/** Bytes of the scratch buffer for steps of up to so many decode rows. */
export function partialsBytes(cache: KvCache, heads: number, maxDecodeRows: number): number {
  return maxDecodeRows * maxSplits(cache) * heads * (cache.headDim + 4) * 4
}

/** As few as the longest sequence can use. */
function maxSplits({ gpu, maxBlocksPerSequence, blockSize }: KvCache): number {
  return Math.min(profileOf(gpu).maxSplits, Math.ceil((maxBlocksPerSequence * blockSize) / TILE))
}

function outStride({ headDim }: KvCache, heads: number): number {
  return Math.ceil((heads * headDim) / 32) * 32
}
