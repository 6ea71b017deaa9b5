// A model's weights on the GPU, each where its role says. Knows which tensor plays which part, not what a step does.

import { isSensitive } from '../model/estimate.ts'
import {
  allRoles,
  type LinearRole,
  type MatrixRole,
  type ModelSpec,
  type NormRole,
  type TensorRole,
  type VectorRole,
} from '../model/spec.ts'
import type { Checkpoint } from '../weights/checkpoint.ts'
import type { WeightFormat } from '../weights/layouts.ts'
import { meter, type OnProgress } from '../weights/progress.ts'
import { type Dtype, tensorBytes } from '../weights/tensors.ts'
import type { Gpu } from './gpu.ts'
import type { FloatDtype } from './launchers/convert-weights.ts'
import type { Matrix, MatrixShape } from './matrix.ts'
import { type Placement, shapesOnly, type TensorSource, WeightUpload } from './weight-upload.ts'

export interface LinearWeights {
  readonly matrix: Matrix
  readonly bias?: GPUBuffer
}

export interface NormWeights {
  readonly weight: GPUBuffer
  readonly bias?: GPUBuffer
}

/** As in LayerSpec. */
export interface LayerWeights {
  readonly inputNorm?: NormWeights
  readonly qkv: LinearWeights
  readonly qkNorm?: GPUBuffer
  readonly output: LinearWeights
  readonly outputNorm?: NormWeights
  readonly mlpNorm?: NormWeights
  /** Of experts. */
  readonly router?: Matrix
  readonly gateUp: LinearWeights
  readonly down: LinearWeights
  readonly downNorm?: NormWeights
}

export interface ModelWeights {
  readonly embedding: Matrix
  readonly layers: readonly LayerWeights[]
  readonly finalNorm: NormWeights
  /** The embedding itself where they are tied. */
  readonly head: Matrix
}

export interface LoadWeightsOptions {
  readonly format: WeightFormat
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** As in WeightUploadOptions. */
  readonly selfTest?: boolean
}

type Placing = Pick<MatrixShape, 'paired' | 'together'>

const DTYPES: Partial<Record<Dtype, FloatDtype>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' }

/** Of sensitive matrices: they lose most by 4 bits and stay at 8. */
export const outerFormat = (format: WeightFormat): WeightFormat => (format === 'q4' ? 'q8' : format)

/** @throws ModelError when a tensor cannot be read, Error when it holds NaN or infinity; frees nothing: the caller does. */
export async function loadWeights(
  gpu: Gpu,
  spec: ModelSpec,
  checkpoint: Checkpoint,
  { format, onProgress, signal, selfTest }: LoadWeightsOptions,
): Promise<ModelWeights> {
  const total = bytesToRead(checkpoint, spec)
  const upload = new WeightUpload(gpu, {
    onProgress: meter(checkpoint.quantized ? 'convert' : 'upload', total, onProgress),
    signal,
    selfTest,
  })
  const weights = await placeWeights(upload, spec, checkpoint, format, signal)
  await upload.finish()
  return weights
}

/** What `loadWeights` will give, as far as launchers must know it to ask for kernels; not to be run. */
export const weightShapes = (gpu: Gpu, spec: ModelSpec, checkpoint: Checkpoint, format: WeightFormat) =>
  placeWeights(shapesOnly(gpu), spec, checkpoint, format)

async function placeWeights(
  upload: Placement,
  spec: ModelSpec,
  checkpoint: Checkpoint,
  format: WeightFormat,
  signal?: AbortSignal,
): Promise<ModelWeights> {
  const source = (role: TensorRole, name: string, rows: number, from = 0): TensorSource => {
    const { dtype, gridTop } = checkpoint.tensors.get(name)!
    const read: TensorSource['read'] = (first, count, memory) =>
      checkpoint.read(name, from + first, count, { signal, ...memory })
    return { name, dtype: DTYPES[dtype]!, rows, cols: role.cols ?? 1, read, gridTop }
  }
  const sources = (role: TensorRole) => role.names.map((name, i) => source(role, name, role.rows[i]!))
  /** Of one tensor that holds both. */
  const halves = (role: MatrixRole) => {
    const rows = role.rows[0]! / 2
    return [0, rows].map((from) => source(role, role.names[0]!, rows, from))
  }
  const vector = (role: VectorRole) => upload.vector(role.names.join('+'), sources(role), role.plus)
  const matrix = (
    role: MatrixRole,
    as = isSensitive(spec, role) ? outerFormat(format) : format,
    { paired = false, together }: Placing = {},
  ) => {
    const label = role.names.length > 3 ? `${role.names[0]} and ${role.names.length - 1} more` : role.names.join('+')
    const from = paired && role.names.length === 1 ? halves(role) : sources(role)
    return upload.matrix(label, as, from, { paired, together })
  }
  const linear = async ({ weight, bias }: LinearRole, placing?: Placing): Promise<LinearWeights> => ({
    matrix: await matrix(weight, undefined, placing),
    bias: bias && (await vector(bias)),
  })
  const norm = async (role: NormRole): Promise<NormWeights> => ({
    weight: await vector(role.weight),
    bias: role.bias && (await vector(role.bias)),
  })

  const embedding = await matrix(spec.embedding)
  const layers: LayerWeights[] = []
  for (const layer of spec.layers)
    layers.push({
      inputNorm: layer.inputNorm && (await norm(layer.inputNorm)),
      qkv: await linear(layer.qkv),
      qkNorm: layer.qkNorm && (await vector(layer.qkNorm)),
      output: await linear(layer.output),
      outputNorm: layer.outputNorm && (await norm(layer.outputNorm)),
      mlpNorm: layer.mlpNorm && (await norm(layer.mlpNorm)),
      // What an expert more or less does to a row is no rounding: scores stay exact.
      router: layer.experts && (await matrix(layer.experts.router, 'f32')),
      gateUp: await linear(layer.gateUp, {
        paired: true,
        together: layer.experts && 2 * layer.experts.intermediateSize,
      }),
      down: await linear(layer.down, { together: layer.experts && spec.hiddenSize }),
      downNorm: layer.downNorm && (await norm(layer.downNorm)),
    })
  const finalNorm = await norm(spec.finalNorm)
  const head = spec.head ? await matrix(spec.head) : embedding
  return { embedding, layers, finalNorm, head }
}

function bytesToRead(checkpoint: Checkpoint, spec: ModelSpec): number {
  const tensors = allRoles(spec).flatMap(({ names }) => names.map((name) => checkpoint.tensors.get(name)!))
  return tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0)
}
