// createEngine: opens a device, loads models onto it, and puts the API's fetch in front of them.

import type { ApiHost } from './api/host.ts'
import { createFetch } from './api/router.ts'
import { embeddedModel } from './embedded-model.ts'
import type { EngineInfo as SchedulerInfo } from './engine/engine-info.ts'
import { type LoadedModel, loadModel } from './load-model.ts'
import type { TuningReport } from './webgpu/autotune.ts'
import { type AdapterDescription, describe, openDevice } from './webgpu/device.ts'
import type { KvFormat } from './webgpu/kv-cache.ts'
import type { ActivationFormat } from './webgpu/plan.ts'
import type { SelfTestReport } from './webgpu/self-test.ts'
import type { SourceOptions } from './weights/files.ts'
import type { WeightFormat } from './weights/layouts.ts'
import type { ModelSource } from './weights/source.ts'

/** Where files come from and are kept (`hub`, `download`, `store`, `fetch`), `onProgress`, `onWarning`, and `signal` to abort. */
export interface EngineOptions extends SourceOptions {
  /** One model, several, or several by the id they are served under. Left out: the embedded default. */
  readonly model?: ModelSource | readonly ModelSource[] | Readonly<Record<string, ModelSource>>
  /** 'auto' and 'webgpu' take any adapter, a software one too. */
  readonly backend?: 'auto' | 'webgpu'
  /** A device of your own; it is not destroyed on close. */
  readonly device?: GPUDevice
  /** How weights are held. 'auto': as they are while that is small, else 8 or 4 bits. */
  readonly weights?: WeightFormat | 'auto'
  /** How keys and values are held. 'auto': f32 beside f32 weights, else f16. */
  readonly kvCache?: KvFormat | 'auto'
  /**
   * How activations enter products with q8 and q4 weights. 'f32', the default: as they are. 'q8': rounded to 8 bits, a scale
   * for each 32, and multiplied as integers: faster on GPUs that multiply four bytes at once, a little less exact.
   */
  readonly activations?: ActivationFormat
  /** Most tokens a sequence may have; the model's own context up to 8,192 unless given. */
  readonly contextLength?: number
  /** Memory for keys and values, all sequences together. */
  readonly kvCacheBytes?: number
  /**
   * Most bytes of GPU memory that each model may take; no limit unless given. Weights 'auto' take fewer bits for it; where
   * that is not enough, loading is refused before anything is allocated, with the settings that would make it fit.
   */
  readonly memoryBytes?: number
  /** Sequences generated side by side; 16 unless given. */
  readonly maxSequences?: number
  /**
   * Whether each kernel is tried against the CPU before it is used, so that one that the adapter's driver gets wrong is
   * replaced (`info.models[].selfTest` says which) or loading fails; true unless given.
   */
  readonly selfTest?: boolean
  /**
   * Whether variants of matrix products are timed on the model's own weights while loading (about 300 ms) and the fastest
   * taken: `info.models[].tuning` says which. They are kept in `store` for later loads. Unless given, only where the adapter
   * is no CPU.
   */
  readonly autotune?: boolean
  /** Requests must bring it as bearer token. */
  readonly apiKey?: string
}

export interface ModelInfo {
  readonly id: string
  readonly contextLength: number
  readonly vocabSize: number
  readonly weights: WeightFormat
  readonly activations: ActivationFormat
  /** Scheduler figures: running, waiting, blocks, steps, … */
  readonly engine: SchedulerInfo
  /** Dispatches of the last step. */
  readonly dispatches: number
  readonly kernels: readonly string[]
  /** How the kernels did on this adapter; undefined where that was not asked. */
  readonly selfTest: SelfTestReport | undefined
  /** Which variants of kernels are the fastest here; undefined where that was not asked. */
  readonly tuning: TuningReport | undefined
}

export interface InfetchInfo {
  readonly adapter: AdapterDescription
  /** GPU bytes of all models. */
  readonly bytesInUse: number
  readonly models: readonly ModelInfo[]
}

export interface InfetchEngine {
  /** The platform's fetch, answered by this engine: `/v1/chat/completions` and the rest. Needs no `this`. */
  readonly fetch: typeof fetch
  readonly models: readonly { readonly id: string; readonly contextLength: number }[]
  readonly info: InfetchInfo
  /** Ends what runs and frees every GPU buffer. */
  close(): Promise<void>
}

export interface StartingEngine {
  /** Answers 503 model_loading until ready. */
  readonly fetch: typeof fetch
  readonly ready: Promise<InfetchEngine>
}

/** Loads the model and resolves when it can answer. @throws Error saying what is missing or wrong. */
export function createEngine(options: EngineOptions = {}): Promise<InfetchEngine> {
  return startEngine(options).ready
}

/** As createEngine, with a fetch that is there at once. */
export function startEngine(options: EngineOptions = {}): StartingEngine {
  const host: { -readonly [K in keyof ApiHost]: ApiHost[K] } = {
    state: 'loading',
    models: [],
    apiKey: options.apiKey,
    now: () => Date.now(),
  }
  const fetch = createFetch(host)
  const ready = open(options).then(
    ({ adapter, loaded, release }) => {
      host.models = loaded.map(({ served }) => served)
      host.state = 'ready'
      return {
        fetch,
        models: host.models.map(({ id, contextLength }) => ({ id, contextLength })),
        get info() {
          return info(adapter, loaded)
        },
        async close() {
          host.state = 'failed'
          host.failure = new Error('Cannot answer: the engine is closed')
          release()
        },
      }
    },
    (error: Error) => {
      host.state = 'failed'
      host.failure = error
      throw error
    },
  )
  ready.catch(() => {}) // whoever awaits it hears of it; nobody has to
  return { fetch, ready }
}

/** Whether a model can run here, and if not, what is missing. */
export async function checkSupport(): Promise<{ readonly supported: boolean; readonly reason?: string }> {
  try {
    const { device } = await openDevice()
    device.destroy()
    return { supported: true }
  } catch (error) {
    return { supported: false, reason: (error as Error).message }
  }
}

async function open(options: EngineOptions) {
  const { weights = 'auto', kvCache = 'auto', signal } = options
  checkChoice('backend', options.backend ?? 'auto', ['auto', 'webgpu'])
  checkChoice('weights', weights, ['auto', 'f32', 'f16', 'q8', 'q4'])
  checkChoice('kvCache', kvCache, ['auto', 'f32', 'f16'])
  checkChoice('activations', options.activations ?? 'f32', ['f32', 'q8'])
  signal?.throwIfAborted()
  const { device, adapter } = options.device
    ? { device: options.device, adapter: describe(options.device.adapterInfo, options.device) }
    : await openDevice()
  const { software, subgroupMatrices } = adapter
  const loaded: LoadedModel[] = []
  const release = () => {
    for (const { engine, served } of loaded) {
      engine.close()
      served.constraints?.close()
    }
    if (!options.device) device.destroy()
  }
  try {
    for (const [id, source] of namedSources(options.model ?? embeddedModel)) {
      const model = await loadModel(source, device, { ...options, weights, kvCache, software, subgroupMatrices })
      loaded.push(id === undefined ? model : { ...model, served: { ...model.served, id } })
    }
  } catch (error) {
    release()
    throw error
  }
  return { adapter, loaded, release }
}

function info(adapter: AdapterDescription, loaded: readonly LoadedModel[]): InfetchInfo {
  return {
    adapter,
    bytesInUse: loaded.reduce((sum, { gpu }) => sum + gpu.bytesInUse, 0),
    models: loaded.map(({ served, engine, runner, gpu, weights, activations, selfTest, tuning }) => ({
      id: served.id,
      contextLength: served.contextLength,
      vocabSize: served.vocabSize,
      weights,
      activations,
      engine: engine.info,
      dispatches: runner.counts.dispatches,
      kernels: gpu.kernelNames,
      selfTest,
      tuning,
    })),
  }
}

/** Several sources: a list that is none of files, or a record that is none of blobs. */
function namedSources(model: NonNullable<EngineOptions['model']>): [id: string | undefined, source: ModelSource][] {
  if (Array.isArray(model) && !(model[0] instanceof Blob)) return model.map((source) => [undefined, source])
  const isRecord = Object.getPrototypeOf(model) === Object.prototype && !('files' in (model as object))
  if (isRecord && !Object.values(model).every((value) => value instanceof Blob))
    return Object.entries(model as Readonly<Record<string, ModelSource>>)
  return [[undefined, model as ModelSource]]
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw new TypeError(`Cannot create engine: ${name} must be one of ${choices.join(', ')}, received ${value}`)
}
