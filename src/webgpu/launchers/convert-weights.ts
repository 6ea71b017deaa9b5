// Launcher of kernels/convert-weights.wgsl: a checkpoint's rows into a part of a matrix.

import { groupsOf } from '../../weights/layouts.ts'
import type { Bindable, Gpu, Kernel, Launch } from '../gpu.ts'
import { type Matrix, type MatrixPart, partBuffers } from '../matrix.ts'

/** Of floats in a checkpoint. */
export type FloatDtype = 'f32' | 'f16' | 'bf16'

export interface ConvertWeights {
  readonly matrix: Matrix
  readonly part: MatrixPart
  readonly dtype: FloatDtype
  /** The checkpoint's bytes, [rows, matrix.cols]. */
  readonly raw: Bindable
  /** u32 [rows, groups of 32], (scale, bias) as f16: on what grid the values lie, for q8 and q4; one that spans them unless given. */
  readonly grids?: Bindable
  /** `Conversion` of the kernel: u32 rows, first, stride, tensor. */
  readonly conversion: Bindable
  /** [tensors] u32, incremented for each group with a value that the layout cannot hold. */
  readonly faults: Bindable
}

export function conversionKernel(gpu: Gpu, { format, cols }: Matrix, dtype: FloatDtype, onGrid: boolean): Kernel {
  return gpu.kernel('convert-weights', { dtype, weights: format, grid: onGrid ? 'given' : 'fitted' }, { COLS: cols })
}

export function convertWeights(gpu: Gpu, op: ConvertWeights, rows: number): Launch {
  const { matrix, part, dtype, raw, grids, conversion, faults } = op
  const kernel = conversionKernel(gpu, matrix, dtype, grids !== undefined)
  const groups = Math.ceil((rows * groupsOf(matrix.cols)) / kernel.workgroupSize[0])
  return gpu.launch(kernel, { ...partBuffers(part), raw, conversion, faults, ...(grids && { grids }) }, () => [groups])
}
