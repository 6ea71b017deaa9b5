// The real openai package on the embedded model, in Firefox (test/sdk has all clients in Chromium and Node): create, stream, abort,
// errors, and that nothing is left over.

import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type InfetchEngine, type LoadProgress } from '../../src/index.ts'

let engine: InfetchEngine
let client: OpenAI
const progress: LoadProgress[] = []

beforeAll(async () => {
  engine = await createEngine({ onProgress: (event) => progress.push(event) })
  client = new OpenAI({
    apiKey: 'local',
    baseURL: 'http://infetch/v1',
    fetch: engine.fetch,
    dangerouslyAllowBrowser: true,
  })
}, 180_000)

afterAll(async () => {
  await engine.close()
  expect(engine.info.bytesInUse).toBe(0)
})

const ask = { model: 'infetch-embedded', messages: [{ role: 'user' as const, content: 'Hello!' }] }
const blocksInUse = () => engine.info.models[0]!.engine.blocks.used

async function allFreed(): Promise<void> {
  for (let tries = 0; blocksInUse() > 0; tries++) {
    expect(tries).toBeLessThan(100)
    await new Promise((go) => setTimeout(go, 20))
  }
}

describe('the openai package in a page', () => {
  it('loading told its progress', () => {
    const phases = [...new Set(progress.map(({ phase }) => phase))]
    expect(phases).toEqual(expect.arrayContaining(['convert', 'compile']))
    const weights = progress.filter(({ phase }) => phase === 'convert')
    expect(weights.at(-1)!.loaded).toBe(weights.at(-1)!.total)
  })

  it('create', async () => {
    const completion = await client.chat.completions.create({ ...ask, max_tokens: 10, temperature: 0 })
    expect(completion.choices[0]!.message.content!.length).toBeGreaterThan(0)
    expect(completion.usage!.completion_tokens).toBeGreaterThan(0)
  })

  it('stream adds up to what create says', async () => {
    const options = { ...ask, max_tokens: 16, temperature: 0.8, seed: 7 }
    const whole = await client.chat.completions.create(options)
    let text = ''
    let chunks = 0
    for await (const chunk of await client.chat.completions.create({ ...options, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
      chunks++
    }
    expect(text).toBe(whole.choices[0]!.message.content)
    expect(chunks).toBeGreaterThan(2)
  })

  it('abort in the middle of a stream frees the blocks', async () => {
    const stop = new AbortController()
    const stream = await client.chat.completions.create(
      { ...ask, stream: true, max_tokens: 300 },
      { signal: stop.signal },
    )
    for await (const _ of stream) {
      stop.abort()
      break
    }
    await allFreed()
  })

  it('cancelling the body frees the blocks', async () => {
    const response = await engine.fetch('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ ...ask, stream: true, max_tokens: 300 }),
    })
    const reader = response.body!.getReader()
    await reader.read()
    expect(blocksInUse()).toBeGreaterThan(0)
    await reader.cancel()
    await allFreed()
  })

  it('a bad field is the SDK’s BadRequestError', async () => {
    const bad = client.chat.completions.create({ ...ask, temperature: 9 })
    await expect(bad).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(bad).rejects.toMatchObject({ param: 'temperature', code: expect.stringMatching(/_above_max_value$/) })
  })

  it('the same seed gives the same answer alone and beside seven others', async () => {
    const options = { ...ask, max_tokens: 24, temperature: 1, seed: 11 }
    const say = (extra = {}) =>
      client.chat.completions.create({ ...options, ...extra }).then((c) => c.choices[0]!.message.content)
    const alone = await say()
    const others = Array.from({ length: 7 }, (_, i) =>
      say({
        seed: 100 + i,
        max_tokens: 8 + 5 * i,
        messages: [{ role: 'user', content: `Tell me a story about ${i} birds.` }],
      }),
    )
    const [beside] = await Promise.all([say(), ...others])
    expect(beside).toBe(alone)
    expect(new Set(await Promise.all(others)).size).toBeGreaterThan(1)
    await allFreed()
  })
})
