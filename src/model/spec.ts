// A model as a runner needs it: sizes, and the checkpoint's tensors by the part they play. Knows no config and no format.

import type { Checkpoint } from '../weights/checkpoint.ts'
import { ModelError } from '../weights/errors.ts'
import type { Dtype } from '../weights/safetensors.ts'

/** A matrix [sum of rows, cols]: checkpoint tensors [rows[i], cols], one below the other. */
export interface MatrixRole {
  readonly names: readonly string[]
  readonly rows: readonly number[]
  readonly cols: number
}

/** A vector [sum of rows]: checkpoint tensors [rows[i]], one after the other. */
export interface VectorRole {
  readonly names: readonly string[]
  readonly rows: readonly number[]
  readonly cols?: undefined
}

export type TensorRole = MatrixRole | VectorRole

/** y = weight · x + bias. */
export interface LinearRole {
  readonly weight: MatrixRole
  readonly bias?: VectorRole
}

export interface LayerSpec {
  readonly inputNorm: VectorRole
  /** Rows of all query heads, then key heads, then value heads; each head's rows pair element i with i + rotaryDim / 2. */
  readonly qkv: LinearRole
  readonly output: LinearRole
  readonly postNorm: VectorRole
  /** Gate rows, then up rows. */
  readonly gateUp: LinearRole
  readonly down: LinearRole
}

export interface ModelSpec {
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly vocabSize: number
  /** Most positions the model was made for. */
  readonly contextLength: number
  readonly rmsNormEps: number
  /** Scores are multiplied by it before the softmax. */
  readonly attentionScale: number
  readonly rope: RopeSpec
  readonly embedding: MatrixRole
  readonly layers: readonly LayerSpec[]
  readonly finalNorm: VectorRole
  /** Undefined where the embedding serves as head. */
  readonly head: MatrixRole | undefined
}

export interface RopeSpec {
  /** Radians a position, [rotaryDim / 2], after scaling. */
  readonly inverseFrequencies: Float64Array
  /** Multiplies cos and sin. */
  readonly attentionFactor: number
  /** How many leading elements of a head are rotated. */
  readonly rotaryDim: number
}

const FLOATS: readonly Dtype[] = ['F32', 'F16', 'BF16']

export function allRoles(spec: ModelSpec): TensorRole[] {
  const linear = ({ weight, bias }: LinearRole) => (bias ? [weight, bias] : [weight])
  const layer = (l: LayerSpec) =>
    [l.inputNorm, linear(l.qkv), linear(l.output), l.postNorm, linear(l.gateUp), linear(l.down)].flat()
  return [spec.embedding, ...spec.layers.flatMap(layer), spec.finalNorm, ...(spec.head ? [spec.head] : [])]
}

/** Refuses a checkpoint that lacks a tensor of the spec or has it in another shape, before anything is allocated. */
export function checkTensors(spec: ModelSpec, checkpoint: Checkpoint): void {
  const roles = allRoles(spec)
  const missing = roles.flatMap(({ names }) => names.filter((name) => !checkpoint.tensors.has(name)))
  if (missing.length > 0) {
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
    throw new ModelError('the checkpoint', `it lacks the tensors ${missing.slice(0, 3).join(', ')}${more}`)
  }
  for (const { names, rows, cols } of roles) {
    names.forEach((name, i) => {
      const { dtype, shape, file } = checkpoint.tensors.get(name)!
      const expected = cols === undefined ? [rows[i]] : [rows[i], cols]
      if (shape.join() !== expected.join())
        throw new ModelError(file, `tensor ${name} must have shape [${expected}] by config.json, received [${shape}]`)
      if (!FLOATS.includes(dtype))
        throw new ModelError(file, `tensor ${name} must be ${FLOATS.join(', ')}, received ${dtype}`)
    })
  }
}
