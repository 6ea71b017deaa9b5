// Launcher of kernels/pool.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'

export interface Pool {
  readonly hidden: number
  /** Elements from row to row of `x`. */
  readonly stride: number
  /** `array<Pool>` of the step. */
  readonly pools: Bindable
  /** [rows, stride] f32. */
  readonly x: Bindable
  /** [slots, hidden] f32. */
  readonly pooled: Bindable
}

export function pool(gpu: Gpu, { hidden, stride, ...buffers }: Pool): Launch {
  const kernel = gpu.kernel('pool', {}, { HIDDEN: hidden, STRIDE: stride })
  const groups = Math.ceil(hidden / kernel.workgroupSize[0])
  return gpu.launch(kernel, buffers, (step) => [groups, step.pools])
}
