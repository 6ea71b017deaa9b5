// Launcher of kernels/rms-norm.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'

export interface RmsNorm {
  readonly hidden: number
  /** Elements a row of `out`: `hidden` rounded up to 32. */
  readonly stride: number
  readonly eps: number
  /** Normalise only the rows that the outputs table names, packed. */
  readonly ofOutputs?: boolean
  readonly outputs: Bindable
  readonly x: Bindable
  readonly weight: Bindable
  readonly out: Bindable
}

export function rmsNorm(gpu: Gpu, op: RmsNorm): Launch {
  const { hidden, stride, eps, ofOutputs = false, outputs, x, weight, out } = op
  const constants = { HIDDEN: hidden, STRIDE: stride, EPS: eps, OF_OUTPUTS: ofOutputs }
  const kernel = gpu.kernel('rms-norm', {}, constants)
  return gpu.launch(kernel, { outputs, x, weight, out }, (step) => [ofOutputs ? step.outputs : step.rows])
}
