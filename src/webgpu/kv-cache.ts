// The paged cache of keys and values: one buffer of each a layer, cut into blocks, and the table of which blocks a sequence
// slot owns. Knows no policy: who gets which block is the engine's business.

import { encode, type Gpu, type Launch } from './gpu.ts'
import { copyBlocks } from './launchers/copy-blocks.ts'
import type { Constants } from './wgsl-link.ts'

export type KvFormat = 'f32' | 'f16'

export interface KvCacheOptions {
  readonly layers: number
  readonly kvHeads: number
  /** A multiple of 4. */
  readonly headDim: number
  /** Tokens a block holds, a power of two from 4 on. */
  readonly blockSize?: number
  readonly blockCount: number
  readonly maxSequences: number
  readonly maxBlocksPerSequence: number
  readonly format: KvFormat
}

export const DEFAULT_BLOCK_SIZE = 16
export const KV_ELEMENT_BYTES: Readonly<Record<KvFormat, number>> = { f32: 4, f16: 2 }

export class KvCache {
  readonly gpu: Gpu
  readonly layers: number
  readonly kvHeads: number
  readonly headDim: number
  readonly blockSize: number
  readonly blockCount: number
  readonly maxSequences: number
  readonly maxBlocksPerSequence: number
  readonly format: KvFormat
  /** A layer each; laid out as kernels/lib/kv-pages.wgsl says. */
  readonly keys: readonly GPUBuffer[]
  readonly values: readonly GPUBuffer[]
  /** u32 [maxSequences, maxBlocksPerSequence] */
  readonly blockTables: GPUBuffer
  readonly #pairs: GPUBuffer
  readonly #copies: readonly Launch[]
  #copying = 0

  /** @throws {Error} when the shape is impossible or a layer's buffer is larger than the device can bind. */
  constructor(gpu: Gpu, options: KvCacheOptions) {
    const { layers, kvHeads, headDim, blockSize = DEFAULT_BLOCK_SIZE, blockCount, format } = options
    if (headDim % 4 !== 0) throw new Error(`Cannot make KV cache: headDim must be a multiple of 4, received ${headDim}`)
    if (blockSize < 4 || (blockSize & (blockSize - 1)) !== 0)
      throw new Error(`Cannot make KV cache: blockSize must be a power of two from 4 on, received ${blockSize}`)
    const blockBytes = kvHeads * headDim * blockSize * KV_ELEMENT_BYTES[format]
    const limit = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize)
    if (blockBytes * blockCount > limit)
      throw new Error(
        `Cannot make KV cache: a layer's keys may take ${limit} bytes on this device (${Math.floor(limit / blockBytes)} blocks), received ${blockCount} blocks of ${blockBytes}`,
      )
    this.gpu = gpu
    this.layers = layers
    this.kvHeads = kvHeads
    this.headDim = headDim
    this.blockSize = blockSize
    this.blockCount = blockCount
    this.maxSequences = options.maxSequences
    this.maxBlocksPerSequence = options.maxBlocksPerSequence
    this.format = format
    const buffers = (name: string) =>
      Array.from({ length: layers }, (_, layer) => gpu.createBuffer(`${name} ${layer}`, blockBytes * blockCount))
    this.keys = buffers('keys')
    this.values = buffers('values')
    this.blockTables = gpu.createBuffer('block tables', this.maxSequences * this.maxBlocksPerSequence * 4)
    this.#pairs = gpu.createBuffer('block copies', blockCount * 8)
    this.#copies = [...this.keys, ...this.values].map((blocks) =>
      copyBlocks(gpu, { blockBytes, pairs: this.#pairs, blocks, count: () => this.#copying }),
    )
  }

  /** Bytes of all buffers of such a cache. */
  static bytes(options: KvCacheOptions): number {
    const { layers, kvHeads, headDim, blockSize = DEFAULT_BLOCK_SIZE, blockCount, format } = options
    const tables = options.maxSequences * options.maxBlocksPerSequence * 4
    return 2 * layers * kvHeads * headDim * blockSize * blockCount * KV_ELEMENT_BYTES[format] + tables + blockCount * 8
  }

  /** What kernels/lib/kv-pages.wgsl wants to know. */
  get constants(): Constants {
    const { blockSize, maxBlocksPerSequence, kvHeads, headDim } = this
    return { BLOCK: blockSize, TABLE: maxBlocksPerSequence, KV_HEADS: kvHeads, HEAD_DIM: headDim }
  }

  /** Entries of the slot's block table from `first` on. Takes effect for steps submitted later. */
  setBlocks(slot: number, first: number, blocks: ArrayLike<number>): void {
    const { maxSequences, maxBlocksPerSequence } = this
    if (slot < 0 || slot >= maxSequences || first < 0 || first + blocks.length > maxBlocksPerSequence)
      throw new Error(
        `Cannot set blocks: the table has ${maxSequences} slots of ${maxBlocksPerSequence}, received slot ${slot}, ${blocks.length} blocks from ${first}`,
      )
    const at = (slot * maxBlocksPerSequence + first) * 4
    this.gpu.device.queue.writeBuffer(this.blockTables, at, Uint32Array.from(blocks))
  }

  /** Copies whole blocks of every layer, one pair after the other, before steps submitted later. Kernels must be ready. */
  copyBlocks(pairs: readonly { readonly from: number; readonly to: number }[]): void {
    for (const run of independentRuns(pairs)) {
      const { device } = this.gpu
      device.queue.writeBuffer(this.#pairs, 0, Uint32Array.from(run.flatMap(({ from, to }) => [from, to])))
      this.#copying = run.length
      const encoder = device.createCommandEncoder({ label: 'copy blocks' })
      const pass = encoder.beginComputePass()
      encode(pass, this.#copies, { rows: 0, decodeRows: 0, outputs: 0, maxKeys: 0, pools: 0 })
      pass.end()
      device.queue.submit([encoder.finish()])
    }
  }

  destroy(): void {
    for (const buffer of [...this.keys, ...this.values, this.blockTables, this.#pairs]) this.gpu.destroyBuffer(buffer)
  }
}

/** Cuts the list where a pair touches a block that one before it writes, or writes one that it reads. */
function independentRuns<P extends { readonly from: number; readonly to: number }>(pairs: readonly P[]): P[][] {
  const runs: P[][] = []
  const read = new Set<number>()
  const written = new Set<number>()
  for (const pair of pairs) {
    if (runs.length === 0 || written.has(pair.from) || written.has(pair.to) || read.has(pair.to)) {
      runs.push([])
      read.clear()
      written.clear()
    }
    runs.at(-1)!.push(pair)
    read.add(pair.from)
    written.add(pair.to)
  }
  return runs
}
