// Launcher of kernels/embedding.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import { type Matrix, partBuffers, partConstants } from '../matrix.ts'
import { linkNext, type NextNorm } from './fused-norm.ts'

export interface Embedding {
  /** [vocabulary, hidden]. */
  readonly matrix: Matrix
  /** `array<Row>` of the step. */
  readonly rows: Bindable
  /** [slots] u32: the token last sampled into each. */
  readonly slotTokens: Bindable
  /** Multiplies the embeddings; 1 unless given. */
  readonly scale?: number
  /** Elements from row to row of `out`; `matrix.cols` unless given. */
  readonly stride?: number
  /** [rows, stride] f32. */
  readonly out: Bindable
  /** Hands the rows over to the RMS norm that comes next. */
  readonly next?: NextNorm
}

/** One launch a part: each writes the rows whose token it holds. */
export function embedding(gpu: Gpu, op: Embedding): Launch[] {
  const { matrix, rows, slotTokens, scale = 1, stride = op.matrix.cols, out } = op
  const next = linkNext(op.next)
  return matrix.parts.map((part) => {
    const shape = { HIDDEN: matrix.cols, STRIDE: stride, OUT_SCALE: scale }
    const constants = { ...partConstants(matrix, part), FIRST: part.firstRow, ...shape, ...next.constants }
    const kernel = gpu.kernel('embedding', { weights: matrix.format, ...next.variants }, constants)
    const groups = Math.ceil((constants.GROUPS * 4) / kernel.workgroupSize[0])
    const buffers = { ...partBuffers(part), rows, slot_tokens: slotTokens, out, ...next.buffers }
    return gpu.launch(kernel, buffers, (step) => [groups, step.rows])
  })
}
