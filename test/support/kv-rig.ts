// A paged cache full of NaN with sequences in scattered blocks, and rope-append and attention over it: what the tests of
// these kernels share.

import type { Gpu } from '../../src/webgpu/gpu.ts'
import { KvCache, type KvFormat } from '../../src/webgpu/kv-cache.ts'
import { attention, partialsBytes } from '../../src/webgpu/launchers/attention.ts'
import { ropeAppend, ropeTable } from '../../src/webgpu/launchers/rope-append.ts'
import { type AttentionShape, attend } from '../reference/attention.ts'
import { normals, uniform } from './random.ts'
import { readF32, run } from './run-kernel.ts'

export interface Sequence {
  readonly slot: number
  /** [length, headDim * heads] and [length, headDim * kvHeads] twice */
  readonly q: Float32Array
  readonly k: Float32Array
  readonly v: Float32Array
}

/** Rows of one sequence, [start, end). */
export interface Rows {
  readonly sequence: Sequence
  readonly start: number
  readonly end: number
}

export interface RigOptions extends Omit<AttentionShape, 'scale'> {
  readonly format?: KvFormat
  readonly blockSize?: number
  readonly maxLength: number
  readonly maxSequences: number
  /** Each row by attention-alone, after rope-append. */
  readonly alone?: boolean
  /** Elements of a head that are rotated; none unless given. */
  readonly rotaryDim?: number
  readonly interleaved?: boolean
}

export class KvRig {
  readonly shape: AttentionShape
  readonly cache: KvCache
  readonly #gpu: Gpu
  readonly #free: number[]
  readonly #options: RigOptions
  #sequences = 0

  constructor(gpu: Gpu, options: RigOptions) {
    const { kvHeads, headDim, format = 'f32', blockSize = 16, maxLength, maxSequences } = options
    this.#gpu = gpu
    this.#options = options
    this.shape = { ...options, scale: headDim ** -0.5 }
    const maxBlocksPerSequence = Math.ceil(maxLength / blockSize)
    const blockCount = maxBlocksPerSequence * maxSequences + 3
    this.cache = new KvCache(gpu, {
      layers: 1,
      kvHeads,
      headDim,
      blockSize,
      blockCount,
      maxSequences,
      maxBlocksPerSequence,
      format,
    })
    for (const buffer of [this.cache.keys[0]!, this.cache.values[0]!])
      gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(0x7fff7fff)) // NaN as f32 and as two f16
    const random = uniform(blockCount)
    this.#free = [...Array(blockCount).keys()]
      .map((block) => [random(), block])
      .sort((a, b) => a[0]! - b[0]!)
      .map(([, block]) => block!)
  }

  /** With blocks for `length` tokens, none written yet. */
  sequence(length: number, seed = this.#sequences + 1): Sequence {
    const { heads, kvHeads, headDim } = this.shape
    const slot = this.#sequences++
    this.cache.setBlocks(slot, 0, this.#free.splice(0, Math.ceil(length / this.cache.blockSize)))
    return {
      slot,
      q: normals(length * heads * headDim, seed, 1.5),
      k: normals(length * kvHeads * headDim, seed + 1000),
      v: normals(length * kvHeads * headDim, seed + 2000),
    }
  }

  /** Runs one step; returns out [rows, stride], filled with −1 before. Without `attend` it only appends. */
  async step(decode: readonly Rows[], prefill: readonly Rows[], { attend = true } = {}): Promise<Float32Array[]> {
    const gpu = this.#gpu
    const { heads, kvHeads, headDim } = this.shape
    const all = [...decode, ...prefill].flatMap(({ sequence, start, end }) =>
      Array.from({ length: end - start }, (_, i) => ({ sequence, position: start + i })),
    )
    const [nq, nkv] = [heads * headDim, kvHeads * headDim]
    const qkv = new Float32Array(all.length * (nq + 2 * nkv))
    all.forEach(({ sequence: { q, k, v }, position }, row) => {
      const at = row * (nq + 2 * nkv)
      qkv.set(q.subarray(position * nq, (position + 1) * nq), at)
      qkv.set(k.subarray(position * nkv, (position + 1) * nkv), at + nq)
      qkv.set(v.subarray(position * nkv, (position + 1) * nkv), at + nq + nkv)
    })
    const stride = Math.ceil(nq / 32) * 32
    const { cache } = this
    const decodeRows = decode.length
    const maxKeys = decode.reduce((most, { end }) => Math.max(most, end), 0)
    const { UNIFORM, STORAGE, COPY_DST } = GPUBufferUsage
    const { rotaryDim = 0, interleaved, maxLength } = this.#options
    const invFreq = Float32Array.from({ length: rotaryDim / 2 }, (_, i) => 100 ** ((-2 * i) / rotaryDim))
    const buffers = {
      rows: gpu.createBufferWith('rows', Uint32Array.from(all.flatMap((r) => [r.sequence.slot, r.position, 0, 0]))),
      step: gpu.createBufferWith(
        'step',
        Uint32Array.of(all.length, decodeRows, 0, maxKeys),
        UNIFORM | STORAGE | COPY_DST,
      ),
      q: gpu.createBuffer('q', all.length * nq * 4),
      qkv: gpu.createBufferWith('qkv', qkv),
      rope: gpu.createBufferWith('rope', rotaryDim > 0 ? ropeTable(invFreq, maxLength) : new Float32Array(4)),
      out: gpu.createBufferWith('out', new Float32Array(all.length * stride).fill(-1)),
      partials: gpu.createBuffer('partials', partialsBytes(cache, heads, Math.max(1, decodeRows))),
    }
    const { step, rows, q, out, partials } = buffers
    const { scale, window, softcap } = this.shape
    const rotation = { rotaryDim, interleaved, rope: buffers.rope, qkv: buffers.qkv }
    const raw = this.#options.alone ? undefined : rotation
    const shared = { cache, layer: 0, heads, step, rows, q }
    const append = ropeAppend(gpu, { ...shared, ...rotation, ofPrefill: raw !== undefined })
    const launches = attention(gpu, { ...shared, scale, window, softcap, raw, partials, out })
    await run(gpu, attend ? [append, ...launches] : [append], { rows: all.length, decodeRows, maxKeys })
    const got = await readF32(gpu, out)
    for (const buffer of Object.values(buffers)) gpu.destroyBuffer(buffer)
    return all.map((_, row) => got.slice(row * stride, (row + 1) * stride))
  }

  /** Puts the sequences' keys and values below `end` into the cache. */
  async fill(parts: readonly (readonly [sequence: Sequence, end: number])[]): Promise<void> {
    const rows = parts.filter(([, end]) => end > 0).map(([sequence, end]) => ({ sequence, start: 0, end }))
    if (rows.length > 0) await this.step([], rows, { attend: false })
  }

  /** What the row must be, by the reference. */
  expected({ q, k, v }: Sequence, position: number): Float64Array {
    const { heads, headDim } = this.shape
    const width = heads * headDim
    const stored = (x: Float32Array) => (this.#options.format === 'f16' ? x.map(roundToF16) : x)
    return attend(this.shape, position, q.subarray(position * width, (position + 1) * width), stored(k), stored(v))
  }

  destroy(): void {
    this.cache.destroy()
  }
}

/** Of numbers in f16's normal range. */
function roundToF16(x: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x) + 1e-30)) - 10)
  return Math.round(x / unit) * unit
}
