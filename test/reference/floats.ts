// Stored floats as float64, and back: the plain way, for tests.

import type { Checkpoint } from '../../src/weights/checkpoint.ts'
import type { Weights } from './llama.ts'

export type FloatDtype = 'F32' | 'F16' | 'BF16'

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

export function bfloatToNumber(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!
}

export function decodeFloats(bytes: Uint8Array, dtype: string): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (dtype === 'F32') return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
  const decode = dtype === 'F16' ? halfToNumber : bfloatToNumber
  return Float64Array.from({ length: bytes.length / 2 }, (_, i) => decode(view.getUint16(2 * i, true)))
}

/** Nearest value of the type, ties to even; subnormal halves too, overflow to infinity. */
export function encodeFloats(values: ArrayLike<number>, dtype: FloatDtype): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * (dtype === 'F32' ? 4 : 2))
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) {
    if (dtype === 'F32') view.setFloat32(4 * i, values[i]!, true)
    else view.setUint16(2 * i, dtype === 'F16' ? numberToHalf(values[i]!) : numberToBfloat(values[i]!), true)
  }
  return bytes
}

export function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size === 0) return sign
  const exponent = Math.max(-14, Math.floor(Math.log2(size)))
  const units = roundEven(size * 2 ** (10 - exponent)) // 1024 … 2048, less for subnormals
  const bits = (exponent + 14) * 1024 + units // a carry moves into the exponent by itself
  return sign | Math.min(bits, 0x7c00)
}

function numberToBfloat(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

function roundEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

/** All tensors of a checkpoint, decoded. */
export async function checkpointWeights(checkpoint: Checkpoint): Promise<Weights> {
  const tensors = new Map<string, Float64Array>()
  for (const { name, dtype, shape } of checkpoint.tensors.values())
    tensors.set(name, decodeFloats(await checkpoint.read(name, 0, shape[0] ?? 1), dtype))
  return (name) => tensors.get(name)!
}
