// Launcher of kernels/quantize-bytes.wgsl: rows of a product's x as signed bytes with a scale for each group of 32.

import { groupsOf } from '../../weights/layouts.ts'
import type { Bindable, Gpu, Launch } from '../gpu.ts'

export interface QuantizeBytes {
  readonly cols: number
  /** f32 [rows, cols rounded up to 32]. */
  readonly x: Bindable
  /** u32 [rows, bytesStride(cols)]. */
  readonly quantized: Bindable
  /** x has a row for each output of the step, else for each row. */
  readonly ofOutputs: boolean
}

export function quantizeBytes(gpu: Gpu, { cols, x, quantized, ofOutputs }: QuantizeBytes): Launch {
  const groups = groupsOf(cols)
  const kernel = gpu.kernel('quantize-bytes', {}, { GROUPS: groups })
  return gpu.launch(kernel, { x, quantized }, ({ rows, outputs }) => [
    Math.ceil(groups / kernel.workgroupSize[0]),
    ofOutputs ? outputs : rows,
  ])
}

/** Words of a row: the bytes, then the scales, an even number of them. */
export const bytesStride = (cols: number) => groupsOf(cols) * 8 + Math.ceil(groupsOf(cols) / 2) * 2
