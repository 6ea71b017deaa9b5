// Weight matrices on the GPU: parts split by rows, so that no binding exceeds the device's limit. Knows no checkpoint.

import { groupsOf, type WeightFormat, weightLayouts } from '../weights/layouts.ts'
import type { Gpu } from './gpu.ts'

export interface MatrixPart {
  readonly firstRow: number
  readonly rows: number
  /** [rows, groups of 32] in the format's layout. */
  readonly data: GPUBuffer
  /** [rows, groups], (scale, bias) as f16 in a u32; absent for float formats. */
  readonly scales?: GPUBuffer
}

export interface Matrix {
  readonly format: WeightFormat
  readonly rows: number
  readonly cols: number
  /**
   * Rows of the two halves (of each expert, where there are several) alternate: row 2i is row i of the first half (gate) and row 2i + 1 of the second (up). The
   * SwiGLU epilogue needs this; both rows of a pair are then always in one part and one thread.
   */
  readonly paired: boolean
  readonly parts: readonly MatrixPart[]
}

export interface MatrixShape {
  readonly format: WeightFormat
  readonly rows: number
  readonly cols: number
  readonly paired?: boolean
  /** Rows that stay together in a part; 8 unless given. */
  readonly together?: number
}

/** A thread's rows, and pairs, stay together. */
const ROW_MULTIPLE = 8

/** An empty matrix. `maxBinding`: most bytes of a part's data, the device's limit unless given. */
export function createMatrix(
  gpu: Pick<Gpu, 'limits' | 'createBuffer'>,
  label: string,
  shape: MatrixShape,
  maxBinding?: number,
): Matrix {
  const { format, rows, cols, paired = false, together = ROW_MULTIPLE } = shape
  if (paired && rows % 2) throw new Error(`Cannot pair rows of ${label}: it needs an even number, received ${rows}`)
  const { groupBytes, top } = weightLayouts[format]
  const groups = groupsOf(cols)
  const limit = maxBinding ?? Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize)
  const fitting = Math.floor(limit / (groups * groupBytes) / together) * together
  if (fitting === 0)
    throw new Error(`Cannot hold ${label}: ${together} rows of ${cols} exceed a binding of ${limit} bytes`)
  const parts: MatrixPart[] = []
  for (let firstRow = 0; firstRow < rows; firstRow += fitting) {
    const count = Math.min(fitting, rows - firstRow)
    const data = gpu.createBuffer(label, count * groups * groupBytes)
    const scales = top ? gpu.createBuffer(`${label}.scales`, count * groups * 4) : undefined
    parts.push({ firstRow, rows: count, data, scales })
  }
  return { format, rows, cols, paired, parts }
}

/** Link-time constants of kernels/lib/weights-*.wgsl for a part. */
export function partConstants(matrix: Matrix, part: MatrixPart): { ROWS: number; GROUPS: number } {
  return { ROWS: part.rows, GROUPS: groupsOf(matrix.cols) }
}

/** Buffers of a part by the names that kernels/lib/weights-*.wgsl give them. */
export function partBuffers({ data, scales }: MatrixPart): Record<string, GPUBuffer> {
  return scales ? { data, scales } : { data }
}
