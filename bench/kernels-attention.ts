// Times rope-append and attention alone at a model's shape: milliseconds a launch, and to compile each kernel. The cache
// holds zeros: speed does not depend on values.
// node tools/run.mjs bench/kernels-attention.ts --heads 9 --kv-heads 3 --head-dim 64 --format f16 --software --only decode

import { parseArgs } from 'node:util'
import { encode, Gpu, type Launch, type StepShape } from '../src/webgpu/gpu.ts'
import { KvCache, type KvFormat } from '../src/webgpu/kv-cache.ts'
import { attention, partialsBytes } from '../src/webgpu/launchers/attention.ts'
import { ropeAppend, ropeTable } from '../src/webgpu/launchers/rope-append.ts'
import { testGpu } from '../test/support/device.ts'

export async function main(rest: string[]) {
  const { values: args } = parseArgs({
    args: rest,
    options: {
      heads: { type: 'string', default: '9' },
      'kv-heads': { type: 'string', default: '3' },
      'head-dim': { type: 'string', default: '64' },
      format: { type: 'string', default: 'f32' },
      software: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  })
  const [heads, kvHeads, headDim] = [Number(args.heads), Number(args['kv-heads']), Number(args['head-dim'])]
  const format = args.format as KvFormat

  const CONTEXT = 2048
  const { device } = await testGpu()
  const gpu = new Gpu(device, { software: args.software })
  const shape = { layers: 1, kvHeads, headDim, format, maxSequences: 8 }
  const cache = new KvCache(gpu, { ...shape, blockCount: (8 * CONTEXT) / 16, maxBlocksPerSequence: CONTEXT / 16 })
  for (let slot = 0; slot < 8; slot++)
    cache.setBlocks(
      slot,
      0,
      Array.from({ length: CONTEXT / 16 }, (_, i) => ((slot * CONTEXT) / 16 + i * 37) % cache.blockCount),
    )
  const buffers = {
    rows: gpu.createBuffer('rows', CONTEXT * 16),
    q: gpu.createBuffer('q', CONTEXT * heads * headDim * 4),
  }
  const step = gpu.createBuffer('step', 16)
  const invFreq = Array.from({ length: headDim / 2 }, (_, i) => 10000 ** ((-2 * i) / headDim))
  const rope = ropeAppend(gpu, {
    ...buffers,
    cache,
    layer: 0,
    heads,
    rotaryDim: headDim,
    rope: gpu.createBufferWith('rope', ropeTable(invFreq, CONTEXT)),
    qkv: gpu.createBuffer('qkv', CONTEXT * (heads + 2 * kvHeads) * headDim * 4),
  })
  const attend = attention(gpu, {
    ...buffers,
    cache,
    layer: 0,
    heads,
    scale: headDim ** -0.5,
    step,
    partials: gpu.createBuffer('partials', partialsBytes(cache, heads, 8)),
    out: gpu.createBuffer('out', CONTEXT * Math.ceil((heads * headDim) / 32) * 32 * 4),
  })

  /** Median milliseconds of a launch, many in one submit: of the wall clock, and of all CPUs (software adapters). */
  async function time(launches: readonly Launch[], shape: StepShape, repeat: number) {
    const wall: number[] = []
    const cpu: number[] = []
    for (let n = 0; n < 5; n++) {
      const encoder = gpu.device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      for (let i = 0; i < repeat; i++) encode(pass, launches, shape)
      pass.end()
      const start = performance.now()
      const before = process.cpuUsage()
      gpu.device.queue.submit([encoder.finish()])
      await gpu.device.queue.onSubmittedWorkDone()
      wall.push((performance.now() - start) / repeat)
      const { user, system } = process.cpuUsage(before)
      cpu.push((user + system) / 1000 / repeat)
    }
    const median = (times: number[]) =>
      times
        .sort((a, b) => a - b)[2]!
        .toFixed(3)
        .padStart(9)
    return `${median(wall)} ms ${median(cpu)} CPU-ms`
  }

  /** A step of decode rows at the end of `keys` keys each, and a chunk of prefill that ends at `end`. */
  function stepOf(decodeRows: number, keys: number, chunk: number, end: number): StepShape {
    const rows = [
      ...Array.from({ length: decodeRows }, (_, slot) => [slot, keys - 1, 0, 0]),
      ...Array.from({ length: chunk }, (_, i) => [decodeRows, end - chunk + i, 0, 0]),
    ]
    gpu.device.queue.writeBuffer(buffers.rows, 0, Uint32Array.from(rows.flat()))
    gpu.device.queue.writeBuffer(step, 0, Uint32Array.of(rows.length, decodeRows, 0, keys))
    return { rows: rows.length, decodeRows, outputs: 0, maxKeys: keys, pools: 0 }
  }

  console.log(`${heads} heads on ${kvHeads} of ${headDim}, ${format}; the first time compiles`)
  const cases: [name: string, launches: readonly Launch[], shape: () => StepShape, repeat: number][] = [
    ['rope 1', [rope], () => stepOf(1, 128, 0, 0), 50],
    ['rope 512', [rope], () => stepOf(0, 0, 512, 512), 10],
    ['decode 1 × 128', attend, () => stepOf(1, 128, 0, 0), 50],
    ['decode 1 × 2048', attend, () => stepOf(1, 2048, 0, 0), 20],
    ['decode 8 × 2048', attend, () => stepOf(8, 2048, 0, 0), 5],
    ['prefill 16 at 2048', attend, () => stepOf(0, 0, 16, 2048), 3],
    ['prefill 128', attend, () => stepOf(0, 0, 128, 128), 3],
    ['prefill 512', attend, () => stepOf(0, 0, 512, 512), 1],
    ['prefill 512 at 2048', attend, () => stepOf(0, 0, 512, 2048), 1],
  ]
  await gpu.ready()
  for (const [name, launches, shape, repeat] of cases.filter(([name]) => name.includes(args.only))) {
    const step = shape()
    const start = performance.now()
    await time(launches, step, 1)
    const first = performance.now() - start
    console.log(`${name.padEnd(20)} ${await time(launches, step, repeat)}   first five ${first.toFixed(0)} ms`)
  }
  gpu.device.destroy()
}
