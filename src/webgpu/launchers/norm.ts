// Launcher of kernels/norm.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'

export interface Norm {
  /** `layer` takes the mean away first. */
  readonly kind: 'rms' | 'layer'
  readonly hidden: number
  /** Elements from row to row of `x` and `out`: `hidden` rounded up to 32. */
  readonly stride: number
  readonly eps: number
  /** Normalise only the rows that the outputs table names, packed. */
  readonly ofOutputs?: boolean
  /** So many times the result is added to `out`, which it replaces where this is left out. */
  readonly added?: number
  readonly outputs: Bindable
  readonly x: Bindable
  readonly weight: Bindable
  readonly bias?: Bindable
  readonly out: Bindable
}

export function norm(gpu: Gpu, op: Norm): Launch {
  const { kind, hidden, stride, eps, ofOutputs = false, added = 0, outputs, x, weight, bias, out } = op
  const kernel = gpu.kernel(
    'norm',
    {},
    {
      HIDDEN: hidden,
      STRIDE: stride,
      EPS: eps,
      CENTERED: kind === 'layer',
      BIASED: bias !== undefined,
      ADDED: added,
      OF_OUTPUTS: ofOutputs,
      ...(!gpu.trusts('norm') && { WIDTH: 1 }),
    },
  )
  const buffers = { outputs, x, weight, bias: bias ?? weight, out }
  return gpu.launch(kernel, buffers, (step) => [ofOutputs ? step.outputs : step.rows])
}
