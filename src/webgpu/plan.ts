// Decides, before anything is allocated, how a model is held on a device: weight and KV formats, context, blocks, rows a
// step. Sizes only; knows no request.

import { weightBytes } from '../model/estimate.ts'
import type { ModelSpec } from '../model/spec.ts'
import type { Checkpoint } from '../weights/checkpoint.ts'
import type { WeightFormat } from '../weights/layouts.ts'
import type { Gpu } from './gpu.ts'
import { DEFAULT_BLOCK_SIZE, KV_ELEMENT_BYTES, type KvFormat } from './kv-cache.ts'

export interface PlanOptions {
  readonly weights: WeightFormat | 'auto'
  readonly kvCache: KvFormat | 'auto'
  readonly contextLength?: number
  readonly kvCacheBytes?: number
  readonly maxSequences?: number
}

export interface RunnerPlan {
  readonly weightFormat: WeightFormat
  readonly kvFormat: KvFormat
  readonly contextLength: number
  readonly maxSequences: number
  readonly blockSize: number
  readonly blockCount: number
  readonly maxBatchTokens: number
  readonly maxOutputs: number
}

const MEBIBYTE = 2 ** 20

/** @throws {RangeError} naming the option that is out of range, with what would be in it. */
export function planRunner(gpu: Gpu, spec: ModelSpec, checkpoint: Checkpoint, options: PlanOptions): RunnerPlan {
  const weightFormat = options.weights === 'auto' ? autoFormat(spec, checkpoint) : options.weights
  const kvFormat = options.kvCache !== 'auto' ? options.kvCache : weightFormat === 'f32' ? 'f32' : 'f16'
  const contextLength = whole(
    'contextLength',
    options.contextLength ?? Math.min(spec.contextLength, 8192),
    1,
    spec.contextLength,
  )
  const maxSequences = whole('maxSequences', options.maxSequences ?? 16, 1, 256)

  const blockSize = DEFAULT_BLOCK_SIZE
  const layerBlockBytes = spec.kvHeads * spec.headDim * blockSize * KV_ELEMENT_BYTES[kvFormat]
  const blockBytes = 2 * spec.layers.length * layerBlockBytes
  const oneSequence = Math.ceil(contextLength / blockSize)
  const wanted = options.kvCacheBytes
    ? Math.floor(options.kvCacheBytes / blockBytes)
    : Math.min(maxSequences * oneSequence, Math.max(oneSequence, Math.floor((256 * MEBIBYTE) / blockBytes)))
  const binding = Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize)
  const blockCount = Math.min(wanted, Math.floor(binding / layerBlockBytes))
  if (blockCount < 1)
    throw new RangeError(
      `Cannot plan the KV cache: kvCacheBytes must be at least ${blockBytes}, received ${options.kvCacheBytes}`,
    )

  const logitsRows = Math.floor((32 * MEBIBYTE) / (spec.vocabSize * 4))
  return {
    weightFormat,
    kvFormat,
    contextLength,
    maxSequences,
    blockSize,
    blockCount,
    maxBatchTokens: Math.max(maxSequences, gpu.software ? 128 : 512),
    maxOutputs: Math.max(maxSequences, Math.min(128, logitsRows)),
  }
}

/** As the checkpoint has them while that is small, else as many bits as keep the weights handy. */
function autoFormat(spec: ModelSpec, checkpoint: Checkpoint): WeightFormat {
  const halves = spec.embedding.names.every((name) => checkpoint.tensors.get(name)!.dtype === 'F16')
  const lossless = halves ? 'f16' : 'f32'
  if (weightBytes(spec, lossless) <= 256 * MEBIBYTE) return lossless
  return weightBytes(spec, 'q8') <= 1024 * MEBIBYTE ? 'q8' : 'q4'
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(
    `Cannot plan the model: ${name} must be a whole number from ${least} to ${most}, received ${value}`,
  )
}
