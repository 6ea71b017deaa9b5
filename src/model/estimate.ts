// Bytes a model will take on the device, before anything is allocated. Numbers only: knows no device and no limit.

import { matrixBytes, paddedCols, type WeightFormat } from '../weights/layouts.ts'
import { allRoles, type MatrixRole, type ModelSpec } from './spec.ts'

export interface EstimateOptions {
  readonly format: WeightFormat
  /** Of embedding and head, where it is another. */
  readonly outerFormat?: WeightFormat
  /** Bytes of an element of the KV cache. */
  readonly kvElementBytes: number
  /** Positions the KV cache holds, over all sequences. */
  readonly kvPositions: number
  /** Rows a step may have. */
  readonly rows: number
  /** Rows of logits a step may have. */
  readonly outputs: number
}

export interface Estimate {
  readonly weights: number
  readonly kvCache: number
  /** Buffers that the layers of a step share, and its logits. */
  readonly activations: number
  readonly total: number
}

export function estimate(spec: ModelSpec, options: EstimateOptions): Estimate {
  const { format, kvElementBytes, kvPositions, rows, outputs } = options
  const weights = weightBytes(spec, format, options.outerFormat)
  const kvCache = 2 * spec.layers.length * spec.kvHeads * spec.headDim * kvElementBytes * kvPositions
  const queries = spec.heads * spec.headDim
  const experts = spec.layers.find((layer) => layer.experts)?.experts
  const row = [
    paddedCols(spec.hiddenSize), // the residual stream
    paddedCols(spec.hiddenSize), // normalised
    queries + 2 * spec.kvHeads * spec.headDim,
    paddedCols(queries), // what attention gives
    2 * paddedCols(spec.intermediateSize),
    experts ? experts.count + experts.chosen * (2 + paddedCols(experts.intermediateSize)) : 0,
  ]
  const activations = 4 * (rows * row.reduce((sum, size) => sum + size) + outputs * (spec.vocabSize + spec.hiddenSize))
  return { weights, kvCache, activations, total: weights + kvCache + activations }
}

/** Of all matrices in their formats, and vectors as f32. */
export function weightBytes(spec: ModelSpec, format: WeightFormat, outerFormat = format): number {
  const isOuter = (role: unknown) => role === spec.embedding || role === spec.head
  const bytes = (role: MatrixRole) => matrixBytes(isOuter(role) ? outerFormat : format, sum(role.rows), role.cols)
  return sum(allRoles(spec).map((role) => (role.cols === undefined ? 4 * sum(role.rows) : bytes(role))))
}

/** How many weights the model has; an embedding that serves as head counts once. */
export function parameterCount(spec: ModelSpec): number {
  return sum(allRoles(spec).map(({ rows, cols = 1 }) => sum(rows) * cols))
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
