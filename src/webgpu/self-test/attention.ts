// Trials of rope-append and attention on a small cache of their own.

import { floatToHalf, halfToFloat } from '../../weights/layouts.ts'
import type { KvCache } from '../kv-cache.ts'
import type { Attention } from '../launchers/attention.ts'
import { NEAR, type RopeAppend, type Rotation } from '../launchers/rope-append.ts'
import { type Bench, slice, type Trial, testValues, worse, write } from './trial.ts'

/** Element d of a head, rotated as the kernels do; `table` is what lies in `rope`. */
function rotator({ rotaryDim, interleaved = false }: Rotation, table: Float32Array) {
  const half = rotaryDim / 2
  return (head: Float32Array, d: number, position: number): number => {
    const x = head[d]!
    if (d >= rotaryDim) return x
    const first = interleaved ? d % 2 === 0 : d < half
    const pair = interleaved ? d >> 1 : d % half
    const other = head[interleaved ? d ^ 1 : first ? d + half : d - half]!
    const near = ((position % NEAR) * half + pair) * 2
    const far = ((NEAR + Math.floor(position / NEAR)) * half + pair) * 2
    const [c, s, e, t] = [table[near]!, table[near + 1]!, table[far]!, table[far + 1]!]
    return x * (c * e - s * t) + (first ? -other : other) * (s * e + c * t)
  }
}

export function ropeAppendTrial({ gpu, rows, shape, blocksOf }: Bench, op: RopeAppend): Trial {
  const { cache, layer, heads, rope, qkv, q, ofPrefill } = op
  const { kvHeads, headDim, format } = cache
  const stride = (heads + 2 * kvHeads) * headDim
  const before = testValues(rows.length * stride, 7)
  write(gpu, qkv, before)
  return {
    reads: [
      slice(q, 0, rows.length * heads * headDim * 4),
      slice(cache.keys[layer]!),
      slice(cache.values[layer]!),
      slice(rope),
    ],
    error: ([queries, keys, values, angles]) => {
      const got = { q: new Float32Array(queries!), k: held(format, keys!), v: held(format, values!) }
      const rotated = rotator(op, new Float32Array(angles!))
      const tolerance = format === 'f16' ? 3e-3 : 1e-4
      let worst = 0
      rows.forEach(({ slot, position }, row) => {
        if (ofPrefill && row < shape.decodeRows) return
        const block = blocksOf(slot)[Math.floor(position / cache.blockSize)]!
        for (let head = 0; head < heads + 2 * kvHeads; head++)
          for (let d = 0; d < headDim; d++) {
            const start = row * stride + head * headDim
            const isValue = head >= heads + kvHeads
            const own = before.subarray(start, start + headDim)
            const expected = isValue ? own[d]! : rotated(own, d, position)
            const token = position % cache.blockSize
            const value =
              head < heads
                ? got.q[(row * heads + head) * headDim + d]!
                : isValue
                  ? got.v(valueIndex(cache, block, head - heads - kvHeads, token, d))
                  : got.k(keyIndex(cache, block, head - heads, token, d))
            worst = worse(worst, Math.abs(value - expected) / (head < heads ? 1e-4 : tolerance))
          }
      })
      return worst
    },
  }
}

/** Rows of decode have a slot each, as in steps: none sees what another puts into the cache. */
export function attentionTrial({ gpu, rows, shape, blocksOf }: Bench, op: Attention): Trial {
  const { cache, layer, heads, scale, window = Infinity, softcap, q, raw, out } = op
  const { kvHeads, headDim, format } = cache
  // Queries large enough that some keys count for much more than others.
  const large = (value: number) => (4 * value) / (scale * headDim ** 0.5)
  const queries = testValues(rows.length * heads * headDim, 8).map(large)
  const [keys, values] = [9, 10].map((seed) => testValues(cache.keys[layer]!.size / bytesOf(format), seed))
  write(gpu, q, queries)
  write(gpu, cache.keys[layer]!, packed(format, keys!))
  write(gpu, cache.values[layer]!, packed(format, values!))
  const width = (heads + 2 * kvHeads) * headDim
  const products = testValues(rows.length * width, 7).map((value, i) =>
    i % width < heads * headDim ? large(value) : value,
  )
  if (raw) write(gpu, raw.qkv, products)
  /** Head of a row of products, queries before keys before values. */
  const product = (row: number, head: number) =>
    products.subarray(row * width + head * headDim, row * width + (head + 1) * headDim)
  const stride = Math.ceil((heads * headDim) / 32) * 32
  const tried = [...new Set([0, rows.length >> 1, rows.length - 1])]
  return {
    reads: [...tried.map((row) => slice(out, row * stride * 4, stride * 4)), ...(raw ? [slice(raw.rope)] : [])],
    error: (read) => {
      const rotated = raw && rotator(raw, new Float32Array(read.at(-1)!))
      let worst = 0
      tried.forEach((row, i) => {
        const got = new Float32Array(read[i]!)
        const { slot, position } = rows[row]!
        const blocks = blocksOf(slot)
        const first = Math.max(0, position - window + 1)
        const turn = row < shape.decodeRows ? rotated : undefined
        for (const head of new Set([0, heads >> 1, heads - 1])) {
          const kvHead = Math.floor(head / (heads / kvHeads))
          const place = (key: number) => [blocks[Math.floor(key / cache.blockSize)]!, key % cache.blockSize] as const
          const queryAt = (d: number) =>
            turn ? turn(product(row, head), d, position) : queries[(row * heads + head) * headDim + d]!
          const keyAt = (key: number, d: number) => {
            if (turn && key === position) return turn(product(row, heads + kvHead), d, position)
            const [block, token] = place(key)
            return keys![keyIndex(cache, block, kvHead, token, d)]!
          }
          const valueAt = (key: number, d: number) => {
            if (turn && key === position) return product(row, heads + kvHeads + kvHead)[d]!
            const [block, token] = place(key)
            return values![valueIndex(cache, block, kvHead, token, d)]!
          }
          const scores: number[] = []
          for (let key = first; key <= position; key++) {
            let dot = 0
            for (let d = 0; d < headDim; d++) dot += queryAt(d) * keyAt(key, d)
            scores.push(softcap ? softcap * Math.tanh((dot * scale) / softcap) : dot * scale)
          }
          const top = scores.reduce((a, b) => Math.max(a, b))
          const weights = scores.map((score) => Math.exp(score - top))
          const total = weights.reduce((a, b) => a + b)
          for (let d = 0; d < headDim; d++) {
            let expected = 0
            weights.forEach((weight, n) => {
              expected += (weight / total) * valueAt(first + n, d)
            })
            worst = worse(worst, Math.abs(got[head * headDim + d]! - expected) / tolerance(turn && format))
          }
        }
      })
      return worst
    },
  }
}

/** Keys that are rotated first are rounded in f16; a query that is large makes much of it. */
const tolerance = (rotated: KvCache['format'] | undefined) => (rotated === 'f16' ? 1e-2 : 5e-4)

/** Copies a block that holds known keys to another. */
export function copyBlocksTrial({ gpu, cache }: Bench): Trial {
  const keys = packed(cache.format, testValues(cache.keys[0]!.size / bytesOf(cache.format), 11))
  const words = keys.length / cache.blockCount
  write(gpu, cache.keys[0]!, keys)
  return {
    reads: [slice(cache.keys[0]!, words * 4, words * 4)],
    error: ([bytes]) => (new Uint32Array(bytes!).every((word, i) => word === keys[i]) ? 0 : Infinity),
  }
}

/** Elements into the buffers of a layer, as kernels/lib/kv-pages.wgsl lays them out. */
function keyIndex({ kvHeads, headDim, blockSize }: KvCache, block: number, head: number, token: number, d: number) {
  return (((block * kvHeads + head) * (headDim / 4) + (d >> 2)) * blockSize + token) * 4 + (d & 3)
}

function valueIndex({ kvHeads, headDim, blockSize }: KvCache, block: number, head: number, token: number, d: number) {
  return ((block * kvHeads + head) * blockSize + token) * headDim + d
}

const bytesOf = (format: KvCache['format']) => (format === 'f16' ? 2 : 4)

function held(format: KvCache['format'], bytes: ArrayBuffer): (index: number) => number {
  if (format === 'f32') {
    const floats = new Float32Array(bytes)
    return (index) => floats[index]!
  }
  const halves = new Uint16Array(bytes)
  return (index) => halfToFloat(halves[index]!)
}

/** Test values are few, and exact in f16. */
function packed(format: KvCache['format'], values: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  if (format === 'f32') return new Uint32Array(values.buffer)
  const bits = Uint16Array.from({ length: 129 }, (_, i) => floatToHalf(i / 64 - 1))
  return new Uint32Array(Uint16Array.from(values, (value) => bits[value * 64 + 64]!).buffer)
}
