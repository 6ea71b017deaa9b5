// Launcher of kernels/qk-norm.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'

export interface QkNorm {
  /** Elements of all queries, and of all keys, of a row. */
  readonly queries: number
  readonly keys: number
  /** Elements normalised together, of queries and of keys: a head's, or all. */
  readonly sizes: readonly [number, number]
  readonly eps: number
  /** f32 [sizes[0] + sizes[1]]. */
  readonly weight: Bindable
  /** f32 [rows, queries + 2 keys]: queries, keys, values. */
  readonly qkv: Bindable
}

export function qkNorm(gpu: Gpu, { queries, keys, sizes: [q, k], eps, weight, qkv }: QkNorm): Launch {
  // On a software adapter barriers cost more than a thread that does it alone.
  const width = gpu.software || !gpu.trusts('qk-norm') ? 1 : Math.max(q, k) > 512 ? 256 : 32
  const constants = { Q_SEGMENTS: queries / q, Q_SIZE: q, K_SIZE: k, STRIDE: queries + 2 * keys, EPS: eps }
  const kernel = gpu.kernel('qk-norm', {}, { ...constants, WIDTH: width })
  return gpu.launch(kernel, { weight, qkv }, (step) => [queries / q + keys / k, step.rows])
}
