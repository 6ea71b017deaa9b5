// Tries every kernel that a model will use on this device, once, before it is used: the launches that the program itself
// makes, on small buffers, against the CPU. What is wrong is distrusted, so that launchers take a safer variant, which is
// tried in turn. Knows no kernel: trials do.

import type { Batch } from '../engine/model-runner.ts'
import { encode, type Gpu, type Kernel, type Launch, type StepShape } from './gpu.ts'
import { type Launchers, launchers } from './program.ts'
import { attentionTrial, copyBlocksTrial, ropeAppendTrial } from './self-test/attention.ts'
import { constraintTrials, someSpellings } from './self-test/constraints.ts'
import { expertsDownTrial, expertsGateUpTrial, routeTrial } from './self-test/experts.ts'
import { normTrial, poolTrial, qkNormTrial } from './self-test/norms.ts'
import { embeddingTrial, matmulTrial } from './self-test/products.ts'
import { SAMPLING_TRIALS, samplingTrial } from './self-test/sampling.ts'
import type { Bench, BenchRow, Trial } from './self-test/trial.ts'
import { OUTPUTS, ROWS, SLOTS, type SmallProgramOptions, smallProgram } from './small-program.ts'

/** How the kernels of a model did, for `engine.info`. */
export interface SelfTestReport {
  /** Kernels tried, each with its constants. */
  readonly checked: number
  /** Kernels that gave wrong results on this device, and are not used therefore. */
  readonly replaced: readonly ReplacedKernel[]
  /** From the first buffer to the last comparison, compiling included. */
  readonly milliseconds: number
}

export interface ReplacedKernel {
  readonly kernel: string
  /** Largest error, in units of what rounding may explain; Infinity also for results that are no numbers. */
  readonly error: number
}

export interface SelfTestOptions extends SmallProgramOptions {
  readonly onCompile?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** What a launcher was asked for, and what it made of it. */
interface Made {
  readonly launches: readonly Launch[]
  readonly ofOutputs: boolean
  readonly trial: (bench: Bench) => Trial
}

interface Outcome {
  readonly kernels: readonly Pick<Kernel, 'name' | 'source'>[]
  readonly error: number
}

const TRIALS: { readonly [K in keyof Launchers]: (bench: Bench, op: Parameters<Launchers[K]>[1]) => Trial } = {
  embedding: embeddingTrial,
  norm: normTrial,
  matmul: matmulTrial,
  qkNorm: qkNormTrial,
  ropeAppend: ropeAppendTrial,
  attention: attentionTrial,
  route: routeTrial,
  expertsGateUp: expertsGateUpTrial,
  expertsDown: expertsDownTrial,
  pool: poolTrial,
}

/** @throws Error naming a kernel that is wrong and has no variant that is right. */
export async function selfTest(gpu: Gpu, options: SelfTestOptions): Promise<SelfTestReport> {
  const start = performance.now()
  const right = new Set<string>()
  const replaced: ReplacedKernel[] = []
  for (;;) {
    const wrong = await gpu.temporarily(() => tryAll(gpu, options, right))
    if (wrong.length === 0) return { checked: right.size, replaced, milliseconds: performance.now() - start }
    const found = wrong.map(({ kernels, error }) => {
      const kernelNames = [...new Set(kernels.map(({ name }) => name))]
      const trusted = kernelNames.filter((name) => gpu.trusts(name))
      if (trusted.length === 0)
        throw new Error(
          `Cannot run on this adapter: its driver computes ${kernelNames.join(', ')} wrongly and there is no other variant, received results ${error.toPrecision(3)} times further off than rounding explains (selfTest: false loads it all the same)`,
        )
      return { trusted, error }
    })
    for (const { trusted, error } of found)
      for (const kernel of trusted)
        if (gpu.trusts(kernel)) {
          gpu.distrust(kernel)
          replaced.push({ kernel, error })
        }
  }
}

/** Tries what is not known to be right yet, adds to it what is, and returns the rest. */
async function tryAll(gpu: Gpu, options: SelfTestOptions, right: Set<string>): Promise<Outcome[]> {
  const { spec, weights, plan, onCompile, signal } = options
  const vocabulary = options.vocabulary && someSpellings(options.vocabulary)
  const made: Made[] = []
  const small = smallProgram(gpu, { spec, weights, plan, vocabulary }, recorded(made))
  const { cache, keys, blocksOf, step, sampling, logits, sampled } = small
  const isConstraint = ({ kernel }: Launch) => kernel.name.startsWith('constraint-')
  const drawing = sampled.filter((launch) => !isConstraint(launch))
  const constraining = sampled.filter(isConstraint)
  await gpu.ready(onCompile)
  signal?.throwIfAborted()

  const outcomes: Promise<Outcome>[] = []
  const seen = new Set(right)
  const bench = (batch: Batch): Bench => ({ gpu, cache, blocksOf, shape: step.write(batch), ...rowsOf(batch) })
  const run = (trial: Trial, launches: readonly Launch[], shape: StepShape, kernels: Outcome['kernels']) => {
    for (const { source } of kernels) seen.add(source)
    outcomes.push(result(gpu, trial, launches, shape).then((error) => ({ kernels, error })))
  }
  for (const batch of batches(keys)) {
    const on = bench(batch)
    for (const { launches, ofOutputs, trial } of made) {
      if (ofOutputs && batch.decode.length > OUTPUTS) continue
      const kernels = activeKernels(launches, on.shape)
      if (!kernels.every(({ source }) => seen.has(source))) run(trial(on), launches, on.shape, kernels)
    }
  }
  const one: Batch = { decode: [{ slot: 0, position: 0, draw: 0 }], prefill: [] }
  if (!drawing.every(({ kernel }) => seen.has(kernel.source)))
    for (const params of SAMPLING_TRIALS) {
      const on = bench(one)
      const trial = samplingTrial(on, sampling, logits, spec.vocabSize, params)
      run(trial, drawing, on.shape, activeKernels(drawing, on.shape))
    }
  if (vocabulary && !constraining.every(({ kernel }) => seen.has(kernel.source)))
    for (const trial of constraintTrials(gpu, sampling, vocabulary, spec.vocabSize)) {
      const { shape } = bench(one)
      run(trial, constraining, shape, activeKernels(constraining, shape))
    }
  if (!seen.has(COPYING.source)) {
    const on = bench({ decode: [], prefill: [] })
    const trial = copyBlocksTrial(on)
    cache.copyBlocks([{ from: 0, to: 1 }])
    run(trial, [], on.shape, [COPYING])
  }

  const done = await Promise.all(outcomes)
  const wrong = done.filter(({ error }) => !(error <= 1))
  for (const { kernels } of done) for (const { source } of kernels) right.add(source)
  for (const { kernels } of wrong) for (const { source } of kernels) right.delete(source)
  return wrong
}

/** The launches of a step over the cache make it themselves. */
const COPYING = { name: 'copy-blocks', source: 'copy-blocks' }

/** Runs the launches on what the trial has written, and compares what they leave; the copies are on their way at once. */
async function result(gpu: Gpu, trial: Trial, launches: readonly Launch[], shape: StepShape): Promise<number> {
  const { MAP_READ, COPY_DST } = GPUBufferUsage
  const size = trial.reads.reduce((sum, read) => sum + read.size, 0)
  const staging = gpu.createBuffer('self-test readback', size, MAP_READ | COPY_DST)
  const encoder = gpu.device.createCommandEncoder({ label: 'self-test' })
  const pass = encoder.beginComputePass({ label: 'self-test' })
  encode(pass, launches, shape)
  pass.end()
  const places: [from: number, to: number][] = []
  for (const { buffer, offset, size } of trial.reads) {
    const from = places.at(-1)?.[1] ?? 0
    encoder.copyBufferToBuffer(buffer, offset, staging, from, size)
    places.push([from, from + size])
  }
  gpu.device.queue.submit([encoder.finish()])
  await gpu.wait(staging.mapAsync(GPUMapMode.READ))
  const all = staging.getMappedRange()
  return trial.error(places.map(([from, to]) => all.slice(from, to)))
}

/** Steps of all the kinds that launchers tell apart, small ones first. Their rows see up to `keys` keys. */
function batches(keys: number): Batch[] {
  const last = keys - 1
  const decode = (slot: number, position: number) => ({ slot, position: Math.min(position, last), draw: 0 })
  const few = [decode(0, last), decode(1, 5), decode(2, 20)]
  const tokens = Array.from({ length: Math.min(9, keys) }, (_, i) => i)
  const chunk = { slot: 0, start: keys - tokens.length, tokens, draw: 0, pool: 'sum' as const }
  return [
    ...few.map((_, i) => ({ decode: few.slice(0, i + 1), prefill: [] })),
    { decode: [], prefill: [chunk] },
    { decode: few.slice(1), prefill: [chunk] },
    ...[8, 16, 32, ROWS]
      .filter((rows) => rows <= SLOTS * keys)
      .map((rows) => ({
        decode: Array.from({ length: rows }, (_, i) => decode(i % SLOTS, Math.floor(i / SLOTS))),
        prefill: [],
      })),
  ]
}

function rowsOf({ decode, prefill }: Batch): Pick<Bench, 'rows' | 'outputs' | 'pools'> {
  const rows: BenchRow[] = decode.map(({ slot, position }) => ({ slot, position, token: undefined }))
  const outputs = rows.map((_, i) => i)
  const pools: Bench['pools'][number][] = []
  for (const { slot, start, tokens } of prefill) {
    pools.push({ slot, first: rows.length, count: tokens.length, added: start > 0 })
    for (let i = 0; i < tokens.length; i++) rows.push({ slot, position: start + i, token: tokens[i] })
    outputs.push(rows.length - 1)
  }
  return { rows, outputs, pools }
}

function activeKernels(launches: readonly Launch[], shape: StepShape): Kernel[] {
  return launches.filter(({ workgroups }) => workgroups(shape)?.every((n) => n !== 0)).map(({ kernel }) => kernel)
}

/** Launchers that note what they are asked for. */
function recorded(made: Made[]): Launchers {
  const note = <K extends keyof Launchers>(name: K): Launchers[K] => {
    type Op = Parameters<Launchers[K]>[1]
    const launch = launchers[name] as (gpu: Gpu, op: Op) => Launch | Launch[]
    const noting = (gpu: Gpu, op: Op) => {
      const result = launch(gpu, op)
      const ofOutputs = 'ofOutputs' in op && op.ofOutputs === true
      made.push({ launches: [result].flat(), ofOutputs, trial: (bench) => TRIALS[name](bench, op) })
      return result
    }
    return noting as Launchers[K]
  }
  return {
    embedding: note('embedding'),
    norm: note('norm'),
    matmul: note('matmul'),
    qkNorm: note('qkNorm'),
    ropeAppend: note('ropeAppend'),
    attention: note('attention'),
    route: note('route'),
    expertsGateUp: note('expertsGateUp'),
    expertsDown: note('expertsDown'),
    pool: note('pool'),
  }
}
