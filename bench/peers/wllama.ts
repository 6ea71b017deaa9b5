// wllama: llama.cpp's WebGPU backend, compiled to WebAssembly, all layers on the GPU.

import { ggufModel } from './gguf-model.ts'
import { measure, type PeerFigures, type PeerOptions } from './peer.ts'

const ESM = '/bench/peers/node_modules/@wllama/wllama/esm/'

interface Wllama {
  isSupportWebGPU(): boolean
  loadModel(blobs: readonly Blob[], params: unknown): Promise<void>
  createCompletion(options: unknown): Promise<AsyncIterable<unknown>>
}

export async function measureWllama(options: PeerOptions): Promise<PeerFigures> {
  const { Wllama } = (await import(/* @vite-ignore */ `${ESM}index.js`)) as {
    Wllama: new (paths: unknown, config: unknown) => Wllama
  }
  let onGpu = false
  const heard = (...words: readonly unknown[]) => {
    onGpu ||= /WebGPU.* buffer size/i.test(words.join(' '))
  }
  const logger = { debug: heard, log: heard, warn: heard, error: heard }
  const wllama = new Wllama({ default: `${ESM}wasm/wllama.wasm` }, { logger })
  if (!wllama.isSupportWebGPU()) throw new Error('Cannot bench wllama: it finds no WebGPU here')
  await wllama.loadModel([ggufModel(options.shape, 4096)], { n_ctx: 2048, n_batch: 512, n_gpu_layers: 99999 })
  if (!onGpu)
    throw new Error('Cannot bench wllama: its backend takes no adapter without shader-f16, and runs on the CPU here')
  let salt = 0
  return measure(options, async (promptLength, maxTokens) => {
    salt++
    // A letter is a token; "ab" would be one too.
    const letters = Array.from({ length: promptLength }, (_, i) => 'cdefghijklmnopqrstuvwxyz'[(i * 7 + salt * 5) % 24])
    const start = performance.now()
    const times: number[] = []
    const stream = await wllama.createCompletion({
      prompt: letters.join(''),
      max_tokens: maxTokens,
      temperature: 0,
      cache_prompt: false,
      stream: true,
    })
    for await (const _ of stream) times.push(performance.now() - start)
    return times.slice(0, maxTokens)
  })
}
