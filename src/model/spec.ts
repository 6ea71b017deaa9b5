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
  /** Added to each element as the checkpoint has it, 0 unless given: some norms store their distance from 1. */
  readonly plus?: number
}

export type TensorRole = MatrixRole | VectorRole

/** y = weight · x + bias. */
export interface LinearRole {
  readonly weight: MatrixRole
  readonly bias?: VectorRole
}

/** y = normalised x * weight + bias; only a layer norm has a bias. */
export interface NormRole {
  readonly weight: VectorRole
  readonly bias?: VectorRole
}

/** In the place of one MLP, several of which a router picks some for each row. */
export interface ExpertsRole {
  /** [count, hiddenSize]: scores, whose softmax is taken. */
  readonly router: MatrixRole
  readonly count: number
  /** Picked for a row: those of the highest scores. */
  readonly chosen: number
  /** Rows of an expert's gate, and of its up. */
  readonly intermediateSize: number
  /** The probabilities of those picked are divided by their sum. */
  readonly normalised: boolean
}

/** Norms that a layer does not have are undefined. */
export interface LayerSpec {
  /** Of what attention reads. */
  readonly inputNorm?: NormRole
  /** Rows of all query heads, then key heads, then value heads. */
  readonly qkv: LinearRole
  /** RMS norm of queries and keys before they are rotated: the weights of both, each of a head or of all heads at once. */
  readonly qkNorm?: VectorRole
  /** Undefined: a layer without positions. */
  readonly rope: RopeSpec | undefined
  /** Keys a query sees at most, its own included. Undefined: all. */
  readonly window?: number
  readonly output: LinearRole
  /** Of what attention gives, before that is added. */
  readonly outputNorm?: NormRole
  /** Of what gate and up read. */
  readonly mlpNorm?: NormRole
  /** Where gateUp and down are of experts: these then have no biases, and there is no downNorm. */
  readonly experts?: ExpertsRole
  /** Gate rows, then up rows; of each expert. */
  readonly gateUp: LinearRole
  /** Of one expert after the other. */
  readonly down: LinearRole
  /** Of what the MLP gives, before that is added. */
  readonly downNorm?: NormRole
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
  /** Of all norms but those of queries and keys: `layer` takes the mean away first. */
  readonly normKind: 'rms' | 'layer'
  readonly normEps: number
  readonly activation: Activation
  /** Gate and up read what attention read, and both results are added to the residual stream. */
  readonly parallel?: boolean
  /** Scores are multiplied by it before the softmax. */
  readonly attentionScale: number
  /** Scores then go through softcap * tanh(score / softcap). Undefined: they do not. */
  readonly attentionSoftcap?: number
  /** Multiplies embeddings; 1 unless given, as the two below. */
  readonly embeddingScale?: number
  /** Multiplies what attention and MLP add to the residual stream. */
  readonly residualScale?: number
  readonly logitScale?: number
  /** Logits then go through softcap * tanh(logit / softcap). Undefined: they do not. */
  readonly logitSoftcap?: number
  readonly embedding: MatrixRole
  readonly layers: readonly LayerSpec[]
  readonly finalNorm: NormRole
  /** Undefined where the embedding serves as head. */
  readonly head: MatrixRole | undefined
}

/** Of the gate; `gelu-tanh` is GELU by its approximation with tanh. */
export type Activation = 'silu' | 'gelu-tanh'

/** Layers with the same positions share the object. */
export interface RopeSpec {
  /** Radians a position, [rotaryDim / 2], after scaling. */
  readonly inverseFrequencies: Float64Array
  /** Takes their place where the context that the model runs with is longer than `beyond`. */
  readonly long?: { readonly beyond: number; readonly inverseFrequencies: Float64Array }
  /** Multiplies cos and sin. */
  readonly attentionFactor: number
  /** How many leading elements of a head are rotated. */
  readonly rotaryDim: number
  /** Pairs are (2i, 2i + 1), else (i, i + rotaryDim / 2). */
  readonly interleaved?: boolean
}

/** Radians a position of a model that runs with that context. */
export function frequenciesFor({ inverseFrequencies, long }: RopeSpec, contextLength: number): Float64Array {
  return long && contextLength > long.beyond ? long.inverseFrequencies : inverseFrequencies
}

const FLOATS: readonly Dtype[] = ['F32', 'F16', 'BF16']

export function allRoles(spec: ModelSpec): TensorRole[] {
  const parts = (role?: LinearRole | NormRole): TensorRole[] =>
    role ? [role.weight, ...(role.bias ? [role.bias] : [])] : []
  const layer = (l: LayerSpec) => [
    ...[l.inputNorm, l.qkv, l.output, l.outputNorm, l.mlpNorm, l.gateUp, l.down, l.downNorm].flatMap(parts),
    ...(l.qkNorm ? [l.qkNorm] : []),
    ...(l.experts ? [l.experts.router] : []),
  ]
  return [spec.embedding, ...spec.layers.flatMap(layer), ...parts(spec.finalNorm), ...(spec.head ? [spec.head] : [])]
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
