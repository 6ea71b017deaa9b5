// createEngine on good and bad models: what it says, what it leaves allocated.

import { afterEach, describe, expect, it } from 'vitest'
import { createEngine, type EngineOptions } from '../src/index.ts'
import { testGpu } from './support/device.ts'
import {
  encode,
  type TinyModel,
  tinyConfig,
  tinyLlama,
  tinyTensors,
  withHeader,
  writeSafetensors,
} from './support/tiny-llama.ts'

const WEIGHTS = 'model.safetensors'

/** A device whose live buffers are counted from outside. */
async function countingDevice(): Promise<{ device: GPUDevice; live: Set<GPUBuffer> }> {
  const { device } = await testGpu()
  const live = new Set<GPUBuffer>()
  const create = device.createBuffer.bind(device)
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor)
    const destroy = buffer.destroy.bind(buffer)
    live.add(buffer)
    buffer.destroy = () => {
      live.delete(buffer)
      return destroy()
    }
    return buffer
  }
  return { device, live }
}

const { device, live } = await countingDevice()
afterEach(() => expect(live.size).toBe(0))

const open = (model: EngineOptions['model'], options: EngineOptions = {}) => createEngine({ device, model, ...options })

function changed(change: (model: TinyModel) => void, config = {}): TinyModel {
  const model = tinyLlama({ config })
  change(model)
  return model
}

const config = (keys: Record<string, unknown>) =>
  changed(({ bytes }) => bytes.set('config.json', encode({ ...tinyConfig, ...keys })))

describe('createEngine', () => {
  it('frees everything on close', async () => {
    const engine = await open(tinyLlama())
    expect(engine.info.bytesInUse).toBeGreaterThan(0)
    expect(live.size).toBeGreaterThan(0)
    await engine.close()
    expect(engine.info.bytesInUse).toBe(0)
    const late = await engine.fetch('/v1/models')
    expect(late.status).toBe(500)
  })

  it('serves several models, under names given', async () => {
    const engine = await open({ one: tinyLlama(), two: tinyLlama({ seed: 2 }) })
    expect(engine.models.map(({ id }) => id)).toEqual(['one', 'two'])
    for (const model of ['one', 'two']) {
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'a' }], max_tokens: 2 })
      expect((await engine.fetch('/v1/chat/completions', { method: 'POST', body })).status).toBe(200)
    }
    await engine.close()
  })

  it('tells its progress', async () => {
    const phases: string[] = []
    const engine = await open(tinyLlama({ seed: 3, config: { hidden_size: 96 } }), {
      onProgress: ({ phase }) => phases.push(phase),
    })
    expect(phases).toContain('upload')
    expect(phases).toContain('compile')
    await engine.close()
  })

  it('stops loading when told', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const loading = open(tinyLlama(), { signal: stop.signal, onProgress: () => stop.abort(reason) })
    await expect(loading).rejects.toBe(reason)
  })

  it('a lost device ends requests with an error', async () => {
    const own = await countingDevice()
    const engine = await createEngine({ device: own.device, model: tinyLlama() })
    const body = JSON.stringify({
      model: 'tiny-llama',
      messages: [{ role: 'user', content: 'a' }],
      max_tokens: 200,
      stream: true,
    })
    const response = await engine.fetch('/v1/chat/completions', { method: 'POST', body })
    own.device.destroy()
    const text = await response.text()
    expect(text).toMatch(/"error"|finish_reason":"(stop|length)/)
    const later = await engine.fetch('/v1/chat/completions', { method: 'POST', body })
    expect(later.status).toBeGreaterThanOrEqual(500)
    await engine.close()
  })

  const bad: [name: string, model: TinyModel, says: RegExp][] = [
    [
      'truncated weights',
      changed(({ bytes }) => bytes.set(WEIGHTS, bytes.get(WEIGHTS)!.slice(0, -5000))),
      /model\.safetensors/,
    ],
    [
      'a header that is longer than the file',
      changed(({ bytes }) => bytes.set(WEIGHTS, withHeader('{}', new Uint8Array(8), 2n ** 40n))),
      /model\.safetensors/,
    ],
    ['no weights', changed(({ bytes }) => bytes.delete(WEIGHTS)), /model\.safetensors/],
    [
      'a missing tensor',
      changed(({ bytes }) => bytes.set(WEIGHTS, writeSafetensors(tinyTensors(tinyConfig, 1, 'F32').slice(1)))),
      /model\.embed_tokens\.weight|lacks/,
    ],
    [
      'a wrong dtype',
      changed(({ bytes }) =>
        bytes.set(
          WEIGHTS,
          writeSafetensors(tinyTensors(tinyConfig, 1, 'F32').map((t, i) => (i === 3 ? { ...t, dtype: 'I32' } : t))),
        ),
      ),
      /I32/,
    ],
    ['NaN among the weights', changed(({ bytes }) => bytes.get(WEIGHTS)!.fill(255, -400)), /not finite/],
    ['no config', changed(({ bytes }) => bytes.delete('config.json')), /config\.json/],
    [
      'a config that is no JSON',
      changed(({ bytes }) => bytes.set('config.json', new TextEncoder().encode('{"model'))),
      /config\.json.*JSON/,
    ],
    ['a negative size', config({ hidden_size: -64 }), /config\.json.*hidden_size/],
    ['heads that do not divide', config({ num_key_value_heads: 3 }), /num_key_value_heads/],
    ['an unknown architecture', config({ model_type: 'mamba' }), /model_type.*mamba/],
    ['an unknown rope type', config({ rope_scaling: { rope_type: 'spiral', factor: 2 } }), /spiral/],
    ['a size that is not the tensors’', config({ hidden_size: 128, head_dim: 32 }), /shape/],
    [
      'a tokenizer that is none',
      changed(({ bytes }) => bytes.set('tokenizer.json', encode({ hello: 1 }))),
      /tokenizer\.json/,
    ],
    [
      'a chat template that does not parse',
      changed(({ bytes }) => bytes.set('chat_template.jinja', new TextEncoder().encode('{% for %}'))),
      /template/,
    ],
  ]
  for (const [name, model, says] of bad)
    it(`refuses ${name}`, async () => {
      await expect(open(model)).rejects.toThrow(says)
    })

  it('refuses options out of range', async () => {
    await expect(open(tinyLlama(), { contextLength: 100_000 })).rejects.toThrow(/contextLength.*256.*100000/)
    await expect(open(tinyLlama(), { kvCacheBytes: 10 })).rejects.toThrow(/kvCacheBytes/)
    await expect(open(tinyLlama(), { weights: 'q2' as 'q4' })).rejects.toThrow(/weights.*q2/)
    await expect(open(tinyLlama(), { backend: 'cuda' as 'auto' })).rejects.toThrow(/backend.*cuda/)
  })

  it('serves a model without a tokenizer, and says what chat lacks', async () => {
    const engine = await open(changed(({ bytes }) => bytes.delete('tokenizer.json')))
    const body = JSON.stringify({ model: 'tiny-llama', messages: [{ role: 'user', content: 'a' }] })
    const response = await engine.fetch('/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toMatch(/tokenizer/)
    await engine.close()
  })
})
