// Whole generations with random weights of a real shape, timed where a caller sees the tokens. Runs in Node and in a page.

import { Engine } from '../src/engine/engine.ts'
import { GREEDY, type SamplingParams } from '../src/engine/sampling-params.ts'
import type { ModelSpec } from '../src/model/spec.ts'
import type { WeightFormat } from '../src/weights/layouts.ts'
import { measureBandwidth } from './bandwidth.ts'
import {
  type Cost,
  type CpuClock,
  costOf,
  inPairs,
  longestPause,
  median,
  quantile,
  type Report,
  type Table,
} from './measure.ts'
import { openRig, type RigOptions } from './rig.ts'

export interface GenerationOptions extends RigOptions {
  /** Prompt lengths. */
  readonly prefill: readonly number[]
  /** Keys before the first token. */
  readonly contexts: readonly number[]
  readonly decodeTokens: number
  readonly rounds: number
  /** Numbers of sequences generated side by side, each against one. */
  readonly streams: readonly number[]
}

/** All that may ride on a decode. */
export const EVERY_FEATURE: SamplingParams = {
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

export async function benchGeneration(options: GenerationOptions, cpu: CpuClock): Promise<Report> {
  const { prefill: lengths, contexts, decodeTokens, rounds, streams } = options
  const rig = await openRig(options, Math.max(...lengths, ...contexts, 128) + decodeTokens + 16, cpu)
  const { gpu, adapter, spec, runner } = rig
  const bandwidth = await measureBandwidth(gpu)
  /** Milliseconds that each step kept this thread. */
  const held: number[] = []
  const submit = runner.submit.bind(runner)
  runner.submit = (batch) => {
    const start = performance.now()
    const result = submit(batch)
    held.push(performance.now() - start)
    return result
  }
  const engine = new Engine(runner)

  /** Milliseconds from the request to each token. */
  const run = async (prompt: readonly number[], maxTokens: number, sampling = GREEDY): Promise<number[]> => {
    const start = performance.now()
    const times: number[] = []
    for await (const events of engine.generate({ prompt, sampling, maxTokens, n: 1 }))
      for (const _ of events) times.push(performance.now() - start)
    return times
  }
  /** A prompt that no other run had; the same again comes out of the prefix cache. */
  let salt = 0
  const fresh = (length: number): number[] => {
    salt += 1
    return Array.from({ length }, (_, i) => (i * 31 + salt * 977) % spec.vocabSize)
  }

  await run(fresh(128), 4)
  const prefill: Record<string, Record<string, number>> = {}
  for (const length of lengths) {
    const first: number[] = []
    const cpuSeconds: number[] = []
    const pauses: number[] = []
    held.length = 0
    for (let round = 0; round < Math.min(rounds, length > 1000 ? 1 : 2); round++) {
      const cost = await costOf(cpu, async () => {
        pauses.push(await longestPause(async () => first.push((await run(fresh(length), 1))[0]!)))
      })
      cpuSeconds.push(cost.cpuSeconds)
    }
    prefill[`prompt of ${length}`] = {
      'tokens/s': length / (Math.min(...first) / 1000),
      'first token ms': Math.min(...first),
      'CPU s': Math.min(...cpuSeconds),
      'longest step on the thread ms': Math.max(...held),
      'longest pause of the thread ms': Math.max(...pauses),
    }
  }

  const weights = weightsPerToken(spec, options.weights)
  const decode: Record<string, Record<string, number>> = {}
  for (const context of contexts) {
    const prompt = fresh(context)
    await run(prompt, 2)
    const rates: number[] = []
    const cpuMs: number[] = []
    let gaps: number[] = []
    held.length = 0
    for (let round = 0; round < rounds; round++) {
      let times: number[] = []
      const cost = await costOf(cpu, async () => {
        times = await run(prompt, decodeTokens)
      })
      rates.push(rate(times))
      cpuMs.push((cost.cpuSeconds * 1000) / decodeTokens)
      gaps = times.slice(1).map((time, i) => time - times[i]!)
    }
    decode[`decode at ${context}`] = {
      'tokens/s': median(rates),
      'p50 ms': quantile(gaps, 0.5),
      'p95 ms': quantile(gaps, 0.95),
      'CPU ms a token': median(cpuMs),
      'thread ms a step': median(held),
      'CPU ms for 4.2M weights': (median(cpuMs) / weights.count) * 4.2e6,
      dispatches: runner.counts.dispatches,
      '% of bandwidth': ((weights.bytes * median(rates)) / bandwidth) * 100,
    }
  }

  const prompt = fresh(128)
  const decoding = async (sampling: SamplingParams): Promise<Cost> => {
    let times: number[] = []
    const { cpuSeconds } = await costOf(cpu, async () => {
      times = await run(prompt, decodeTokens, sampling)
    })
    return { seconds: (times.at(-1)! - times[0]!) / 1000, cpuSeconds }
  }
  const { share } = await inPairs(
    3 * rounds,
    () => decoding(GREEDY),
    () => decoding(EVERY_FEATURE),
  )
  const shares: Record<string, Record<string, number>> = {
    'every sampling feature': { 'of greedy ×': share.seconds, 'by CPU time ×': share.cpuSeconds },
  }
  const plain: number[] = []
  const together = new Map(streams.map((count) => [count, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    plain.push((decodeTokens - 1) / (await decoding(GREEDY)).seconds)
    for (const [count, rates] of together) {
      const all = await Promise.all(Array.from({ length: count }, () => run(fresh(16), decodeTokens)))
      // From when the last one has its first token to when the first one is done.
      const start = Math.max(...all.map((times) => times[0]!))
      const end = Math.min(...all.map((times) => times.at(-1)!))
      const tokens = all.flat().filter((time) => time > start && time <= end).length
      rates.push(tokens / ((end - start) / 1000))
    }
  }
  for (const [count, rates] of together)
    shares[`${count} streams`] = { 'of greedy ×': median(rates) / median(plain), 'tokens/s': median(rates) }

  const load: Table = {
    load: {
      'weights s': rig.load.seconds,
      'compile s': rig.compile.seconds,
      'first steps s': rig.warmUp.seconds,
      'CPU s': rig.load.cpuSeconds + rig.compile.cpuSeconds + rig.warmUp.cpuSeconds,
      'GPU MB': gpu.bytesInUse / 1e6,
      'read a token MB': weights.bytes / 1e6,
      'bandwidth GB/s': bandwidth / 1e9,
    },
  }
  engine.close()
  gpu.device.destroy()
  const { shape, weights: format } = options
  return {
    title: `${shape} ${format}`,
    adapter,
    tables: {
      load,
      ...(options.tune && { 'variants of products': rig.tuning }),
      prefill,
      decode,
      'decode with more': shares,
    },
  }
}

/** Tokens a second after the first. */
const rate = (times: readonly number[]) => (times.length - 1) / ((times.at(-1)! - times[0]!) / 1000)

/** Weights in the layers' matrices, and bytes that a decode step reads: those and the head's. */
function weightsPerToken(spec: ModelSpec, format: WeightFormat): { count: number; bytes: number } {
  const elements = ({ rows, cols }: { rows: readonly number[]; cols: number }) => rows.reduce((a, b) => a + b) * cols
  const count = spec.layers.reduce(
    (sum, { qkv, output, gateUp, down }) =>
      sum + [qkv, output, gateUp, down].reduce((total, { weight }) => total + elements(weight), 0),
    0,
  )
  const bytesOf: Readonly<Record<WeightFormat, number>> = { f32: 4, f16: 2, q8: 36 / 32, q4: 20 / 32 }
  const head = elements(spec.head ?? spec.embedding) * bytesOf[format === 'q4' ? 'q8' : format]
  return { count, bytes: count * bytesOf[format] + head }
}
