// A model of a known shape with random weights, ready to run, and what all its launches bind. Runs in Node and in a page.

import type { Spellings } from '../src/engine/token-constraint.ts'
import { parseConfig } from '../src/model/config.ts'
import { describeModel } from '../src/model/registry.ts'
import type { ModelSpec } from '../src/model/spec.ts'
import { autotune } from '../src/webgpu/autotune.ts'
import { byteKernelFiles } from '../src/webgpu/byte-kernel-sources.ts'
import { type AdapterDescription, openDevice } from '../src/webgpu/device.ts'
import { type Bindable, Gpu, type Kernel, type Launch } from '../src/webgpu/gpu.ts'
import { halfKernelFiles } from '../src/webgpu/half-kernel-sources.ts'
import { addMatrixKernels } from '../src/webgpu/matrix-kernel-sources.ts'
import { type ActivationFormat, planRunner, type RunnerPlan } from '../src/webgpu/plan.ts'
import { WebGpuRunner } from '../src/webgpu/runner.ts'
import type { WeightFormat } from '../src/weights/layouts.ts'
import { type Cost, type CpuClock, costOf, type Table } from './measure.ts'
import { randomWeights } from './random-weights.ts'
import { shapeConfig } from './shapes.ts'

export interface RigOptions {
  readonly shape: string
  readonly weights: WeightFormat
  /** 'f32' unless given. */
  readonly activations?: ActivationFormat
  /** All of the shape's unless given. */
  readonly layers?: number
  /** Take the variants of kernels that are fastest here; those that rules pick unless given. */
  readonly tune?: boolean
}

export interface Bound {
  readonly launch: Launch
  readonly buffers: Readonly<Record<string, Bindable>>
}

/** Remembers all launches in the order they were made, which is that of a step. */
export class WatchedGpu extends Gpu {
  readonly bound: Bound[] = []

  override launch(kernel: Kernel, buffers: Readonly<Record<string, Bindable>>, workgroups: Launch['workgroups']) {
    const launch = super.launch(kernel, buffers, workgroups)
    this.bound.push({ launch, buffers })
    return launch
  }
}

export interface Rig {
  readonly gpu: WatchedGpu
  readonly adapter: AdapterDescription
  readonly spec: ModelSpec
  readonly plan: RunnerPlan
  readonly runner: WebGpuRunner
  /** Making the weights, compiling all kernels, the first steps. */
  readonly load: Cost
  readonly compile: Cost
  readonly warmUp: Cost
  /** Milliseconds of each variant, by kind of matrix. */
  readonly tuning: Table
}

export async function openRig(
  options: RigOptions,
  contextLength: number,
  cpu: CpuClock,
  vocabularyOf?: (size: number) => Spellings,
): Promise<Rig> {
  const { device, adapter } = await openDevice()
  const gpu = new WatchedGpu(device, adapter)
  const config = shapeConfig(options.shape)
  const layers = options.layers ?? (config.num_hidden_layers as number)
  const spec = describeModel(parseConfig({ ...config, num_hidden_layers: layers }))
  const noTensors = { tensors: new Map(), read: () => Promise.reject(new Error('Cannot read: weights are random')) }
  const plan = planRunner(gpu, spec, noTensors, {
    weights: options.weights,
    kvCache: 'auto',
    activations: options.activations,
    contextLength,
    maxSequences: 8,
  })
  if (plan.activations === 'q8') gpu.addSources(byteKernelFiles)
  let runner: WebGpuRunner | undefined
  const tuning: Record<string, Record<string, number>> = {}
  const load = await costOf(cpu, async () => {
    const weights = await randomWeights(gpu, spec, options.weights, 1)
    if (options.tune) {
      gpu.addSources(halfKernelFiles)
      await addMatrixKernels(gpu)
      const { choices } = await autotune(gpu, weights, { ...plan, budget: 10_000 })
      for (const [kind, { tried }] of Object.entries(choices))
        tuning[kind] = Object.fromEntries(Object.entries(tried).map(([variant, ms]) => [`${variant} ms`, ms]))
      gpu.bound.length = 0
    }
    runner = new WebGpuRunner(gpu, { ...plan, spec, weights, vocabulary: vocabularyOf?.(spec.vocabSize) })
  })
  const compile = await costOf(cpu, () => gpu.ready())
  const warmUp = await costOf(cpu, () => runner!.warmUp())
  return { gpu, adapter, spec, plan, runner: runner!, load, compile, warmUp, tuning }
}
