// installFetch: what the engine answers and what goes through, and undoing in any order.

import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { installFetch } from '../../src/host/install-fetch.ts'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const platform = globalThis.fetch
const native = vi.fn<typeof fetch>(async () => new Response('native'))
const engine = (name: string) => ({ fetch: vi.fn<typeof fetch>(async () => new Response(name)) })
const ask = async (input: RequestInfo | URL) => (await fetch(input)).text()

beforeEach(() => {
  native.mockClear()
  globalThis.fetch = native
})
afterEach(() => {
  globalThis.fetch = platform
})

const API = 'https://api.openai.com/v1/models'

describe('which requests', () => {
  test.each<[unknown, string[], string[]]>([
    [undefined, [API, 'http://infetch/v1/x'], ['https://api.openai.com.example/v1', 'http://api.openai.com/', '/v1/x']],
    ['http://a/v1', ['http://a/v1', 'http://a/v1/x?y#z'], ['http://a/v1x', 'http://a/', 'https://a/v1', API]],
    ['http://a/v1/', ['http://a/v1', 'http://a/v1/x'], ['http://a/v1x']],
    ['http://a', ['http://a', 'http://a/x'], ['http://ab/']],
    [/\/v1\//g, ['http://a/v1/x', 'http://b/v1/y'], ['http://a/v2/x']],
    [(url: URL) => url.hostname === 'a', ['http://a/v1'], ['http://b/v1']],
  ])('match %s', async (match, ours, others) => {
    installFetch(engine('engine'), { match: match as string })
    for (const url of ours)
      for (const input of [url, new URL(url), new Request(url)]) expect(await ask(input), url).toBe('engine')
    for (const url of others) expect(await ask(url), url).toBe('native')
  })

  test('a match that is no address is refused', () => {
    expect(() => installFetch(engine('engine'), { match: 'http://' })).toThrow('received http://')
    expect(globalThis.fetch).toBe(native)
  })
})

test('what goes through is untouched', async () => {
  const a = engine('a')
  installFetch(a)
  const init = { method: 'POST', body: 'x' }
  const request = new Request('http://other/')
  const answer = fetch(request, init)
  expect(native.mock.calls[0]![0]).toBe(request)
  expect(native.mock.calls[0]![1]).toBe(init)
  expect(native.mock.contexts[0]).toBe(globalThis)
  expect(answer).toBe(native.mock.results[0]!.value)
  await fetch(API, init)
  expect(a.fetch).toHaveBeenCalledWith(API, init)
  expect(native).toHaveBeenCalledOnce()
})

describe('undoing', () => {
  const ORDERS = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]
  test.each(ORDERS)('in the order %i, %i, %i', async (...order) => {
    const undo = ['0', '1', '2'].map((name) => installFetch(engine(name)))
    const left = new Set([0, 1, 2])
    for (const layer of order) {
      expect(await ask(API)).toBe(String(Math.max(...left)))
      undo[layer]!()
      undo[layer]!()
      left.delete(layer)
    }
    expect(globalThis.fetch).toBe(native)
  })

  test('leaves a fetch that someone else put on top', async () => {
    const undo = installFetch(engine('engine'))
    const ours = globalThis.fetch
    const top: typeof fetch = (...args) => ours(...args)
    globalThis.fetch = top
    undo()
    expect(globalThis.fetch).toBe(top)
    expect(await ask(API)).toBe('native')
  })
})

test('code whose fetch cannot be given runs', async () => {
  const mock = mockHost(says(tinyTokenizer().encode('the cat', { addSpecialTokens: false })))
  const undo = installFetch(mock)
  const client = new OpenAI({ apiKey: 'local', dangerouslyAllowBrowser: true })
  const answer = await client.chat.completions.create({
    model: 'org/tiny',
    messages: [{ role: 'user', content: 'Hi' }],
  })
  undo()
  expect(answer.choices[0]!.message.content).toBe(' the cat')
  expect(native).not.toHaveBeenCalled()
})
