// What loading a large checkpoint takes in Node: writes a synthetic one, loads its weights in a process of its own, and
// reports what is resident beside the bytes on the GPU and in the file. Fails where the CPU's share is more than 1.2 times
// the largest tensor, as it is stored, and 64 MB.
//
//   node tools/run.mjs tools/checkpoint-memory.ts [f16|mlx|gptq|q4_k|q8_0, f16] [gigabytes, 2] [f32|f16|q8|q4, q8]
//
// The share is what the load takes beyond what is resident when the kernels are compiled: what the driver needs for that
// (LLVM, in a software adapter) is no matter of the file. On a software adapter the buffers of the GPU are resident too, and
// taken away. Where these are shared memory (lavapipe), what is not shared counts where it is more: a buffer that is not
// filled yet must not hide anything.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { softwareVulkan } from '../src/host/software-vulkan.ts'
import { readConfig } from '../src/model/config.ts'
import { describeModel } from '../src/model/registry.ts'
import { openDevice } from '../src/webgpu/device.ts'
import { Gpu } from '../src/webgpu/gpu.ts'
import type { FloatDtype } from '../src/webgpu/launchers/convert-weights.ts'
import { loadWeights, outerFormat } from '../src/webgpu/model-weights.ts'
import { WeightUpload } from '../src/webgpu/weight-upload.ts'
import { type Checkpoint, openCheckpoint } from '../src/weights/checkpoint.ts'
import { type WeightFormat, weightLayouts } from '../src/weights/layouts.ts'
import { resolveModelFiles } from '../src/weights/source.ts'
import { forms, type Plan, planCheckpoint, writeCheckpoint } from './synthetic-checkpoint.ts'

const MEGABYTE = 1e6
/** Compiles a kernel. */
const ROWS = 8
const STATUS = '/proc/self/status'

export async function main([form = 'f16', gigabytes = '2', weights = 'q8', path]: string[]): Promise<void> {
  if (!forms.includes(form) || !(weights in weightLayouts) || !(Number(gigabytes) > 0))
    throw new Error(
      `Cannot measure: form must be of ${forms.join(', ')}, gigabytes a number, weights of ${Object.keys(weightLayouts).join(', ')}, received ${form} ${gigabytes} ${weights}`,
    )
  const plan = planCheckpoint(form, Number(gigabytes) * 1e9)
  if (path) return load(path, plan, weights as WeightFormat)
  const folder = mkdtempSync(join(tmpdir(), 'infetch-memory-'))
  try {
    const model = writeCheckpoint(folder, plan)
    const script = ['--expose-gc', 'tools/run.mjs', 'tools/checkpoint-memory.ts', form, gigabytes, weights, model]
    const env = { ...process.env, ...(await softwareVulkan()) }
    const [code] = await once(spawn(process.execPath, script, { stdio: 'inherit', env }), 'exit')
    process.exitCode = code as number
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Bytes. */
interface Row {
  readonly resident: number
  /** Of buffers on a software adapter. */
  readonly gpu: number
  readonly heap: number
  readonly buffers: number
}

async function load(path: string, plan: Plan, format: WeightFormat): Promise<void> {
  const { device, adapter } = await openDevice()
  const gpu = new Gpu(device, { software: adapter.software })
  const files = resolveModelFiles(path)
  const spec = describeModel(await readConfig(files))
  const checkpoint = await openCheckpoint(files)
  const sample = (): Row => {
    const { rss, heapTotal, arrayBuffers } = process.memoryUsage()
    const inUse = adapter.software ? gpu.bytesInUse : 0
    return { resident: rss, gpu: Math.min(inUse, sharedMemory() || inUse), heap: heapTotal, buffers: arrayBuffers }
  }
  const open = await atRest(sample)
  await compile(gpu, checkpoint, format)
  const compiled = await atRest(sample)
  let peak = compiled
  let most: Pick<Row, 'heap' | 'buffers'> = compiled
  const watch = () => {
    const now = sample()
    if (shareOf(now) > shareOf(peak)) peak = now
    most = { heap: Math.max(most.heap, now.heap), buffers: Math.max(most.buffers, now.buffers) }
  }
  const timer = setInterval(watch, 20)
  const start = performance.now()
  const cpu = process.cpuUsage()
  await loadWeights(gpu, spec, checkpoint, { format, onProgress: watch })
  clearInterval(timer)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const loaded = await atRest(sample)
  const sizes = plan.tensors.map(({ bytes }) => bytes.length)
  const largest = Math.max(...sizes)
  const bound = 1.2 * largest + 64 * MEGABYTE
  const share = shareOf(peak) - shareOf(compiled)
  const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(0)} MB`
  const line = (label: string, cells: string[]) => label.padEnd(24) + cells.map((cell) => cell.padStart(14)).join('')
  const row = (label: string, { resident, gpu, heap, buffers }: Row) =>
    line(label, [resident, gpu, heap, buffers, resident - gpu - heap - buffers].map(megabytes))
  console.log(`adapter: ${adapter.description || adapter.vendor}`)
  console.log(`file ${megabytes(sizes.reduce((a, b) => a + b))} (${plan.form}), largest tensor ${megabytes(largest)}`)
  console.log(
    `on the GPU ${megabytes(gpu.bytesInUse)} (${format}), loaded in ${seconds.toFixed(1)} s, CPU time ${((user + system) / 1e6).toFixed(1)} s`,
  )
  console.log(line('', ['resident', 'GPU’s', 'JS heap', 'array buffers', 'other']))
  console.log(row('device and file open', open))
  console.log(row('kernels compiled', compiled))
  console.log(row('peak', peak))
  console.log(row('loaded', loaded))
  console.log(`most at any time: JS heap ${megabytes(most.heap)}, array buffers ${megabytes(most.buffers)}`)
  console.log(
    `the CPU’s share ${megabytes(share)}, at most ${megabytes(bound)} (with the driver’s compiling ${megabytes(shareOf(peak) - shareOf(open))})`,
  )
  device.destroy()
  if (share > bound) process.exitCode = 1
}

const shareOf = ({ resident, gpu }: Row) => resident - gpu

/** Resident pages that are shared memory; 0 where the system does not tell. */
function sharedMemory(): number {
  const [, kilobytes = 0] = /^RssShmem:\s+(\d+) kB$/m.exec(existsSync(STATUS) ? readFileSync(STATUS, 'utf8') : '') ?? []
  return Number(kilobytes) * 1024
}

/** When garbage is collected, and what drivers give back late is back. */
async function atRest(sample: () => Row): Promise<Row> {
  let now = sample()
  for (let quiet = 0; quiet < 5; ) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const next = sample()
    quiet = next.resident < now.resident - MEGABYTE ? 0 : quiet + 1
    now = next
  }
  return now
}

/** Loads a few rows of each width in each format that the load will use. */
async function compile(gpu: Gpu, checkpoint: Checkpoint, format: WeightFormat): Promise<void> {
  await gpu.temporarily(async () => {
    const upload = new WeightUpload(gpu)
    const widths = new Map(
      [...checkpoint.tensors.values()].map((tensor) => [
        `${tensor.shape[1]} ${tensor.dtype} ${tensor.gridTop}`,
        tensor,
      ]),
    )
    for (const { name, dtype, shape, gridTop } of widths.values()) {
      const cols = shape[1]
      if (cols === undefined) continue
      for (const each of new Set([format, outerFormat(format)]))
        await upload.matrix(name, each, [
          {
            name,
            dtype: dtype.toLowerCase() as FloatDtype,
            rows: ROWS,
            cols,
            gridTop,
            read: (first, rows, memory) => checkpoint.read(name, first, rows, memory),
          },
        ])
    }
    await upload.finish()
  })
}
