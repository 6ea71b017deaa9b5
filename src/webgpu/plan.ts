// Decides, before anything is allocated, how a model is held on a device: weight and KV formats, context, blocks, rows a
// step. Sizes only; knows no request.

import { type Estimate, estimate, weightBytes } from '../model/estimate.ts'
import type { LinearRole, ModelSpec } from '../model/spec.ts'
import type { Checkpoint } from '../weights/checkpoint.ts'
import type { WeightFormat } from '../weights/layouts.ts'
import type { Gpu } from './gpu.ts'
import { DEFAULT_BLOCK_SIZE, KV_ELEMENT_BYTES, type KvFormat } from './kv-cache.ts'
import { logitsStride } from './launchers/logits-edit.ts'
import { outerFormat } from './model-weights.ts'

/** How activations enter products with q8 and q4 weights: as they are, or rounded to 8 bits a group of 32. */
export type ActivationFormat = 'f32' | 'q8'

export interface PlanOptions {
  readonly weights: WeightFormat | 'auto'
  readonly kvCache: KvFormat | 'auto'
  /** 'f32' unless given. */
  readonly activations?: ActivationFormat
  readonly contextLength?: number
  readonly kvCacheBytes?: number
  readonly maxSequences?: number
  /** Most bytes that all of it may take on the GPU. */
  readonly memoryBytes?: number
}

export interface RunnerPlan {
  readonly weightFormat: WeightFormat
  readonly kvFormat: KvFormat
  readonly activations: ActivationFormat
  readonly contextLength: number
  readonly maxSequences: number
  readonly blockSize: number
  readonly blockCount: number
  readonly maxBatchTokens: number
  readonly maxOutputs: number
  readonly estimate: Estimate
}

const MEBIBYTE = 2 ** 20

/** @throws {RangeError} naming the option that is out of range, with what would be in it, or with what would fit. */
export function planRunner(gpu: Gpu, spec: ModelSpec, checkpoint: Checkpoint, options: PlanOptions): RunnerPlan {
  const plan = layOut(gpu, spec, checkpoint, options)
  const { memoryBytes = Infinity } = options
  if (plan.estimate.total <= memoryBytes) return plan
  const formats = (['q8', 'q4'] as const).filter(() => options.weights === 'auto')
  for (const weights of formats) {
    const smaller = layOut(gpu, spec, checkpoint, { ...options, weights })
    if (smaller.estimate.total <= memoryBytes && smaller.estimate.total < plan.estimate.total) return smaller
  }
  throw new RangeError(
    `Cannot fit the model into memoryBytes ${memoryBytes}: it needs ${needs(plan)}; ${advice(gpu, spec, checkpoint, options)}`,
  )
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`

/** What a plan takes, and of what. */
export function needs({ estimate: { weights, kvCache, steps, total } }: RunnerPlan): string {
  return `${megabytes(total)} (weights ${megabytes(weights)}, keys and values ${megabytes(kvCache)}, steps ${megabytes(steps)})`
}

/** The settings that bring a plan below options.memoryBytes, or the least there is: fewest and least harmful first. */
export function advice(gpu: Gpu, spec: ModelSpec, checkpoint: Checkpoint, options: PlanOptions): string {
  const { memoryBytes = 0 } = options
  const now = layOut(gpu, spec, checkpoint, options)
  const tried = (changes: Partial<PlanOptions>) => layOut(gpu, spec, checkpoint, { ...options, ...changes })
  /** For one sequence of that many tokens. */
  const context = (contextLength: number): Partial<PlanOptions> => {
    const { kvCache } = now.estimate
    const block = kvCache / now.blockCount
    return { contextLength, kvCacheBytes: Math.ceil(contextLength / now.blockSize) * block }
  }
  const contexts = [now.contextLength, 4096, 2048, 1024, 256].filter((length) => length <= now.contextLength)
  const settings: Partial<PlanOptions>[] = [
    ...(['q8', 'q4'] as const).map((weights) => ({ weights })),
    ...contexts.map(context),
    { maxSequences: 1 },
  ].filter((setting) => tried(setting).estimate.total < now.estimate.total)
  const words = (setting: Partial<PlanOptions>) =>
    Object.entries(setting)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : value}`)
      .join(', ')
  const enough = settings.find((setting) => tried(setting).estimate.total <= memoryBytes)
  if (enough) return `${words(enough)} would make it fit (${needs(tried(enough))})`
  let together: Partial<PlanOptions> = {}
  for (const setting of settings) {
    together = { ...together, ...setting }
    if (tried(together).estimate.total <= memoryBytes)
      return `${words(together)} would make it fit (${needs(tried(together))})`
  }
  return settings.length > 0
    ? `the least it can do with is ${needs(tried(together))}, with ${words(together)}`
    : 'no setting makes it smaller'
}

function layOut(gpu: Gpu, spec: ModelSpec, checkpoint: Checkpoint, options: PlanOptions): RunnerPlan {
  const weightFormat = options.weights === 'auto' ? autoFormat(spec, checkpoint) : options.weights
  const kvFormat = options.kvCache !== 'auto' ? options.kvCache : weightFormat === 'f32' ? 'f32' : 'f16'
  const { activations = 'f32' } = options
  if (activations === 'q8' && (weightFormat === 'f32' || weightFormat === 'f16'))
    throw new RangeError(
      `Cannot plan the model: activations q8 are for weights in q8 or q4, received weights ${options.weights}${options.weights === 'auto' ? `, which for this model are ${weightFormat}` : ''}`,
    )
  const contextLength = whole(
    'contextLength',
    options.contextLength ?? Math.min(spec.contextLength, 8192),
    1,
    spec.contextLength,
  )
  const binding = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize)
  const logitsRowBytes = logitsStride(spec.vocabSize) * 4
  // Each has a row of the vocabulary in one buffer.
  const bindable = Math.max(1, Math.floor(binding / logitsRowBytes))
  const maxSequences = whole('maxSequences', options.maxSequences ?? Math.min(16, bindable), 1, Math.min(256, bindable))

  const blockSize = DEFAULT_BLOCK_SIZE
  const layerBlockBytes = spec.kvHeads * spec.headDim * blockSize * KV_ELEMENT_BYTES[kvFormat]
  const blockBytes = 2 * spec.layers.length * layerBlockBytes
  const oneSequence = Math.ceil(contextLength / blockSize)
  const wanted = options.kvCacheBytes
    ? Math.floor(options.kvCacheBytes / blockBytes)
    : Math.min(maxSequences * oneSequence, Math.max(oneSequence, Math.floor((256 * MEBIBYTE) / blockBytes)))
  const blockCount = Math.min(wanted, Math.floor(binding / layerBlockBytes))
  if (blockCount < 1)
    throw new RangeError(
      `Cannot plan the KV cache: kvCacheBytes must be at least ${blockBytes}, received ${options.kvCacheBytes}`,
    )

  const logitsRows = Math.floor((32 * MEBIBYTE) / logitsRowBytes)
  const maxBatchTokens = Math.max(maxSequences, gpu.software ? 128 : 512)
  const maxOutputs = Math.max(maxSequences, Math.min(128, logitsRows))
  return {
    weightFormat,
    kvFormat,
    activations,
    contextLength,
    maxSequences,
    blockSize,
    blockCount,
    maxBatchTokens,
    maxOutputs,
    estimate: estimate(spec, {
      format: weightFormat,
      outerFormat: outerFormat(weightFormat),
      kvElementBytes: KV_ELEMENT_BYTES[kvFormat],
      kvPositions: blockCount * blockSize,
      rows: maxBatchTokens,
      roundedRows: activations === 'q8' ? maxBatchTokens : 0,
      outputs: maxOutputs,
      sequences: maxSequences,
      contextLength,
    }),
  }
}

/** As the checkpoint has them while that is small, else as many bits as keep the weights handy. */
function autoFormat(spec: ModelSpec, checkpoint: Checkpoint): WeightFormat {
  const halves = spec.embedding.names.every((name) => checkpoint.tensors.get(name)!.dtype === 'F16')
  const lossless = halves ? 'f16' : 'f32'
  if (weightBytes(spec, lossless) <= 256 * MEBIBYTE) return lossless
  const isQ4 = ({ weight: { names } }: LinearRole) =>
    names.every((name) => (checkpoint.tensors.get(name)!.gridTop ?? Infinity) <= 15)
  if (spec.layers.every(({ gateUp, qkv }) => isQ4(gateUp) && isQ4(qkv))) return 'q4' // more bits would hold the same
  return weightBytes(spec, 'q8') <= 1024 * MEBIBYTE ? 'q8' : 'q4'
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(
    `Cannot plan the model: ${name} must be a whole number from ${least} to ${most}, received ${value}`,
  )
}
