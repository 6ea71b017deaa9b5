// Whole generations with random weights of a real shape, timed where a caller sees the tokens. Runs in Node and in a page.

import { Engine } from '../src/engine/engine.ts'
import { GREEDY, type SamplingParams } from '../src/engine/sampling-params.ts'
import { parseConfig } from '../src/model/config.ts'
import { describeModel } from '../src/model/registry.ts'
import { type AdapterDescription, openDevice } from '../src/webgpu/device.ts'
import { Gpu } from '../src/webgpu/gpu.ts'
import { loadWeights, type ModelWeights } from '../src/webgpu/model-weights.ts'
import { planRunner } from '../src/webgpu/plan.ts'
import { WebGpuRunner } from '../src/webgpu/runner.ts'
import type { WeightFormat } from '../src/weights/layouts.ts'
import { measureBandwidth } from './bandwidth.ts'
import { randomCheckpoint } from './random-checkpoint.ts'
import { shapeConfig } from './shapes.ts'

export interface GenerationOptions {
  readonly shape: string
  readonly weights: WeightFormat
  readonly prefill: readonly number[]
  readonly decodeTokens: number
}

export interface GenerationResult {
  readonly shape: string
  readonly weights: WeightFormat
  readonly adapter: AdapterDescription
  readonly loadSeconds: number
  readonly gpuBytes: number
  /** Prompt tokens a second, by prompt length. */
  readonly prefill: Readonly<Record<number, number>>
  readonly decodeTokensPerSecond: number
  /** Decode with every sampling feature on, as a share of greedy decode; medians of alternating runs. */
  readonly sampledShare: number
  readonly millisecondsBetweenTokens: { readonly p50: number; readonly p95: number }
  readonly dispatchesPerToken: number
  /** Weight bytes that a decode step reads. */
  readonly bytesPerToken: number
  /** Bytes a second a plain reading kernel gets on this adapter. */
  readonly bandwidth: number
  /** bytesPerToken times tokens a second, of `bandwidth`. */
  readonly bandwidthShare: number
}

const EVERYTHING: SamplingParams = {
  repetitionPenalty: 1.1,
  frequencyPenalty: 0.2,
  presencePenalty: 0.1,
  logitBias: new Map([
    [7, 2],
    [8, -2],
  ]),
  temperature: 0.8,
  minP: 0.01,
  topK: 40,
  topP: 0.95,
  seed: 1,
  stopTokenIds: [3],
  minTokens: 1000, // the stop token stays masked
  topLogprobs: 5,
}

export async function benchGeneration(options: GenerationOptions): Promise<GenerationResult> {
  const { shape, weights: format, prefill: lengths, decodeTokens } = options
  const { device, adapter } = await openDevice()
  const gpu = new Gpu(device, { software: adapter.software })
  const bandwidth = await measureBandwidth(gpu)
  const started = performance.now()
  const spec = describeModel(parseConfig(shapeConfig(shape)))
  const checkpoint = randomCheckpoint(spec)
  const contextLength = Math.max(...lengths, 128) + decodeTokens + 16
  const plan = planRunner(gpu, spec, checkpoint, { weights: format, kvCache: 'auto', contextLength, maxSequences: 8 })
  const weights = await loadWeights(gpu, spec, checkpoint, { format })
  const runner = new WebGpuRunner(gpu, { ...plan, spec, weights })
  await gpu.ready()
  await runner.warmUp()
  const loadSeconds = (performance.now() - started) / 1000
  const engine = new Engine(runner)

  /** Milliseconds from the request to each token, of a prompt no other run had. */
  let salt = 0
  const run = async (promptLength: number, maxTokens: number, sampling = GREEDY): Promise<number[]> => {
    salt += 1
    const prompt = Array.from({ length: promptLength }, (_, i) => (i * 31 + salt * 977) % spec.vocabSize)
    const start = performance.now()
    const times: number[] = []
    for await (const events of engine.generate({ prompt, sampling, maxTokens, n: 1 }))
      for (const _ of events) times.push(performance.now() - start)
    return times
  }

  await run(128, 4)
  const prefill: Record<number, number> = {}
  for (const length of lengths) {
    const rounds = [await run(length, 1), await run(length, 1)].map(([first]) => first!)
    prefill[length] = length / (Math.min(...rounds) / 1000)
  }
  const plain: number[] = []
  const sampled: number[] = []
  let times: number[] = []
  for (let round = 0; round < 3; round++) {
    times = await run(128, decodeTokens)
    plain.push(rate(times))
    sampled.push(rate(await run(128, decodeTokens, EVERYTHING)))
  }
  const gaps = times
    .slice(1)
    .map((time, i) => time - times[i]!)
    .sort((a, b) => a - b)
  const decodeTokensPerSecond = median(plain)
  const bytesPerToken = decodeBytes(weights)
  const result: GenerationResult = {
    shape,
    weights: format,
    adapter,
    loadSeconds,
    gpuBytes: gpu.bytesInUse,
    prefill,
    decodeTokensPerSecond,
    sampledShare: median(sampled) / decodeTokensPerSecond,
    millisecondsBetweenTokens: { p50: quantile(gaps, 0.5), p95: quantile(gaps, 0.95) },
    dispatchesPerToken: runner.counts.dispatches,
    bytesPerToken,
    bandwidth,
    bandwidthShare: (bytesPerToken * decodeTokensPerSecond) / bandwidth,
  }
  engine.close()
  device.destroy()
  return result
}

/** Tokens a second after the first. */
const rate = (times: readonly number[]) => (times.length - 1) / ((times.at(-1)! - times[0]!) / 1000)

const median = (values: readonly number[]) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )

const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor(q * (sorted.length - 1))]!

/** All matrices but the embedding's rows, of which one is read. */
function decodeBytes({ layers, head }: ModelWeights): number {
  const matrices = [head, ...layers.flatMap((l) => [l.qkv, l.output, l.gateUp, l.down].map(({ matrix }) => matrix))]
  const parts = matrices.flatMap((matrix) => matrix.parts)
  return parts.reduce((sum, { data, scales }) => sum + data.size + (scales?.size ?? 0), 0)
}
