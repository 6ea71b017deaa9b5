// Loads one model onto a device and joins what the API serves: files → config, tokenizer, weights → runner → engine.

import { Constraints } from './api/constraints.ts'
import { MARKS } from './api/dialects/marks.ts'
import type { ServedModel } from './api/host.ts'
import { Engine } from './engine/engine.ts'
import type { Spellings } from './engine/token-constraint.ts'
import { readConfig } from './model/config.ts'
import { parameterCount } from './model/estimate.ts'
import { readPooling } from './model/pooling.ts'
import { describeModel } from './model/registry.ts'
import { checkTensors, type ModelSpec } from './model/spec.ts'
import { createChatTemplate, findChatTemplate } from './text/chat-template.ts'
import { tokenSpellings } from './text/token-spellings.ts'
import { createTokenizer, type Tokenizer } from './text/tokenizer.ts'
import type { Tuner, TuningReport } from './webgpu/autotune.ts'
import { Gpu, OutOfMemory } from './webgpu/gpu.ts'
import { loadWeights, weightShapes } from './webgpu/model-weights.ts'
import { type ActivationFormat, advice, needs, type PlanOptions, planRunner, type RunnerPlan } from './webgpu/plan.ts'
import { WebGpuRunner } from './webgpu/runner.ts'
import type { SelfTestReport } from './webgpu/self-test.ts'
import { smallProgram } from './webgpu/small-program.ts'
import type { SubgroupMatrices } from './webgpu/subgroup-matrices.ts'
import { openCheckpoint } from './weights/checkpoint.ts'
import type { ModelFiles, SourceOptions } from './weights/files.ts'
import { readJson, readText } from './weights/json.ts'
import type { WeightFormat } from './weights/layouts.ts'
import { type ModelSource, resolveModelFiles } from './weights/source.ts'
import { defaultStore } from './weights/store.ts'

export interface LoadOptions extends SourceOptions, PlanOptions {
  /** The adapter is a CPU. */
  readonly software: boolean
  /** What its subgroups can multiply. */
  readonly subgroupMatrices?: SubgroupMatrices
  /** Whether kernels are tried before they are used; true unless given. */
  readonly selfTest?: boolean
  /**
   * Whether variants of kernels are timed to take the fastest; unless given, where the adapter is no CPU: there compiling takes
   * longer than any choice could save.
   */
  readonly autotune?: boolean
}

export interface LoadedModel {
  readonly served: ServedModel
  readonly spec: ModelSpec
  readonly gpu: Gpu
  readonly runner: WebGpuRunner
  readonly engine: Engine
  readonly weights: WeightFormat
  readonly activations: ActivationFormat
  readonly selfTest: SelfTestReport | undefined
  readonly tuning: TuningReport | undefined
}

/** Kernels do not depend on what tokens spell. */
const NO_SPELLINGS: Spellings = { tokens: [], ends: [] }

/** @throws ModelError or another Error naming file and reason; nothing stays allocated then. */
export async function loadModel(source: ModelSource, device: GPUDevice, options: LoadOptions): Promise<LoadedModel> {
  const { signal, onProgress, software, subgroupMatrices } = options
  const files = resolveModelFiles(source, options)
  const config = await readConfig(files, signal)
  const spec = describeModel(config)
  const text = await openText(files, signal)
  const pooling = await readPooling(files, signal)
  const checkpoint = await openCheckpoint(files, signal)
  checkTensors(spec, checkpoint)
  const gpu = new Gpu(device, { software, subgroupMatrices })
  const plan = planRunner(gpu, spec, checkpoint, options)
  try {
    if (plan.activations === 'q8') {
      const { byteKernelFiles } = await import('./webgpu/byte-kernel-sources.ts')
      gpu.addSources(byteKernelFiles)
    }
    const { tokenizer } = text
    const tuning = (options.autotune ?? !software) ? await tuner(gpu, plan, options) : undefined
    await gpu.temporarily(async () => {
      // Compiling goes on while weights are read.
      const shapes = await weightShapes(gpu, spec, checkpoint, plan.weightFormat)
      tuning?.recall(shapes)
      smallProgram(gpu, { spec, weights: shapes, plan, vocabulary: tokenizer && NO_SPELLINGS })
    })
    const weights = await loadWeights(gpu, spec, checkpoint, {
      format: plan.weightFormat,
      onProgress,
      signal,
      selfTest: options.selfTest,
    })
    const weightBytes = gpu.bytesInUse
    const tuned = await tuning?.tune(weights)
    const onCompile = (done: number, total: number) => onProgress?.({ phase: 'compile', loaded: done, total })
    const vocabulary = tokenizer && tokenSpellings(tokenizer, spec.vocabSize, config.eos_token_ids, MARKS)
    let tested: SelfTestReport | undefined
    if (options.selfTest !== false) {
      const { selfTest } = await import('./webgpu/self-test.ts')
      tested = await unlessAborted(selfTest(gpu, { spec, weights, plan, vocabulary, onCompile, signal }), signal)
    }
    const runner = new WebGpuRunner(gpu, { ...plan, spec, weights, vocabulary })
    await unlessAborted(gpu.ready(onCompile), signal)
    await runner.warmUp()
    const engine = new Engine(runner)
    const served: ServedModel = {
      id: files.id,
      created: Math.floor(Date.now() / 1000),
      ...text,
      constraints: vocabulary && new Constraints(vocabulary),
      generationDefaults: { eosTokenIds: config.eos_token_ids, bosTokenId: config.bos_token_id },
      // What the cache cannot hold cannot be generated, whatever the model allows.
      contextLength: Math.min(runner.contextLength, runner.blockCount * runner.blockSize),
      vocabSize: spec.vocabSize,
      sizes: {
        hidden: spec.hiddenSize,
        parameters: parameterCount(spec),
        weightBytes,
        context: spec.contextLength,
      },
      pooling,
      engine,
    }
    const { weightFormat, activations } = plan
    return { served, spec, gpu, runner, engine, weights: weightFormat, activations, selfTest: tested, tuning: tuned }
  } catch (error) {
    gpu.destroyAllBuffers()
    if (!(error instanceof OutOfMemory)) throw error
    const less = { ...options, memoryBytes: plan.estimate.total / 2 }
    const hint = `the model needs about ${needs(plan)}; ${advice(gpu, spec, checkpoint, less)}`
    throw new Error(`${error.message}: ${hint}`, { cause: error })
  }
}

/** Chooses variants of kernels, and brings those that few devices have. */
async function tuner(gpu: Gpu, { activations }: RunnerPlan, options: LoadOptions): Promise<Tuner> {
  const { tunerFor } = await import('./webgpu/autotune.ts')
  if (gpu.has('shader-f16')) {
    const { halfKernelFiles } = await import('./webgpu/half-kernel-sources.ts')
    gpu.addSources(halfKernelFiles)
  }
  if (gpu.subgroupMatrices) {
    const { addMatrixKernels } = await import('./webgpu/matrix-kernel-sources.ts')
    await addMatrixKernels(gpu)
  }
  const store = options.store === undefined ? await defaultStore() : options.store || undefined
  return tunerFor(gpu, { activations, store })
}

async function openText(
  files: ModelFiles,
  signal?: AbortSignal,
): Promise<Pick<ServedModel, 'tokenizer' | 'chatTemplate'>> {
  const tokenizerJson = await readJson(files, 'tokenizer.json', signal)
  const tokenizerConfig = await readJson(files, 'tokenizer_config.json', signal)
  const file = await readText(files, 'chat_template.jinja', signal)
  const tokenizer: Tokenizer | undefined =
    tokenizerJson === undefined ? undefined : createTokenizer(tokenizerJson, tokenizerConfig)
  const specials = { bos_token: tokenizer?.bosToken?.content, eos_token: tokenizer?.eosToken?.content }
  return { tokenizer, chatTemplate: createChatTemplate(findChatTemplate({ tokenizerConfig, file }), specials) }
}

/** The work's result, or the signal's reason as soon as it is aborted; the work itself goes on unheard. */
function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
