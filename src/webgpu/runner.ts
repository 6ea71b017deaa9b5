// Runs a Llama-style model on a GPU device: the ModelRunner that the engine drives. A step is one write of its rows, one
// pass of launches bound at load, and a copy of what was sampled; nothing in it waits for the CPU.

import type { Batch, ModelRunner, StepResult } from '../engine/model-runner.ts'
import { GREEDY, type SamplingParams } from '../engine/sampling-params.ts'
import type { Automaton, AutomatonPlace, Spellings } from '../engine/token-constraint.ts'
import { parameterCount } from '../model/estimate.ts'
import type { ModelSpec } from '../model/spec.ts'
import { encode, type Gpu } from './gpu.ts'
import { KvCache, type KvFormat } from './kv-cache.ts'
import { logitsStride } from './launchers/logits-edit.ts'
import type { ModelWeights } from './model-weights.ts'
import type { ActivationFormat } from './plan.ts'
import { modelProgram, type Program } from './program.ts'
import { ReadbackRing } from './readback-ring.ts'
import { decodeRecords, RECORD_WORDS } from './sampling-records.ts'
import { SamplingState } from './sampling-state.ts'
import { StepData } from './step-data.ts'

export interface RunnerOptions {
  readonly spec: ModelSpec
  readonly weights: ModelWeights
  readonly contextLength: number
  readonly maxSequences: number
  readonly blockSize: number
  readonly blockCount: number
  readonly kvFormat: KvFormat
  /** 'q8' needs the device to have byteKernelFiles. */
  readonly activations: ActivationFormat
  readonly maxBatchTokens: number
  readonly maxOutputs: number
  /** Multiplications that a prefill submits at once: a GPU draws the page between submits. 2^34 unless given. */
  readonly workPerSubmit?: number
  /** What tokens spell; without, no automaton is walked here. */
  readonly vocabulary?: Spellings
}

/** How steps went, for `engine.info` and benches. */
export interface StepCounts {
  readonly steps: number
  /** Dispatches of the last step. */
  readonly dispatches: number
}

/** Some 20 ms of a small GPU. */
const WORK_PER_SUBMIT = 2 ** 34

/** Uses every sampling kernel. */
const WARM_UP: SamplingParams = { ...GREEDY, temperature: 1, topP: 0.9, topLogprobs: 1 }

/** Allows nothing but the end: uses the kernels of constraints. */
const ENDING: Automaton = {
  states: 1,
  classes: 1,
  start: 0,
  words: 1,
  classOf: new Uint8Array(256),
  next: Uint32Array.of(0),
  meta: Uint32Array.of(0, 0, 0, 0x80000000),
  retStart: Uint32Array.of(0),
  ret: new Uint32Array(0),
  masks: new Uint32Array(0),
}

export class WebGpuRunner implements ModelRunner {
  readonly vocabSize: number
  readonly contextLength: number
  readonly blockSize: number
  readonly blockCount: number
  readonly maxSequences: number
  readonly maxBatchTokens: number
  readonly maxOutputs: number
  readonly #gpu: Gpu
  readonly #step: StepData
  readonly #cache: KvCache
  readonly #sampling: SamplingState
  readonly #program: Program
  readonly #launches: Program['launches']
  readonly #ring: ReadbackRing
  readonly #pooledRing: ReadbackRing
  readonly #pooledBytes: number
  /** Rows of prefill that are submitted at once; more of them in several parts. */
  readonly #rowsPerSubmit: number
  readonly #closed: Promise<never>
  #close!: (reason: Error) => void
  #counts: StepCounts = { steps: 0, dispatches: 0 }

  /** Allocates everything; `await gpu.ready()` before the first step. */
  constructor(gpu: Gpu, options: RunnerOptions) {
    const { spec, weights, contextLength, maxSequences, blockSize, blockCount, maxBatchTokens, maxOutputs } = options
    this.#gpu = gpu
    this.vocabSize = spec.vocabSize
    this.contextLength = contextLength
    this.blockSize = blockSize
    this.blockCount = blockCount
    this.maxSequences = maxSequences
    this.maxBatchTokens = maxBatchTokens
    this.maxOutputs = maxOutputs
    this.#step = new StepData(gpu, maxBatchTokens, maxOutputs, maxSequences)
    this.#cache = new KvCache(gpu, {
      layers: spec.layers.length,
      kvHeads: spec.kvHeads,
      headDim: spec.headDim,
      blockSize,
      blockCount,
      maxSequences,
      maxBlocksPerSequence: Math.ceil(contextLength / blockSize),
      format: options.kvFormat,
    })
    this.#sampling = new SamplingState(gpu, {
      vocabSize: spec.vocabSize,
      maxSequences,
      maxOutputs,
      vocabulary: options.vocabulary,
    })
    this.#program = modelProgram(gpu, {
      spec,
      weights,
      cache: this.#cache,
      step: this.#step,
      slotTokens: this.#sampling.slotTokens,
      activations: options.activations,
      contextLength,
      maxRows: maxBatchTokens,
      maxOutputs,
    })
    const sampling = this.#sampling.launches(this.#program.logits, this.#step.outputs)
    this.#launches = [...this.#program.launches, ...sampling]
    this.#ring = new ReadbackRing(gpu, maxOutputs * RECORD_WORDS * 4)
    this.#pooledBytes = spec.hiddenSize * 4
    this.#pooledRing = new ReadbackRing(gpu, this.#pooledBytes)
    this.#rowsPerSubmit = (options.workPerSubmit ?? WORK_PER_SUBMIT) / parameterCount(spec)
    this.#closed = new Promise((_, reject) => {
      this.#close = reject
    })
    this.#closed.catch(() => {})
    gpu.device.lost.then(({ message }) =>
      this.#close(new Error(`Cannot run the model: the GPU device was lost (${message})`)),
    )
  }

  /** Runs a prefill and a decode step once, so that drivers that compile at first use do so now. */
  async warmUp(): Promise<void> {
    this.openSlot(0, WARM_UP, [0], [])
    this.constrainSlot(0, ENDING, { state: 0, seen: new Uint32Array(1), frames: [] })
    this.setBlocks(0, 0, [0])
    await this.submit({ decode: [], prefill: [{ slot: 0, start: 0, tokens: [0], draw: 0 }] })
    if (this.contextLength > 1) await this.submit({ decode: [{ slot: 0, position: 1, draw: 1 }], prefill: [] })
  }

  get counts(): StepCounts {
    return this.#counts
  }

  openSlot(slot: number, params: SamplingParams, prompt: ArrayLike<number>, completion: ArrayLike<number>): void {
    this.#sampling.open(slot, params, prompt, completion)
  }

  constrainSlot(slot: number, automaton: Automaton, place: AutomatonPlace): boolean {
    return this.#sampling.constrain(slot, automaton, place)
  }

  setBlocks(slot: number, first: number, blocks: ArrayLike<number>): void {
    this.#cache.setBlocks(slot, first, blocks)
  }

  copyBlocks(pairs: readonly { readonly from: number; readonly to: number }[]): void {
    this.#cache.copyBlocks(pairs)
  }

  submit(batch: Batch): Promise<StepResult> {
    const { device } = this.#gpu
    device.pushErrorScope('validation')
    const { encoder, outputs } = this.#encode(batch)
    const records =
      outputs > 0 ? this.#ring.copy(encoder, this.#sampling.records, outputs * RECORD_WORDS * 4) : undefined
    device.queue.submit([encoder.finish()])
    const refused = device.popErrorScope()
    const sampled = records?.result() ?? device.queue.onSubmittedWorkDone().then(() => new ArrayBuffer(0))
    return this.#gpu.wait(Promise.race([stepResult(refused, sampled, outputs), this.#closed]))
  }

  readPooled(slots: readonly number[]): Promise<Float32Array[]> {
    const { device } = this.#gpu
    const bytes = this.#pooledBytes
    const encoder = device.createCommandEncoder({ label: 'pooled' })
    const copies = slots.map((slot) => this.#pooledRing.copy(encoder, this.#program.pooled, bytes, slot * bytes))
    device.queue.submit([encoder.finish()])
    const read = copies.map(async (copy) => new Float32Array(await copy.result()))
    return this.#gpu.wait(Promise.race([Promise.all(read), this.#closed]))
  }

  /** Raw logits [outputs, vocabSize] of a step's outputs: for checks and scoring from outside, not for generation. */
  async logits(batch: Batch): Promise<Float32Array<ArrayBuffer>> {
    const { encoder, outputs } = this.#encode(batch)
    const bytes = outputs * this.vocabSize * 4
    const staging = this.#gpu.createBuffer('logits readback', bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
    const rowBytes = this.vocabSize * 4
    for (let i = 0; i < outputs; i++)
      encoder.copyBufferToBuffer(
        this.#program.logits,
        i * logitsStride(this.vocabSize) * 4,
        staging,
        i * rowBytes,
        rowBytes,
      )
    this.#gpu.device.queue.submit([encoder.finish()])
    await this.#gpu.wait(Promise.race([staging.mapAsync(GPUMapMode.READ), this.#closed]))
    const logits = new Float32Array(staging.getMappedRange().slice(0))
    this.#gpu.destroyBuffer(staging)
    return logits
  }

  /** Commands of a step, of which those of a large prefill are submitted in parts, all but the last one. */
  #encode(batch: Batch): { encoder: GPUCommandEncoder; outputs: number } {
    const shape = this.#step.write(batch)
    const drawing = [...batch.decode, ...batch.prefill.filter(({ draw }) => draw !== undefined)]
    const scores = batch.prefill.some(({ targets }) => targets !== undefined)
    this.#sampling.prepare(drawing, scores)
    const { device } = this.#gpu
    const launches = this.#launches
    const parts = Math.max(1, Math.ceil((shape.rows - shape.decodeRows) / this.#rowsPerSubmit))
    const size = Math.ceil(launches.length / parts)
    let encoder = device.createCommandEncoder({ label: 'step' })
    let dispatches = 0
    for (let start = 0; start < launches.length; start += size) {
      if (start > 0) {
        device.queue.submit([encoder.finish()])
        encoder = device.createCommandEncoder({ label: 'step' })
      }
      const pass = encoder.beginComputePass({ label: 'step' })
      dispatches += encode(pass, parts === 1 ? launches : launches.slice(start, start + size), shape)
      pass.end()
    }
    this.#counts = { steps: this.#counts.steps + 1, dispatches }
    return { encoder, outputs: shape.outputs }
  }

  close(): void {
    this.#close(new Error('Cannot run the model: it was closed'))
    this.#gpu.destroyAllBuffers()
  }
}

/** @throws when the device did not run the step: what lies in the records then is not its result. */
async function stepResult(
  refused: Promise<GPUError | null>,
  sampled: Promise<ArrayBuffer>,
  outputs: number,
): Promise<StepResult> {
  try {
    const [error, bytes] = await Promise.all([refused, sampled])
    if (error) throw error
    return decodeRecords(bytes, outputs)
  } catch (cause) {
    throw new Error(`Cannot run the model: a step failed, the device may be lost (${(cause as Error).message})`, {
      cause,
    })
  }
}
