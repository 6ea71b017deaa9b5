// A checkpoint's tensors by name, in the words of Hugging Face's checkpoints. Knows no file format and no architecture.

import { shown } from './errors.ts'

/** Bytes an element takes, by safetensors' names. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const
export type Dtype = keyof typeof DTYPE_BYTES

export interface Tensor {
  readonly name: string
  /** Of the elements as `Checkpoint.read` gives them. */
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Name of the file that has it. */
  readonly file: string
  /**
   * Each 32 of a row lie on a grid, value = q · scale + bias with whole q from 0 to this; scale and bias fit f16, or lose no
   * more than its rounding.
   */
  readonly gridTop?: number
}

export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, Tensor>
  /** What is read is decoded from blocks, some of it at least. */
  readonly quantized?: boolean
  /**
   * Little-endian bytes of rows firstRow … firstRow + rows − 1; a row is one step along the first dimension (a vector's
   * element). They start at offset 0 of `into`, where the platform reads into given memory, else of a buffer of their own.
   */
  read(name: string, firstRow: number, rows: number, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>
}

export interface ReadOptions {
  readonly signal?: AbortSignal
  /** Memory to reuse, if large enough: what reads leave behind would else wait for the collector. */
  readonly into?: ArrayBuffer
  /** Filled where the tensor has a gridTop: [rows, ceil(columns / 32)] scale and bias as f16, scale in the low half. */
  readonly grids?: Uint32Array
}

/** Elements a row has. */
export const rowLength = ({ shape }: Pick<Tensor, 'shape'>) => shape.slice(1).reduce((product, n) => product * n, 1)

/** Bytes of the whole tensor as `Checkpoint.read` gives it. */
export const tensorBytes = (tensor: Tensor) => (tensor.shape[0] ?? 1) * rowLength(tensor) * DTYPE_BYTES[tensor.dtype]

/** @throws {RangeError} for rows that the tensor does not have. */
export function checkRows({ name, shape }: Tensor, firstRow: number, rows: number): void {
  const count = shape[0] ?? 1
  if (!(firstRow >= 0 && rows >= 0 && firstRow + rows <= count))
    throw new RangeError(`Cannot read ${shown(name)}: it has ${count} rows, received ${firstRow} + ${rows}`)
}
