// Every launch of a model's steps alone: those that do the same for each layer are timed together, over all layers' own
// weights, so that no cache holds them. Held against the bandwidth that plain reading gets on this adapter.

import type { Batch } from '../src/engine/model-runner.ts'
import { GREEDY } from '../src/engine/sampling-params.ts'
import { type Bindable, encode, type Launch, type StepShape } from '../src/webgpu/gpu.ts'
import { KV_ELEMENT_BYTES } from '../src/webgpu/kv-cache.ts'
import { type WeightFormat, weightLayouts } from '../src/weights/layouts.ts'
import { measureBandwidth } from './bandwidth.ts'
import { EVERY_FEATURE } from './generation.ts'
import { type CpuClock, costOf, median, type Report, type Table } from './measure.ts'
import { type Bound, openRig, type Rig, type RigOptions } from './rig.ts'

export interface KernelsOptions extends RigOptions {
  /** Names of steps, see `steps`. */
  readonly steps: readonly string[]
}

interface Work {
  readonly bytes: number
  readonly flops: number
}

const CONTEXT = 2048 + 16
/** Seconds that a figure's samples should take together. */
const BUDGET = 0.4
const SAMPLES = 5

export async function benchKernels(options: KernelsOptions, cpu: CpuClock): Promise<Report> {
  const rig = await openRig(options, CONTEXT, cpu)
  const { gpu, adapter, runner } = rig
  const bandwidth = await measureBandwidth(gpu)
  for (let slot = 0; slot < 8; slot++) {
    const blocks = Array.from({ length: Math.ceil(CONTEXT / runner.blockSize) }, (_, i) => i + slot)
    runner.setBlocks(
      slot,
      0,
      blocks.map((block) => (block * 37) % runner.blockCount),
    )
  }
  const tables: Record<string, Table> = { adapter: { bandwidth: { 'GB/s': bandwidth / 1e9 } } }
  if (options.tune) tables['variants of products, one row'] = rig.tuning
  for (const name of options.steps) {
    const batch = stepNamed(name, runner.maxBatchTokens)
    const sampling = name.startsWith('sampled') ? EVERY_FEATURE : GREEDY
    for (let slot = 0; slot < 8; slot++) runner.openSlot(slot, sampling, [0], [])
    await runner.submit(batch)
    tables[name] = await timeStep(rig, batch, options.weights, bandwidth, cpu)
  }
  runner.close()
  gpu.device.destroy()
  return { title: `${options.shape} ${options.weights}: launches one by one`, adapter, tables }
}

/**
 * `decode 8 at 128`: eight rows with so many keys each; `sampled 8 at 128` likewise, with every sampling feature on.
 * `prefill 128 at 512`: a chunk, and the keys at its end.
 */
function stepNamed(name: string, most: number): Batch {
  const [kind, count, , keys] = name.split(' ')
  const n = Number(count)
  const end = Number(keys)
  if ((kind === 'decode' || kind === 'sampled') && n <= 8 && end <= CONTEXT)
    return { decode: Array.from({ length: n }, (_, slot) => ({ slot, position: end - 1, draw: 1 })), prefill: [] }
  if (kind === 'prefill' && n <= end && end <= CONTEXT) {
    const rows = Math.min(n, most)
    return { decode: [], prefill: [{ slot: 0, start: end - rows, tokens: new Uint32Array(rows), draw: 0 }] }
  }
  throw new Error(
    `Cannot time step: "decode 1 at 128", "sampled 1 at 128" or "prefill 128 at 128" up to ${CONTEXT}, received ${name}`,
  )
}

function shapeOf(batch: Batch): StepShape {
  const rows = batch.decode.length + batch.prefill.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const maxKeys = Math.max(0, ...batch.decode.map(({ position }) => position + 1))
  const decodeRows = batch.decode.length
  return { rows, decodeRows, outputs: decodeRows + batch.prefill.length, maxKeys, pools: 0 }
}

async function timeStep(
  rig: Rig,
  batch: Batch,
  format: WeightFormat,
  bandwidth: number,
  cpu: CpuClock,
): Promise<Table> {
  const shape = shapeOf(batch)
  const active = rig.gpu.bound.filter(({ launch }) => {
    const size = launch.workgroups(shape)
    return size?.every((n) => n !== 0) && !['convert-weights', 'copy-blocks'].includes(launch.kernel.name)
  })
  const table: Record<string, Record<string, number>> = {}
  const row = async (name: string, group: readonly Bound[], work: Work) => {
    const { milliseconds, cpuMilliseconds } = await time(
      rig,
      group.map(({ launch }) => launch),
      shape,
      cpu,
    )
    table[name] = {
      launches: group.length,
      ms: milliseconds,
      'CPU ms': cpuMilliseconds,
      ...(work.bytes && {
        'GB/s': work.bytes / milliseconds / 1e6,
        '% of bandwidth': (work.bytes / milliseconds / bandwidth) * 1e5,
      }),
      ...(work.flops && { 'GFLOP/s': work.flops / milliseconds / 1e6 }),
    }
  }
  const groups = new Map<string, Bound[]>()
  for (const bound of active) {
    const name = `${bound.launch.kernel.name} ${labelOf(bound.buffers)}`.trim()
    groups.set(name, [...(groups.get(name) ?? []), bound])
  }
  const all: Work[] = []
  for (const [name, group] of groups) {
    const works = group.map((bound) => workOf(rig, bound, batch, shape, format))
    all.push(sum(works))
    await row(name, group, all.at(-1)!)
  }
  await row('all in order', active, sum(all))
  return table
}

const labelOf = ({ data }: Readonly<Record<string, Bindable>>) => (data instanceof GPUBuffer ? data.label : '')

const sum = (works: readonly Work[]): Work => ({
  bytes: works.reduce((total, { bytes }) => total + bytes, 0),
  flops: works.reduce((total, { flops }) => total + flops, 0),
})

/** Of weights, keys and values; what activations take is left out. */
function workOf(rig: Rig, { launch, buffers }: Bound, batch: Batch, shape: StepShape, format: WeightFormat): Work {
  const { spec, plan } = rig
  const { name } = launch.kernel
  if (name.startsWith('matmul') || name.startsWith('matvec')) {
    const data = buffers.data as GPUBuffer
    const scales = buffers.scales as GPUBuffer | undefined
    const outer = data.label === 'head' || data.label === 'embedding'
    const held = outer && format === 'q4' ? 'q8' : format
    const weights = (data.size / weightLayouts[held].groupBytes) * 32
    return {
      bytes: data.size + (scales?.size ?? 0),
      flops: 2 * weights * (outer ? shape.outputs : rowsOf(name, shape)),
    }
  }
  if (name !== 'attention-decode' && name !== 'attention-prefill') return { bytes: 0, flops: 0 }
  const pairs =
    name === 'attention-decode'
      ? batch.decode.reduce((total, { position }) => total + position + 1, 0)
      : batch.prefill.reduce((total, { start, tokens: { length } }) => total + length * (start + (length + 1) / 2), 0)
  const keys =
    name === 'attention-decode'
      ? pairs
      : batch.prefill.reduce((total, { start, tokens }) => total + start + tokens.length, 0)
  const keyBytes = 2 * spec.kvHeads * spec.headDim * KV_ELEMENT_BYTES[plan.kvFormat]
  return { bytes: keys * keyBytes, flops: 4 * pairs * spec.heads * spec.headDim }
}

/** Of the kernels that share a step by kind of row. */
function rowsOf(name: string, { rows, decodeRows }: StepShape): number {
  if (name.startsWith('matvec')) return decodeRows
  return name.startsWith('matmul-tiled') ? rows - decodeRows : rows
}

/** Of all launches once, medians over submits that repeat them. */
async function time({ gpu }: Rig, launches: readonly Launch[], shape: StepShape, cpu: CpuClock) {
  const run = (repeats: number) =>
    costOf(cpu, async () => {
      const encoder = gpu.device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      for (let i = 0; i < repeats; i++) encode(pass, launches, shape)
      pass.end()
      gpu.device.queue.submit([encoder.finish()])
      await gpu.device.queue.onSubmittedWorkDone()
    })
  await run(1)
  const { seconds } = await run(1)
  const repeats = Math.min(50, Math.max(1, Math.round(BUDGET / SAMPLES / seconds)))
  const costs = []
  for (let i = 0; i < SAMPLES; i++) costs.push(await run(repeats))
  return {
    milliseconds: (median(costs.map(({ seconds }) => seconds)) / repeats) * 1000,
    cpuMilliseconds: (median(costs.map(({ cpuSeconds }) => cpuSeconds)) / repeats) * 1000,
  }
}
