// Launchers of kernels/route.wgsl, experts-gate-up.wgsl and experts-down.wgsl: an MLP of experts, a few of them a row.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import { type Matrix, type MatrixPart, partBuffers, partConstants } from '../matrix.ts'
import type { Constants } from '../wgsl-link.ts'

/** Of a choice. */
export const CHOICE_WORDS = 2

export interface Route {
  readonly count: number
  readonly chosen: number
  readonly normalised: boolean
  /** f32 [rows, count]. */
  readonly scores: Bindable
  /** `Choice` [rows, chosen]: u32 expert, f32 weight. */
  readonly choices: Bindable
}

export function route(gpu: Gpu, { count, chosen, normalised, scores, choices }: Route): Launch {
  const kernel = gpu.kernel('route', {}, { EXPERTS: count, CHOSEN: chosen, NORMALISED: normalised })
  return gpu.launch(kernel, { scores, choices }, (step) => [step.rows])
}

export interface Experts {
  /** Of all experts, one after the other; an expert's rows are in one part. */
  readonly matrix: Matrix
  readonly count: number
  readonly chosen: number
  readonly choices: Bindable
  /** The step's uniform. */
  readonly step: Bindable
  readonly x: Bindable
  readonly y: Bindable
  /** Elements a row of y. */
  readonly yStride: number
}

/** y [rows, chosen, yStride] = activated(gate) * up, of x [rows, cols rounded up to 32]. */
export function expertsGateUp(gpu: Gpu, op: Experts & { readonly activation: 'swiglu' | 'geglu' }): Launch[] {
  const { matrix, count, chosen } = op
  return launches(
    gpu,
    'experts-gate-up',
    op,
    op.activation,
    { MATRIX_ROWS: matrix.rows / count },
    (rows) => rows * chosen,
  )
}

/** y [rows, yStride] += scale * what the experts give, of x [rows, chosen, cols rounded up to 32]. */
export function expertsDown(gpu: Gpu, op: Experts & { readonly scale?: number }): Launch[] {
  return launches(gpu, 'experts-down', op, 'add', op.scale === undefined ? {} : { Y_SCALE: op.scale }, (rows) => rows)
}

function launches(
  gpu: Gpu,
  name: string,
  { matrix, count, chosen, choices, step, x, y, yStride }: Experts,
  epilogue: string,
  constants: Constants,
  grid: (rows: number) => number,
): Launch[] {
  const expertRows = matrix.rows / count
  const width = gpu.software ? 1 : 32
  return matrix.parts.map((part: MatrixPart) => {
    const kernel = gpu.kernel(
      name,
      { weights: matrix.format, epilogue, x: 'floats', input: 'plain', next: 'none' },
      {
        ...partConstants(matrix, part),
        ...constants,
        Y_STRIDE: yStride,
        EXPERT_ROWS: expertRows,
        FIRST_EXPERT: part.firstRow / expertRows,
        EXPERTS: part.rows / expertRows,
        CHOSEN: chosen,
        WIDTH: width,
      },
    )
    const buffers = { ...partBuffers(part), step, x, y, choices, bias: x }
    return gpu.launch(kernel, buffers, ({ rows }) => (rows > 0 ? [Math.ceil(expertRows / 8), grid(rows)] : undefined))
  })
}
