// Models that cannot be loaded, through createEngine: the error names file and reason, and nothing stays on the GPU.

import { afterAll, describe, expect, it } from 'vitest'
import { createEngine } from '../src/index.ts'
import { encodeFloats } from './reference/floats.ts'
import { testGpu } from './support/device.ts'
import {
  encode,
  type Tensor,
  type TinyModel,
  tinyConfig,
  tinyLlama,
  tinyTensors,
  withHeader,
  writeSafetensors,
} from './support/tiny-llama.ts'

const { device } = await testGpu()
afterAll(() => device.destroy())

let live = 0
const createBuffer = device.createBuffer.bind(device)
device.createBuffer = (descriptor) => {
  const buffer = createBuffer(descriptor)
  const destroy = buffer.destroy.bind(buffer)
  live++
  buffer.destroy = () => {
    live--
    buffer.destroy = destroy
    return destroy()
  }
  return buffer
}

type Change = (model: TinyModel) => void
const weights =
  (edit: (tensors: Tensor[]) => Tensor[]): Change =>
  ({ bytes }) =>
    bytes.set('model.safetensors', writeSafetensors(edit(tinyTensors(tinyConfig, 1, 'F32'))))
const tensor = (name: string, change: Partial<Tensor>): Change =>
  weights((tensors) => tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor)))
const config =
  (keys: Record<string, unknown>): Change =>
  ({ bytes }) =>
    bytes.set('config.json', encode({ ...tinyConfig, ...keys }))
const norm = (value: number) => encodeFloats([...Array(63).fill(1), value], 'F32')
const matrix = (value: number) => encodeFloats([...Array(64 * 64 - 1).fill(0.1), value], 'F32')

const cases: [name: string, change: Change, reason: RegExp][] = [
  [
    'truncated safetensors',
    ({ bytes }) => bytes.set('model.safetensors', bytes.get('model.safetensors')!.slice(0, -1000)),
    /^Cannot load model\.safetensors: it is cut short/,
  ],
  [
    'a header that lies about its length',
    ({ bytes }) => bytes.set('model.safetensors', withHeader('{}', new Uint8Array(8), 2n ** 40n)),
    /^Cannot load model\.safetensors: its header must have at most/,
  ],
  [
    'a header that lies about sizes',
    tensor('model.norm.weight', { shape: [65] }),
    /^Cannot load model\.safetensors: tensor "model\.norm\.weight" of F32 \[65\] has 260 bytes, received offsets/,
  ],
  ['a missing tensor', weights((tensors) => tensors.slice(0, -1)), /it lacks the tensors model\.norm\.weight$/],
  [
    'a wrong dtype',
    tensor('model.norm.weight', { dtype: 'I32' }),
    /^Cannot load model\.safetensors: tensor model\.norm\.weight must be F32, F16, BF16, received I32/,
  ],
  [
    'a wrong shape',
    config({ intermediate_size: 128 }),
    /^Cannot load model\.safetensors: tensor .* must have shape \[128,64\] by config\.json, received \[96,64\]/,
  ],
  [
    'NaN in a matrix',
    tensor('model.layers.1.self_attn.o_proj.weight', { bytes: matrix(Number.NaN) }),
    /model\.layers\.1\.self_attn\.o_proj\.weight.*(NaN|finite)/,
  ],
  [
    'NaN in a vector',
    tensor('model.layers.0.input_layernorm.weight', { bytes: norm(Number.NaN) }),
    /model\.layers\.0\.input_layernorm\.weight.*(NaN|finite)/,
  ],
  [
    'infinity',
    tensor('model.norm.weight', { bytes: norm(Number.POSITIVE_INFINITY) }),
    /model\.norm\.weight.*(infinity|finite)/,
  ],
  [
    'impossible numbers',
    config({ num_attention_heads: -4 }),
    /^Cannot load config\.json: num_attention_heads must be a whole number from 1 to \d+, received -4/,
  ],
  [
    'an unknown architecture',
    config({ model_type: 'mamba' }),
    /^Cannot load config\.json: model_type must be one of llama.*, received "mamba"/,
  ],
  [
    'a config that is no JSON',
    ({ bytes }) => bytes.set('config.json', new Uint8Array([123])),
    /^Cannot load config\.json: it is not valid JSON/,
  ],
  ['a tokenizer that is none', ({ bytes }) => bytes.set('tokenizer.json', encode({ model: 7 })), /tokenizer/],
  ['no config', ({ bytes }) => bytes.delete('config.json'), /^Cannot load config\.json: tiny-llama has no such file/],
  [
    'no weights',
    ({ bytes }) => bytes.delete('model.safetensors'),
    /^Cannot load model\.safetensors: tiny-llama has neither it nor model\.safetensors\.index\.json/,
  ],
]

describe('createEngine refuses', () => {
  it.each(cases)('%s', async (_, change, reason) => {
    const model = tinyLlama()
    change(model)
    const error = await createEngine({ model, device, maxSequences: 2 }).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(reason)
    expect(live).toBe(0)
  })

  it('a good model when aborted, at any stage', async () => {
    for (const phase of ['upload', 'compile']) {
      const controller = new AbortController()
      const onProgress = (progress: { phase: string }) =>
        progress.phase === phase && controller.abort(new Error('enough'))
      await expect(
        createEngine({ model: tinyLlama(), device, maxSequences: 2, onProgress, signal: controller.signal }),
      ).rejects.toThrow('enough')
      expect(live).toBe(0)
    }
  })
})

it('a good model beside a bad one leaves nothing, and closing frees everything', async () => {
  const bad = tinyLlama()
  bad.bytes.delete('config.json')
  await expect(createEngine({ model: { good: tinyLlama(), bad }, device, maxSequences: 2 })).rejects.toThrow(
    'config.json',
  )
  expect(live).toBe(0)
  const engine = await createEngine({ model: tinyLlama(), device, maxSequences: 2 })
  expect(live).toBeGreaterThan(0)
  expect(engine.info.bytesInUse).toBeGreaterThan(100_000)
  await engine.close()
  expect(engine.info.bytesInUse).toBe(0)
  expect(live).toBe(0)
})
