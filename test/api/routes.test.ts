// Routes, methods, headers, and the errors that are not about a request's fields.

import { describe, expect, test } from 'vitest'
import type { ApiHost } from '../../src/api/host.ts'
import { QueueFullError, RunnerFailedError } from '../../src/engine/errors.ts'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const CHAT = '/v1/chat/completions'
const VOCAB = tinyTokenizer().vocabSize
const ask = (extra: object = {}) => ({
  model: 'org/tiny',
  messages: [{ role: 'user', content: 'Hi' }],
  max_tokens: 2,
  ...extra,
})
const host = (changes: Partial<ApiHost> = {}) => mockHost(says([300]), { host: changes })

/** The error of a response, its four keys there. */
async function errorOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/json')
  const { error } = await response.json()
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type'])
  return error
}

describe('models', () => {
  test('are listed', async () => {
    for (const path of ['/v1/models', '/models']) {
      const body = await (await host().fetch(path)).json()
      const model = {
        id: 'org/tiny',
        object: 'model',
        created: 1_700_000_000,
        owned_by: 'infetch',
        max_model_len: 256,
        capabilities: ['completion', 'chat', 'tools', 'structured_output', 'embedding'],
        meta: { n_ctx: 256, n_ctx_train: 512, n_vocab: VOCAB, n_embd: 4, n_params: 1000, size: 4000 },
      }
      expect(body).toEqual({ object: 'list', data: [model] })
    }
  })

  test.each(['org%2Ftiny', 'org/tiny', '%6F%72%67%2F%74%69%6E%79'])('%s is found', async (id) => {
    expect((await (await host().fetch(`/v1/models/${id}`)).json()).id).toBe('org/tiny')
  })

  test.each(['no%2Fmodel', '%E0%A4'])('%s is not', async (id) => {
    const response = await host().fetch(`/v1/models/${id}`)
    expect(response.status).toBe(404)
    expect((await errorOf(response)).code).toBe('model_not_found')
  })

  test('an unknown one is 404 in a request too, streamed or not', async () => {
    for (const stream of [false, true]) {
      const response = await host().post(CHAT, ask({ model: 'no/model', stream }))
      expect(response.status).toBe(404)
      const error = await errorOf(response)
      expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
      expect(error.message).toContain('no/model')
    }
  })
})

describe('routes', () => {
  test.each(['/', '/v1', '/v1/nope', '/v1/chat', '/v2/chat/completions', '/v1/chat/completions/more', '/v1/v1/models'])(
    '%s is unknown',
    async (path) => {
      const response = await host().post(path, {})
      expect(response.status).toBe(404)
      expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', param: null })
    },
  )

  test.each([
    ['PUT', CHAT, 'POST, GET, HEAD'],
    ['OPTIONS', CHAT, 'POST, GET, HEAD'],
    ['GET', '/v1/responses', 'POST'],
    ['GET', '/v1/responses/resp_1/cancel', 'POST'],
    ['PUT', '/v1/responses/resp_1', 'GET, HEAD, DELETE'],
    ['POST', '/v1/models', 'GET, HEAD'],
    ['DELETE', '/v1/models/org%2Ftiny', 'GET, HEAD'],
    ['DELETE', '/health', 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const response = await host().fetch(path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    await errorOf(response)
  })

  test('HEAD is GET without a body', async () => {
    const response = await host().fetch('/v1/models', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe('')
  })
})

describe('headers', () => {
  test('name the request and its time', async () => {
    const { fetch, post } = host()
    const responses = await Promise.all([
      fetch('/v1/models'),
      post(CHAT, ask()),
      post(CHAT, {}),
      post(CHAT, ask({ stream: true })),
    ])
    for (const { headers } of responses) {
      expect(headers.get('x-request-id')).toMatch(/^req_/)
      expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/)
    }
    expect(new Set(responses.map(({ headers }) => headers.get('x-request-id'))).size).toBe(4)
  })

  test('list what was ignored, streamed or not', async () => {
    for (const stream of [false, true]) {
      const response = await host().post(CHAT, ask({ stream, max_tokenz: 1, 'ä,\n': 2, '\ud800': 3 }))
      expect(response.headers.get('x-infetch-ignored')).toBe('max_tokenz, %C3%A4%2C%0A, %EF%BF%BD')
    }
    expect((await host().post(CHAT, ask({ user: 'a' }))).headers.has('x-infetch-ignored')).toBe(false)
  })
})

describe('bodies', () => {
  test.each(['', '{"model": "x"', 'hello', '[]', 'null', '5'])('%j is refused', async (body) => {
    const response = await host().fetch(CHAT, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect((await errorOf(response)).type).toBe('invalid_request_error')
  })

  test('none is refused', async () => {
    expect((await host().fetch(CHAT, { method: 'POST' })).status).toBe(400)
  })

  test('too long a one is refused, however it comes', async () => {
    const text = JSON.stringify(ask({ user: 'x'.repeat(200) }))
    const { fetch } = host({ maxBodyBytes: 200 })
    for (const body of [text, new TextEncoder().encode(text)]) {
      const response = await fetch(CHAT, { method: 'POST', body })
      expect(response.status).toBe(413)
      expect((await errorOf(response)).code).toBe('request_too_large')
    }
  })
})

describe('a key', () => {
  test.each<[string, Record<string, string>, number]>([
    ['none', {}, 401],
    ['a wrong one', { authorization: 'Bearer open' }, 401],
    ['one without Bearer', { authorization: 'sesame' }, 401],
    ['the right one', { authorization: 'Bearer sesame' }, 200],
  ])('%s', async (_, headers, status) => {
    const { post, fetch } = host({ apiKey: 'sesame' })
    const response = await post(CHAT, ask(), { headers })
    expect(response.status).toBe(status)
    if (status === 401) expect((await errorOf(response)).code).toBe('invalid_api_key')
    expect((await fetch('/health')).status).toBe(200)
  })

  test('is not asked for where none is configured', async () => {
    expect((await host().fetch('/v1/models', { headers: { authorization: 'Bearer whatever' } })).status).toBe(200)
  })
})

describe('the state of the host', () => {
  test('loading is 503, with when to come again', async () => {
    const { post, fetch } = host({ state: 'loading', models: [] })
    for (const response of [await post(CHAT, ask()), await fetch('/health')]) {
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
      expect((await errorOf(response)).code).toBe('model_loading')
    }
  })

  test('failed is 500 with the reason, not worth repeating', async () => {
    const response = await host({ state: 'failed', failure: new Error('no adapter') }).post(CHAT, ask())
    expect(response.status).toBe(500)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await errorOf(response)).toMatchObject({ message: 'no adapter', code: 'server_error', type: 'server_error' })
  })

  test('ready is 200', async () => {
    expect((await host().fetch('/health')).status).toBe(200)
  })
})

describe('errors of the engine', () => {
  const failing = (error: unknown) => mockHost({ ...says([]), fault: { after: 0, error } })

  test('a full queue is 429, with when to come again', async () => {
    const response = await failing(new QueueFullError(9)).post(CHAT, ask())
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await errorOf(response)).code).toBe('rate_limit_exceeded')
  })

  test('any other fault is 500, not worth repeating', async () => {
    const response = await failing(new TypeError('oops')).post(CHAT, ask())
    expect(response.status).toBe(500)
    expect(response.headers.get('x-should-retry')).toBe('false')
  })

  test('a lost device may come again', async () => {
    const response = await failing(new RunnerFailedError(new Error('lost'))).post(CHAT, ask())
    expect([response.status, response.headers.has('x-should-retry')]).toEqual([500, false])
  })
})

test('metrics count requests and tokens', async () => {
  const { post, fetch } = host()
  await post(CHAT, ask())
  await post(CHAT, {})
  const response = await fetch('/metrics')
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  const text = await response.text()
  expect(text).toContain('\ninfetch_completion_tokens_total 2\n')
  expect(text).toContain('\ninfetch_requests_total{route="/v1/chat/completions",status="400"} 1\n')
  expect(text).toContain('\ninfetch_requests_running 0\n')
})
