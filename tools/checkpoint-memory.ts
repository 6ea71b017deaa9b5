// What loading a large checkpoint takes in Node: writes a synthetic one of 2 GB (f16), loads its weights in a process of its
// own, and reports the peak of resident memory beside the bytes on the GPU and in the file. Fails where the CPU's share is
// more than 1.2 times the largest tensor and 64 MB. On a software adapter the GPU's bytes are resident too, and taken away;
// what the driver itself needs to compile kernels is not.
//
//   node tools/run.mjs tools/checkpoint-memory.ts [gigabytes, 2] [weights, q8]

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { softwareVulkan } from '../src/host/software-vulkan.ts'
import { parseConfig, readConfig } from '../src/model/config.ts'
import { describeModel } from '../src/model/registry.ts'
import { allRoles } from '../src/model/spec.ts'
import { openDevice } from '../src/webgpu/device.ts'
import { Gpu } from '../src/webgpu/gpu.ts'
import { loadWeights } from '../src/webgpu/model-weights.ts'
import { openCheckpoint } from '../src/weights/checkpoint.ts'
import type { WeightFormat } from '../src/weights/layouts.ts'
import { resolveModelFiles } from '../src/weights/source.ts'
import { tensorBytes } from '../src/weights/tensors.ts'

const MEGABYTE = 1e6
const LAYER_BYTES = 2 * (4 * 2048 ** 2 + 3 * 2048 * 8192)
const VOCABULARY = 32768

export async function main([gigabytes = '2', weights = 'q8', folder]: string[]): Promise<void> {
  if (folder) return load(folder, weights as WeightFormat)
  const place = mkdtempSync(join(tmpdir(), 'infetch-memory-'))
  try {
    write(place, Number(gigabytes) * 1e9)
    const script = ['--expose-gc', 'tools/run.mjs', 'tools/checkpoint-memory.ts', gigabytes, weights, place]
    const hasAdapter = process.env.VK_ICD_FILENAMES || process.env.INFETCH_VK_ICD
    const env = { ...process.env, ...(hasAdapter ? {} : await softwareVulkan()) }
    const [code] = await once(spawn(process.execPath, script, { stdio: 'inherit', env }), 'exit')
    process.exitCode = code as number
  } finally {
    rmSync(place, { recursive: true })
  }
}

/** Llama's tensors of as many layers as fit, one after the other; all of one block of values. */
function write(place: string, bytes: number): void {
  const config = {
    model_type: 'llama',
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: Math.round((bytes - VOCABULARY * 4096) / LAYER_BYTES),
    num_attention_heads: 16,
    num_key_value_heads: 16,
    vocab_size: VOCABULARY,
    tie_word_embeddings: true,
  }
  writeFileSync(join(place, 'config.json'), JSON.stringify(config))
  let end = 0
  const header = Object.fromEntries(
    allRoles(describeModel(parseConfig(config))).flatMap(({ names, rows, cols }) =>
      names.map((name, i) => {
        const shape = cols === undefined ? [rows[i]!] : [rows[i]!, cols]
        const start = end
        end += shape.reduce((product, n) => product * n, 2)
        return [name, { dtype: 'F16', shape, data_offsets: [start, end] }]
      }),
    ),
  )
  const text = new TextEncoder().encode(JSON.stringify(header))
  const file = openSync(join(place, 'model.safetensors'), 'w')
  writeSync(file, new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer))
  writeSync(file, text)
  // Halves from 1/8 to 1/4, of both signs.
  const block = Uint16Array.from({ length: 2 ** 22 }, (_, i) => (i & 1 ? 0xb000 : 0x3000) | ((i * 40503) & 0x3ff))
  for (let at = 0; at < end; at += block.byteLength) writeSync(file, block, 0, Math.min(block.byteLength, end - at))
  closeSync(file)
}

async function load(folder: string, format: WeightFormat): Promise<void> {
  const { device, adapter } = await openDevice()
  const gpu = new Gpu(device, { software: adapter.software })
  const files = resolveModelFiles(folder)
  const spec = describeModel(await readConfig(files))
  const checkpoint = await openCheckpoint(files)
  const tensors = [...checkpoint.tensors.values()]
  const largest = Math.max(...tensors.map(tensorBytes))
  const total = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0)
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let [peak, share, buffers] = [before, 0, 0]
  const sample = () => {
    const { rss, arrayBuffers } = process.memoryUsage()
    peak = Math.max(peak, rss)
    share = Math.max(share, rss - before - (adapter.software ? gpu.bytesInUse : 0))
    buffers = Math.max(buffers, arrayBuffers)
  }
  const timer = setInterval(sample, 20)
  const start = performance.now()
  await loadWeights(gpu, spec, checkpoint, { format, onProgress: sample })
  clearInterval(timer)
  const bound = 1.2 * largest + 64 * MEGABYTE
  const megabytes = (bytes: number) => `${(bytes / MEGABYTE).toFixed(0)} MB`
  console.log(`adapter: ${adapter.description || adapter.vendor}`)
  console.log(`file ${megabytes(total)} (f16), largest tensor ${megabytes(largest)}`)
  console.log(
    `on the GPU ${megabytes(gpu.bytesInUse)} (${format}), loaded in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  )
  console.log(
    `resident before ${megabytes(before)}, peak ${megabytes(peak)}${adapter.software ? ', the GPU’s bytes among it' : ''}`,
  )
  console.log(
    `the CPU’s share ${megabytes(share)} (${megabytes(buffers)} in array buffers), at most ${megabytes(bound)}`,
  )
  device.destroy()
  if (share > bound) process.exitCode = 1
}
