// Matrices on the GPU for tests: random ones, and what a matrix holds read back.

import type { Gpu } from '../../src/webgpu/gpu.ts'
import { createMatrix, type Matrix } from '../../src/webgpu/matrix.ts'
import { type PackedMatrix, packMatrix, unpackMatrix, type WeightFormat } from '../../src/weights/layouts.ts'
import { normals } from './random.ts'
import { read } from './run-kernel.ts'

/** A matrix packed on the CPU; `values` [rows, cols] in logical order. */
export function matrixOf(
  gpu: Gpu,
  shape: { format: WeightFormat; rows: number; cols: number; paired?: boolean },
  values: ArrayLike<number>,
  maxBinding?: number,
): Matrix {
  const { rows, cols, format, paired = false } = shape
  const matrix = createMatrix(gpu, 'matrix', shape, maxBinding)
  const physical = Float64Array.from({ length: rows * cols }, (_, i) => {
    const row = Math.floor(i / cols)
    return values[logicalRow(row, rows, paired) * cols + (i % cols)]!
  })
  for (const part of matrix.parts) {
    const packed = packMatrix(format, part.rows, cols, physical.subarray(part.firstRow * cols))
    gpu.device.queue.writeBuffer(part.data, 0, packed.data)
    if (part.scales) gpu.device.queue.writeBuffer(part.scales, 0, packed.scales)
  }
  return matrix
}

export const randomMatrix = (gpu: Gpu, shape: Parameters<typeof matrixOf>[1], seed: number, maxBinding?: number) =>
  matrixOf(gpu, shape, normals(shape.rows * shape.cols, seed, 0.5), maxBinding)

/** The values that kernels compute with: [rows, cols] in logical order; `block`: rows of an expert, where there are several. */
export async function matrixValues(gpu: Gpu, matrix: Matrix, block = matrix.rows): Promise<Float64Array> {
  const { format, rows, cols, paired } = matrix
  const out = new Float64Array(rows * cols)
  for (const part of matrix.parts) {
    const data = new Uint8Array(await read(gpu, part.data))
    const scales = new Uint32Array(part.scales ? await read(gpu, part.scales) : new ArrayBuffer(0))
    const packed: PackedMatrix = { format, rows: part.rows, cols, data, scales }
    const values = unpackMatrix(packed)
    for (let r = 0; r < part.rows; r++) {
      const place = part.firstRow + r
      const row = place - (place % block) + logicalRow(place % block, block, paired)
      out.set(values.subarray(r * cols, (r + 1) * cols), row * cols)
    }
  }
  return out
}

const logicalRow = (row: number, rows: number, paired: boolean) => (paired ? (row >> 1) + (row & 1) * (rows / 2) : row)
