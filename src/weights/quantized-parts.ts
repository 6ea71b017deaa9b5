// A packed matrix, and its parts: tensors of a checkpoint with the shape and type that they must have. Knows no packing.

import { ModelError } from './errors.ts'
import { floatToHalf, halfToFloat } from './layouts.ts'
import type { Checkpoint, Dtype, ReadOptions, Tensor } from './tensors.ts'

export interface PackedMatrix {
  /** As it is read: F32, [rows, cols]. */
  readonly tensor: Tensor
  /** Names of the tensors it is made of. */
  readonly parts: readonly string[]
  /** Fills `values`, and grids as Checkpoint.read does, with rows firstRow … firstRow + rows − 1. */
  read(values: Float32Array, firstRow: number, rows: number, options: Omit<ReadOptions, 'into'>): Promise<void>
}

/** @throws ModelError where it is missing, of another type or, where `shape` is given, of another shape. */
export function part(
  { tensors }: Checkpoint,
  name: string,
  dtypes: readonly Dtype[],
  shape?: readonly number[],
): Tensor {
  const tensor = tensors.get(name)
  if (!tensor) throw new ModelError('the checkpoint', `it lacks the tensor ${name}`)
  const fits = shape ? tensor.shape.join() === shape.join() : tensor.shape.length === 2
  if (!fits || !dtypes.includes(tensor.dtype))
    throw new ModelError(
      tensor.file,
      `tensor ${name} must be ${dtypes.join(' or ')} [${shape ?? 'rows, cols'}], received ${tensor.dtype} [${tensor.shape}]`,
    )
  return tensor
}

/** What scales and biases may be. */
export const FLOATS: readonly Dtype[] = ['F16', 'BF16', 'F32']

/** Scale and bias as f16 bits. */
export const gridBits = (scale: number, bias: number) => floatToHalf(scale) | (floatToHalf(bias) << 16)

/** Values of little-endian floats. */
export function floats(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer)
  const halves = new Uint16Array(bytes.buffer)
  if (dtype === 'F16') {
    const values = new Float32Array(halves.length)
    for (let i = 0; i < values.length; i++) values[i] = halfToFloat(halves[i]!)
    return values
  }
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer)
}
