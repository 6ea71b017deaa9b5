// An RMS norm without a launch of its own: whoever changes the residual stream multiplies it by the norm's weight and sums
// its squares (kernels/lib/next-norm.wgsl), the product that reads it divides its results (kernels/lib/input-normed.wgsl).

import type { Bindable } from '../gpu.ts'
import type { Constants, Variants } from '../wgsl-link.ts'

/** Where the stream is handed over. */
export interface NextNorm {
  /** f32 [size]. */
  readonly weight: Bindable
  readonly size: number
  /** f32 [rows, stride]: the stream times the weight. */
  readonly normed: Bindable
  readonly stride: number
  /** f32 [rows, squareStride(size)]; the pads are zero. */
  readonly squares: Bindable
}

/** What the product needs to finish. */
export interface InputNorm {
  /** Elements of a row. */
  readonly size: number
  readonly eps: number
  readonly squares: Bindable
}

/** Elements a row of `squares`: a sum for every four elements, rounded up to four. */
export const squareStride = (size: number) => Math.ceil(size / 16) * 4

interface Linked {
  readonly variants: Variants
  readonly constants: Constants
  readonly buffers: Readonly<Record<string, Bindable>>
}

export function linkNext(next: NextNorm | undefined): Linked {
  if (!next) return { variants: { next: 'none' }, constants: {}, buffers: {} }
  const { weight, size, normed, stride, squares } = next
  const constants = { NEXT_SIZE: size, NEXT_STRIDE: stride }
  return { variants: { next: 'norm' }, constants, buffers: { next_weight: weight, normed, squares_out: squares } }
}

/** What the product of logits leaves to sampling (kernels/lib/next-best.wgsl), in y. */
export function linkBests(tokens: number): Linked {
  return { variants: { next: 'best' }, constants: { TOKENS: tokens }, buffers: {} }
}

export function linkInput(input: InputNorm | undefined): Linked {
  if (!input) return { variants: { input: 'plain' }, constants: {}, buffers: {} }
  const { size, eps, squares } = input
  return { variants: { input: 'normed' }, constants: { NORM_SIZE: size, NORM_EPS: eps }, buffers: { squares } }
}
