// Stored floats as float64, and back: the plain way, for tests.

import type { Checkpoint } from '../../src/weights/checkpoint.ts'
import { floatToHalf, halfToFloat } from '../../src/weights/layouts.ts'
import type { Weights } from './llama.ts'

export type FloatDtype = 'F32' | 'F16' | 'BF16'

export function bfloatToNumber(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!
}

export function decodeFloats(bytes: Uint8Array, dtype: string): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (dtype === 'F32') return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
  const decode = dtype === 'F16' ? halfToFloat : bfloatToNumber
  return Float64Array.from({ length: bytes.length / 2 }, (_, i) => decode(view.getUint16(2 * i, true)))
}

/** Nearest values of the type, ties to even. */
export function encodeFloats(values: ArrayLike<number>, dtype: FloatDtype): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * (dtype === 'F32' ? 4 : 2))
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) {
    if (dtype === 'F32') view.setFloat32(4 * i, values[i]!, true)
    else view.setUint16(2 * i, dtype === 'F16' ? floatToHalf(values[i]!) : numberToBfloat(values[i]!), true)
  }
  return bytes
}

function numberToBfloat(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

/** All tensors of a checkpoint, decoded. */
export async function checkpointWeights(checkpoint: Checkpoint): Promise<Weights> {
  const tensors = new Map<string, Float64Array>()
  for (const { name, dtype, shape } of checkpoint.tensors.values())
    tensors.set(name, decodeFloats(await checkpoint.read(name, 0, shape[0] ?? 1), dtype))
  return (name) => tensors.get(name)!
}
