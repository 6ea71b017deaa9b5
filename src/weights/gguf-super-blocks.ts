// GGUF's blocks of 256 elements: one or two f16 factors over scales of groups of 16 or 32, themselves a few bits each. Values
// are exact sums of products, rounded once to f32.

import { decodeCodes, half } from './gguf-blocks.ts'

/** 16 × (scale, offset) nibbles, 64 bytes of 2-bit quanta, two f16: d · scale · q − dmin · offset. */
export function decodeQ2_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = half(bytes, at + 80)
  const dmin = half(bytes, at + 82)
  for (let group = 0; group < 16; group++) {
    const pair = bytes[at + group]!
    const scale = d * (pair & 15)
    const offset = dmin * (pair >> 4)
    const [quanta, shift] = twoBits(group)
    for (let i = 0; i < 16; i++)
      out[to + group * 16 + i] = scale * ((bytes[at + 16 + quanta + i]! >> shift) & 3) - offset
  }
}

/** 256 high bits, 64 bytes of 2-bit quanta, 16 scales of 6 bits, an f16: d · (scale − 32) · (q − 4), q of 3 bits. */
export function decodeQ3_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = half(bytes, at + 108)
  for (let group = 0; group < 16; group++) {
    const low = bytes[at + 96 + (group & 7)]! >> (group < 8 ? 0 : 4)
    const high = bytes[at + 104 + (group & 3)]! >> (2 * (group >> 2))
    const scale = d * (((low & 15) | ((high & 3) << 4)) - 32)
    const [quanta, shift] = twoBits(group)
    for (let i = 0; i < 16; i++) {
      const third = (bytes[at + (group & 1) * 16 + i]! >> (group >> 1)) & 1
      const q = ((bytes[at + 32 + quanta + i]! >> shift) & 3) | (third << 2)
      out[to + group * 16 + i] = scale * (q - 4)
    }
  }
}

/** Where the 2-bit quanta of a group of 16 are: first byte, and shift in each of its 16 bytes. */
const twoBits = (group: number) => [(group >> 3) * 32 + (group & 1) * 16, ((group >> 1) & 3) * 2] as const

/** Two f16, 8 × (scale, offset) of 6 bits, 128 bytes of nibbles: d · scale · q − dmin · offset. */
export function decodeQ4_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = half(bytes, at)
  const dmin = half(bytes, at + 2)
  for (let group = 0; group < 8; group++) {
    const scale = d * scaleOf(bytes, at + 4, group)
    const offset = dmin * offsetOf(bytes, at + 4, group)
    const quanta = at + 16 + (group >> 1) * 32
    const shift = (group & 1) * 4
    for (let i = 0; i < 32; i++) out[to + group * 32 + i] = scale * ((bytes[quanta + i]! >> shift) & 15) - offset
  }
}

/** As Q4_K, with 256 fifth bits before the nibbles: bit `group` of byte i. */
export function decodeQ5_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = half(bytes, at)
  const dmin = half(bytes, at + 2)
  for (let group = 0; group < 8; group++) {
    const scale = d * scaleOf(bytes, at + 4, group)
    const offset = dmin * offsetOf(bytes, at + 4, group)
    const quanta = at + 48 + (group >> 1) * 32
    const shift = (group & 1) * 4
    for (let i = 0; i < 32; i++) {
      const fifth = (bytes[at + 16 + i]! >> group) & 1
      out[to + group * 32 + i] = scale * (((bytes[quanta + i]! >> shift) & 15) | (fifth << 4)) - offset
    }
  }
}

/**
 * 8 scales and 8 offsets of 6 bits in 12 bytes: the first four of each are the low bits of bytes 0–3 and 4–7, the last four
 * the nibbles of bytes 8–11 with their two top bits in those of bytes 0–7.
 */
function scaleOf(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group]! & 63
  return (bytes[at + group + 4]! & 15) | ((bytes[at + group - 4]! >> 6) << 4)
}

function offsetOf(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group + 4]! & 63
  return (bytes[at + group + 4]! >> 4) | ((bytes[at + group]! >> 6) << 4)
}

/** 128 bytes of nibbles, 64 of top bits, 16 signed scales, an f16: d · scale · (q − 32), q of 6 bits. */
export function decodeQ6_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = half(bytes, at + 208)
  for (let group = 0; group < 16; group++) {
    const scale = d * ((bytes[at + 192 + group]! << 24) >> 24)
    const [part, eighth, side] = [group >> 3, (group >> 1) & 3, (group & 1) * 16]
    const nibbles = at + part * 64 + (eighth & 1) * 32 + side
    const tops = at + 128 + part * 32 + side
    for (let i = 0; i < 16; i++) {
      const nibble = (bytes[nibbles + i]! >> (eighth < 2 ? 0 : 4)) & 15
      const top = (bytes[tops + i]! >> (2 * eighth)) & 3
      out[to + group * 16 + i] = scale * ((nibble | (top << 4)) - 32)
    }
  }
}

/** An f16, 8 × top bits of scales in a u16, 8 low nibbles of them, 128 bytes of codes: d · (scale − 32) · code. */
export function decodeIQ4_XS(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = half(bytes, at)
  const tops = bytes[at + 2]! | (bytes[at + 3]! << 8)
  for (let group = 0; group < 8; group++) {
    const low = (bytes[at + 4 + (group >> 1)]! >> ((group & 1) * 4)) & 15
    const scale = low | (((tops >> (2 * group)) & 3) << 4)
    decodeCodes(bytes, at + 8 + group * 16, d * (scale - 32), out, to + group * 32)
  }
}
