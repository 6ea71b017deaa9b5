// All that a model will run, over small buffers of its own: for its kernels to be asked for ahead of time, and to be tried.
// Knows no trial.

import type { Spellings } from '../engine/token-constraint.ts'
import type { ModelSpec } from '../model/spec.ts'
import type { Gpu, Launch } from './gpu.ts'
import { KvCache } from './kv-cache.ts'
import type { ModelWeights } from './model-weights.ts'
import type { RunnerPlan } from './plan.ts'
import { type Launchers, modelProgram } from './program.ts'
import { SamplingState } from './sampling-state.ts'
import { StepData } from './step-data.ts'

export interface SmallProgramOptions {
  readonly spec: ModelSpec
  readonly weights: ModelWeights
  readonly plan: RunnerPlan
  /** As in SamplingSizes. */
  readonly vocabulary?: Spellings
}

export interface SmallProgram {
  /** One layer, which stands for all. */
  readonly cache: KvCache
  /** That a slot's sequence has. */
  readonly keys: number
  readonly blocksOf: (slot: number) => readonly number[]
  readonly step: StepData
  readonly sampling: SamplingState
  readonly logits: GPUBuffer
  /** Those of sampling. */
  readonly sampled: readonly Launch[]
}

/** More than one tile of attention's keys. */
const KEYS = 150
export const SLOTS = 3
export const ROWS = 64
export const OUTPUTS = 8

/** The kernels are those of a runner with the same plan. `make` as in modelProgram. */
export function smallProgram(gpu: Gpu, options: SmallProgramOptions, make?: Launchers): SmallProgram {
  const { spec, weights, plan, vocabulary } = options
  const { maxSequences, contextLength, blockSize } = plan
  const keys = Math.min(KEYS, contextLength)
  const blocks = Math.ceil(keys / blockSize)
  const cache = new KvCache(gpu, {
    layers: 1,
    kvHeads: spec.kvHeads,
    headDim: spec.headDim,
    blockSize,
    blockCount: Math.max(2, SLOTS * blocks),
    maxSequences: SLOTS,
    maxBlocksPerSequence: Math.ceil(contextLength / blockSize),
    format: plan.kvFormat,
  })
  const blocksOf = (slot: number) => Array.from({ length: blocks }, (_, i) => (blocks - 1 - i) * SLOTS + slot)
  for (let slot = 0; slot < SLOTS; slot++) cache.setBlocks(slot, 0, blocksOf(slot))
  const step = new StepData(gpu, ROWS, ROWS, SLOTS)
  const sampling = new SamplingState(gpu, {
    vocabSize: spec.vocabSize,
    maxSequences,
    maxOutputs: OUTPUTS,
    vocabulary,
  })
  const { logits } = modelProgram(
    gpu,
    {
      spec,
      weights,
      cache: cacheOfAll(cache, spec.layers.length),
      step,
      slotTokens: gpu.createBuffer('last tokens', SLOTS * 4),
      activations: plan.activations,
      contextLength,
      maxRows: ROWS,
      maxOutputs: OUTPUTS,
    },
    make,
  )
  return { cache, keys, blocksOf, step, sampling, logits, sampled: sampling.launches(logits, step.outputs) }
}

/** A cache whose layers are all the one that this has: they are tried one after the other. */
function cacheOfAll(cache: KvCache, layers: number): KvCache {
  const all = (buffers: readonly GPUBuffer[]) => Array<GPUBuffer>(layers).fill(buffers[0]!)
  return Object.create(cache, { keys: { value: all(cache.keys) }, values: { value: all(cache.values) } }) as KvCache
}
