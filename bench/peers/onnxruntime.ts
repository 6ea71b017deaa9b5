// onnxruntime-web's WebGPU backend as transformers.js drives it: keys and values stay on the GPU, logits come back for every
// token, the CPU picks the likeliest.

import { onnxModel } from './onnx-model.ts'
import { measure, type PeerFigures, type PeerOptions } from './peer.ts'

const DIST = '/bench/peers/node_modules/onnxruntime-web/dist/'

interface Tensor {
  readonly data: Float32Array
  dispose(): void
}
type TensorClass = new (type: string, data: ArrayBufferView, dims: readonly number[]) => Tensor
interface Session {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
}
interface OnnxRuntime {
  readonly env: { readonly wasm: { wasmPaths: string } }
  readonly Tensor: TensorClass
  readonly InferenceSession: { create(model: Uint8Array, options: unknown): Promise<Session> }
}

export async function measureOnnxRuntime(options: PeerOptions): Promise<PeerFigures> {
  const ort = (await import(/* @vite-ignore */ `${DIST}ort.webgpu.bundle.min.mjs`)) as OnnxRuntime
  ort.env.wasm.wasmPaths = DIST
  const { shape } = options
  const { num_hidden_layers: layers, num_key_value_heads: kvHeads, head_dim: dim } = shape
  const parts = Array.from({ length: layers }, (_, i) => [`${i}.key`, `${i}.value`]).flat()
  const session = await ort.InferenceSession.create(onnxModel(shape, 4096), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: Object.fromEntries(parts.map((part) => [`present.${part}`, 'gpu-buffer'])),
  })
  let salt = 0
  return measure(options, async (promptLength, maxTokens) => {
    salt++
    let ids = Array.from({ length: promptLength }, (_, i) => (i * 31 + salt * 977) % shape.vocab_size)
    let past = parts.map(() => new ort.Tensor('float32', new Float32Array(0), [1, kvHeads, 0, dim]))
    let total = 0
    const start = performance.now()
    const times: number[] = []
    while (times.length < maxTokens) {
      total += ids.length
      const results = await session.run({
        input_ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
        seqlens_k: new ort.Tensor('int32', Int32Array.of(total - 1), [1]),
        total_sequence_length: new ort.Tensor('int32', Int32Array.of(total), [1]),
        ...Object.fromEntries(parts.map((part, i) => [`past_key_values.${part}`, past[i]!])),
      })
      const logits = results.logits!.data
      ids = [logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))]
      for (const tensor of past) tensor.dispose()
      past = parts.map((part) => results[`present.${part}`]!)
      times.push(performance.now() - start)
    }
    for (const tensor of past) tensor.dispose()
    return times
  })
}
