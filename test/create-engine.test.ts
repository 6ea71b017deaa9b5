// createEngine on models that load: what it serves, what it tells, what it leaves allocated.

import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { createEngine, type EngineOptions, type LoadProgress } from '../src/index.ts'
import { testGpu } from './support/device.ts'
import { fileServer } from './support/file-server.ts'
import { memoryStore } from './support/memory-store.ts'
import { encode, type TinyModel, tinyConfig, tinyLlama, tinyTensors, writeSafetensors } from './support/tiny-llama.ts'

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

describe('createEngine', () => {
  it('frees everything on close', async () => {
    const engine = await open(tinyLlama())
    expect(engine.info.bytesInUse).toBeGreaterThan(0)
    const { selfTest } = engine.info.models[0]!
    expect(selfTest!.replaced).toEqual([])
    expect(selfTest!.checked).toBeGreaterThan(20)
    expect(live.size).toBeGreaterThan(0)
    await engine.close()
    expect(engine.info.bytesInUse).toBe(0)
    const late = await engine.fetch('/v1/models')
    expect(late.status).toBe(500)
  })

  it('asks for all kernels before it reads weights, so that they are compiled meanwhile', async () => {
    const compile = device.createComputePipelineAsync
    /** Kernels asked for once weights were being read. */
    const latecomers = async (options: EngineOptions) => {
      const asked: Record<'early' | 'late', string[]> = { early: [], late: [] }
      let when: keyof typeof asked = 'early'
      device.createComputePipelineAsync = (descriptor) => {
        asked[when].push(descriptor.label!)
        return compile.call(device, descriptor)
      }
      const onProgress = ({ phase }: LoadProgress) => {
        if (phase === 'upload') when = 'late'
      }
      await (await open(tinyLlama(), { ...options, onProgress })).close()
      expect(when).toBe('late')
      expect(asked.early.length).toBeGreaterThan(20)
      return asked.late
    }
    try {
      expect(await latecomers({ weights: 'q8', kvCache: 'f16' })).toEqual([])
      expect(await latecomers({ autotune: true, store: false })).not.toEqual([]) // candidates
    } finally {
      device.createComputePipelineAsync = compile
    }
  })

  it('is right on a driver that gets kernels wrong, and tells what it replaced', async () => {
    const answers = async () => {
      const engine = await open(tinyLlama())
      const ask = { model: 'tiny-llama', prompt: [5, 6, 7], temperature: 0, max_tokens: 12, return_token_ids: true }
      const tokens = []
      for (const constraint of [{}, { guided_regex: '[a-e]{3}(x|y){9}' }]) {
        const body = JSON.stringify({ ...ask, ...constraint })
        const { choices } = await (await engine.fetch('/v1/completions', { method: 'POST', body })).json()
        tokens.push(choices[0].token_ids)
      }
      const [{ selfTest, engine: figures }] = engine.info.models as [(typeof engine.info.models)[0]]
      await engine.close()
      return { tokens, replaced: selfTest!.replaced.map(({ kernel }) => kernel), constrained: figures.constrained }
    }
    const right = await answers()
    expect(right).toMatchObject({ replaced: [], constrained: { byRunner: 1, byMask: 0 } })
    const create = device.createShaderModule
    device.createShaderModule = ({ label, code }) => {
      const safe = /const WIDTH: u32 = (1|8)u;/.test(code)
      const scaled = label === 'attention-prefill' && !safe ? code.replace(/SCALE: f32 = /, '$&1.01 * ') : code
      return create.call(device, { label, code: scaled.replace('noted_count == PUSHES', 'true') })
    }
    try {
      const { tokens, replaced, constrained } = await answers()
      expect(tokens).toEqual(right.tokens)
      expect(replaced).toEqual(expect.arrayContaining(['attention-prefill', 'constraint-mask', 'constraint-advance']))
      expect(constrained).toEqual({ byRunner: 0, byMask: 1 })
    } finally {
      device.createShaderModule = create
    }
  })

  it('serves several models, under names given', async () => {
    const engine = await open({ one: tinyLlama(), two: tinyLlama({ seed: 2 }) }, { selfTest: false })
    expect(engine.info.models[0]!.selfTest).toBe(undefined)
    expect(engine.models.map(({ id }) => id)).toEqual(['one', 'two'])
    for (const model of ['one', 'two']) {
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'a' }], max_tokens: 2 })
      expect((await engine.fetch('/v1/chat/completions', { method: 'POST', body })).status).toBe(200)
    }
    await engine.close()
  })

  it('rounds activations to bytes where that is asked', async () => {
    const engine = await open(tinyLlama(), { weights: 'q4', activations: 'q8' })
    const { activations, kernels, selfTest } = engine.info.models[0]!
    expect(activations).toBe('q8')
    expect(kernels).toContain('quantize-bytes')
    expect(selfTest!.replaced).toEqual([])
    await engine.close()
    await expect(open(tinyLlama(), { weights: 'f16', activations: 'q8' })).rejects.toThrow(
      /activations q8.*received.*f16/,
    )
    await expect(open(tinyLlama(), { activations: 'q4' as 'q8' })).rejects.toThrow(/activations.*q4/)
  })

  it('tells its progress in one kind of event, from the first byte to the last kernel', async () => {
    const { bytes } = tinyLlama({ seed: 3, config: { hidden_size: 96 } })
    const digest = (name: string) => createHash('sha256').update(bytes.get(name)!).digest('hex')
    const server = await fileServer(bytes)
    server.misbehave = (path) => {
      const name = path.split('/').at(-1)!
      return bytes.has(name) ? { headers: { 'x-linked-etag': `"${digest(name)}"` } } : {}
    }
    const events: LoadProgress[] = []
    const options = { store: memoryStore(), onProgress: (event: LoadProgress) => events.push(event) }
    const engine = await open(`${server.url}/tiny`, options)
    await server.close()
    expect([...new Set(events.map(({ phase }) => phase))]).toEqual(['download', 'verify', 'upload', 'compile'])
    const size = bytes.get('model.safetensors')!.length
    for (const phase of ['download', 'verify'])
      expect(events.findLast((event) => event.phase === phase && event.file === 'model.safetensors')).toMatchObject({
        loaded: size,
        total: size,
        bytesPerSecond: expect.any(Number),
        secondsLeft: 0,
      })
    for (const phase of ['upload', 'compile']) {
      const { loaded, total } = events.findLast((event) => event.phase === phase)!
      expect(loaded).toBe(total)
    }
    await engine.close()
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

  it('refuses options out of range', async () => {
    await expect(open(tinyLlama(), { contextLength: 100_000 })).rejects.toThrow(/contextLength.*256.*100000/)
    await expect(open(tinyLlama(), { kvCacheBytes: 10 })).rejects.toThrow(/kvCacheBytes/)
    await expect(open(tinyLlama(), { weights: 'q2' as 'q4' })).rejects.toThrow(/weights.*q2/)
    await expect(open(tinyLlama(), { backend: 'cuda' as 'auto' })).rejects.toThrow(/backend.*cuda/)
  })

  it('embeds with a model saved without its head, pooled as its folder says', async () => {
    const bare = changed(({ bytes }) => {
      const tensors = tinyTensors(tinyConfig, 1, 'F32')
      const names = tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(/^model\./, '') }))
      bytes.set('model.safetensors', writeSafetensors(names))
      bytes.set('modules.json', encode([{ type: 'sentence_transformers.models.Pooling', path: '1_Pooling' }]))
      bytes.set('1_Pooling/config.json', encode({ pooling_mode_lasttoken: true }))
    })
    const engine = await open({ mean: tinyLlama(), last: bare })
    const embed = async (model: string, input: number[]) => {
      const body = JSON.stringify({ model, input })
      const { data } = await (await engine.fetch('/v1/embeddings', { method: 'POST', body })).json()
      return data[0].embedding as number[]
    }
    expect(await embed('last', [5])).toEqual(await embed('mean', [5]))
    const [last, mean] = [await embed('last', [9, 5, 7]), await embed('mean', [9, 5, 7])]
    expect(last.length).toBe(64)
    expect(last.reduce((dot, x, i) => dot + x * mean[i]!, 0)).toBeLessThan(0.99)
    await engine.close()
  })

  it('serves a model without a tokenizer, and says what chat lacks', async () => {
    const engine = await open(changed(({ bytes }) => bytes.delete('tokenizer.json')))
    const body = JSON.stringify({ model: 'tiny-llama', messages: [{ role: 'user', content: 'a' }] })
    const response = await engine.fetch('/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect((await response.json()).error.message).toMatch(/tokenizer/)
    const ids = JSON.stringify({ model: 'tiny-llama', prompt: [5, 6], max_tokens: 3, return_token_ids: true })
    const completion = await engine.fetch('/v1/completions', { method: 'POST', body: ids })
    expect((await completion.json()).choices[0].token_ids.length).toBe(3)
    await engine.close()
  })
})
