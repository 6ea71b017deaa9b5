// Bytes a model will take on the device, before anything is allocated. Numbers only: knows no device and no limit.

import { matrixBytes, paddedCols, type WeightFormat } from '../weights/layouts.ts'
import { allRoles, type MatrixRole, type ModelSpec } from './spec.ts'

export interface EstimateOptions {
  readonly format: WeightFormat
  /** Of sensitive matrices, where it is another. */
  readonly outerFormat?: WeightFormat
  /** Bytes of an element of the KV cache. */
  readonly kvElementBytes: number
  /** Positions the KV cache holds, over all sequences. */
  readonly kvPositions: number
  /** Rows a step may have. */
  readonly rows: number
  /** Rows of activations rounded to 8 bits that a step may have. */
  readonly roundedRows?: number
  /** Rows of logits a step may have. */
  readonly outputs: number
  readonly sequences: number
  /** Positions a sequence may have. */
  readonly contextLength: number
}

export interface Estimate {
  readonly weights: number
  readonly kvCache: number
  /** Buffers that the layers of a step share, its logits, and what sampling keeps of each sequence. */
  readonly steps: number
  readonly total: number
}

export function estimate(spec: ModelSpec, options: EstimateOptions): Estimate {
  const { format, kvElementBytes, kvPositions, rows, roundedRows = 0, outputs, sequences, contextLength } = options
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
  const rounded = (Math.max(spec.hiddenSize, queries, spec.intermediateSize) * 9) / 32
  const partials = Math.min(SPLITS, Math.ceil(contextLength / SPLIT_KEYS)) * spec.heads * (spec.headDim + 4)
  const steps =
    4 *
    (rows * sum(row) +
      roundedRows * rounded +
      outputs * (2.25 * spec.vocabSize + paddedCols(spec.hiddenSize) + OUTPUT_WORDS) + // logits, bests of four, edited
      sequences * (2 * spec.vocabSize + spec.vocabSize / 32 + spec.hiddenSize + partials)) // counts, bias, mask, pooled
  return { weights, kvCache, steps, total: weights + kvCache + steps }
}

/** Attention's parts of a row with many keys, and the fewest keys of a part. */
const SPLITS = 32
const SPLIT_KEYS = 128
/** Of the histogram by which a token is drawn, and of what is told of it. */
const OUTPUT_WORDS = 640

/** Of all matrices in their formats, and vectors as f32. */
export function weightBytes(spec: ModelSpec, format: WeightFormat, outerFormat = format): number {
  const bytes = (role: MatrixRole) =>
    matrixBytes(isSensitive(spec, role) ? outerFormat : format, sum(role.rows), role.cols)
  return sum(allRoles(spec).map((role) => (role.cols === undefined ? 4 * sum(role.rows) : bytes(role))))
}

/** Rows up to this wide have few terms in which errors of 4 bits may cancel out. */
const NARROW = 512

/** Matrices that lose most by few bits: embedding and head, in narrow models also what makes queries, keys and values. */
export function isSensitive(spec: ModelSpec, role: MatrixRole): boolean {
  if (role === spec.embedding || role === spec.head) return true
  return spec.hiddenSize <= NARROW && spec.layers.some(({ qkv }) => qkv.weight === role)
}

/** How many weights the model has; an embedding that serves as head counts once. */
export function parameterCount(spec: ModelSpec): number {
  return sum(allRoles(spec).map(({ rows, cols = 1 }) => sum(rows) * cols))
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
