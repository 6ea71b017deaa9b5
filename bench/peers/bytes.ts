// Writes binary formats: growing little-endian bytes, random bits and weights from a seed. Knows no format.

import { floatToHalf } from '../../src/weights/layouts.ts'

export class Bytes {
  #data = new Uint8Array(1 << 16)
  #view = new DataView(this.#data.buffer)
  length = 0

  #grow(more: number): number {
    const at = this.length
    this.length += more
    if (this.length > this.#data.length) {
      const data = new Uint8Array(Math.max(this.length, this.#data.length * 2))
      data.set(this.#data.subarray(0, at))
      this.#data = data
      this.#view = new DataView(data.buffer)
    }
    return at
  }

  u8(value: number): this {
    const at = this.#grow(1)
    this.#data[at] = value
    return this
  }
  u32(value: number): this {
    const at = this.#grow(4)
    this.#view.setUint32(at, value, true)
    return this
  }
  u64(value: number): this {
    const at = this.#grow(8)
    this.#view.setBigUint64(at, BigInt(value), true)
    return this
  }
  f32(value: number): this {
    const at = this.#grow(4)
    this.#view.setFloat32(at, value, true)
    return this
  }
  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length)
    this.#data.set(bytes, at)
    return this
  }
  done(): Uint8Array<ArrayBuffer> {
    return this.#data.slice(0, this.length)
  }
}

/** Random bits, the same for the same seed. */
export function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

export const ones = (count: number) => new Float32Array(count).fill(1)

/** Elements of a matrix are quanta around zero times this: about (-SPREAD, SPREAD). */
export const SPREAD = 0.05
export const Q4_SCALE = SPREAD / 8
export const Q4_SCALE_HALF = floatToHalf(Q4_SCALE)
