// GGUF's blocks of 32 elements: one f16 scale each, some with an f16 offset. Values are exact sums of products, rounded once
// to f32. Nibbles: the low ones are the first half of a block, the high ones the second.

import { floatToHalf, halfToFloat } from './layouts.ts'

export const half = (bytes: Uint8Array, at: number) => halfToFloat(bytes[at]! | (bytes[at + 1]! << 8))

/** Of blocks scale · (q − centre), the centre a power of two: exact. */
export const centredGrid = (centre: number) => (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (floatToHalf(-centre * half(bytes, at)) << 16)

/** Of blocks scale · q + offset. */
export const offsetGrid = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

/** Of IQ4_NL and IQ4_XS: what the 16 codes stand for. */
const CODES = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)

/** 32 elements of 16 bytes of codes. */
export function decodeCodes(bytes: Uint8Array, at: number, scale: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    const byte = bytes[at + i]!
    out[to + i] = scale * CODES[byte & 15]!
    out[to + i + 16] = scale * CODES[byte >> 4]!
  }
}

/** scale f16, 16 bytes of nibbles: scale · (q − 8). */
export function decodeQ4_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(bytes, at)
  for (let i = 0; i < 16; i++) {
    const byte = bytes[at + 2 + i]!
    out[to + i] = scale * ((byte & 15) - 8)
    out[to + i + 16] = scale * ((byte >> 4) - 8)
  }
}

/** scale f16, offset f16, 16 bytes of nibbles: scale · q + offset. */
export function decodeQ4_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(bytes, at)
  const offset = half(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const byte = bytes[at + 4 + i]!
    out[to + i] = scale * (byte & 15) + offset
    out[to + i + 16] = scale * (byte >> 4) + offset
  }
}

/** scale f16, 32 fifth bits, 16 bytes of nibbles: scale · (q − 16). */
export function decodeQ5_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(bytes, at)
  for (let i = 0; i < 32; i++) out[to + i] = scale * (fiveBits(bytes, at + 2, i) - 16)
}

/** scale f16, offset f16, 32 fifth bits, 16 bytes of nibbles: scale · q + offset. */
export function decodeQ5_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(bytes, at)
  const offset = half(bytes, at + 2)
  for (let i = 0; i < 32; i++) out[to + i] = scale * fiveBits(bytes, at + 4, i) + offset
}

function fiveBits(bytes: Uint8Array, at: number, i: number): number {
  const fifth = (bytes[at + (i >> 3)]! >> (i & 7)) & 1
  const nibble = (bytes[at + 4 + (i & 15)]! >> (i < 16 ? 0 : 4)) & 15
  return nibble | (fifth << 4)
}

/** scale f16, 32 signed bytes. */
export function decodeQ8_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(bytes, at)
  for (let i = 0; i < 32; i++) out[to + i] = scale * ((bytes[at + 2 + i]! << 24) >> 24)
}

/** scale f16, 16 bytes of codes. */
export function decodeIQ4_NL(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  decodeCodes(bytes, at + 2, half(bytes, at), out, to)
}
