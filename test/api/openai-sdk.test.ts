// The openai package over the face, as a user would write it.

import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { describe, expect, test } from 'vitest'
import type { ApiHost } from '../../src/api/host.ts'
import { QueueFullError } from '../../src/engine/errors.ts'
import { type MockScript, says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const ids = (text: string) => tinyTokenizer().encode(text, { addSpecialTokens: false })
const ask = {
  model: 'org/tiny',
  messages: [{ role: 'user', content: 'Hi' }],
} satisfies OpenAI.ChatCompletionCreateParams
const endless: MockScript = { token: () => ids('the')[0] }
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

function setUp(script: MockScript = says(ids('the cat sat')), host: Partial<ApiHost> = {}) {
  const mock = mockHost(script, { host })
  let calls = 0
  const client = new OpenAI({
    apiKey: 'local',
    baseURL: 'http://infetch/v1',
    dangerouslyAllowBrowser: true,
    fetch: (input, init) => {
      calls++
      return mock.fetch(input, init)
    },
  })
  return { ...mock, client, calls: () => calls }
}

describe('chat completions', () => {
  test('create', async () => {
    const { client } = setUp()
    const { data, response, request_id } = await client.chat.completions.create(ask).withResponse()
    expect(data.choices[0]!.message).toEqual({ role: 'assistant', content: ' the cat sat', refusal: null })
    expect(response.headers.get('x-request-id')).toBe(request_id)
  })

  test('create with stream', async () => {
    let text = ''
    for await (const chunk of await setUp().client.chat.completions.create({ ...ask, stream: true }))
      text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(' the cat sat')
  })

  test('the stream helper', async () => {
    const { client } = setUp()
    const stream = client.chat.completions.stream({
      ...ask,
      n: 2,
      logprobs: true,
      top_logprobs: 1,
      stream_options: { include_usage: true },
    })
    let text = ''
    stream.on('content', (delta) => {
      text += delta
    })
    const final = await stream.finalChatCompletion()
    expect(final.choices.map((choice) => [choice.index, choice.message.content, choice.finish_reason])).toEqual([
      [0, ' the cat sat', 'stop'],
      [1, ' the cat sat', 'stop'],
    ])
    expect(text).toContain(' the')
    expect(final.choices[0]!.logprobs!.content!.map((entry) => entry.token)).toEqual([' the', ' cat', ' sat'])
    expect((await stream.totalUsage()).completion_tokens).toBe(8)
  })
})

test('models', async () => {
  const { client } = setUp()
  const found: string[] = []
  for await (const model of client.models.list()) found.push(model.id)
  expect(found).toEqual(['org/tiny'])
  expect((await client.models.retrieve('org/tiny')).id).toBe('org/tiny')
  await expect(client.models.retrieve('org/other')).rejects.toBeInstanceOf(NotFoundError)
})

describe('giving up', () => {
  test('before', async () => {
    const { client, engine } = setUp(endless)
    await expect(client.chat.completions.create(ask, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      APIUserAbortError,
    )
    expect(engine.requests).toEqual([])
  })

  test('while waiting', async () => {
    const { client, engine } = setUp(endless)
    const controller = new AbortController()
    const answer = client.chat.completions.create(ask, { signal: controller.signal })
    setTimeout(() => controller.abort(), 10)
    await expect(answer).rejects.toBeInstanceOf(APIUserAbortError)
    await settled()
    expect(engine.running).toBe(0)
  })

  test('half-way through a stream', async () => {
    const { client, engine } = setUp(endless)
    const controller = new AbortController()
    const stream = await client.chat.completions.create({ ...ask, stream: true }, { signal: controller.signal })
    let chunks = 0
    for await (const _ of stream) if (++chunks === 3) controller.abort()
    expect(chunks).toBeLessThan(10)
    await settled()
    expect(engine.running).toBe(0)
  })

  test('by leaving the loop', async () => {
    const { client, engine } = setUp(endless)
    let chunks = 0
    for await (const _ of await client.chat.completions.create({ ...ask, stream: true })) if (++chunks === 3) break
    await settled()
    expect(engine.running).toBe(0)
    expect(engine.generated).toBeLessThan(20)
  })

  test('by a timeout, after the retries', async () => {
    const { client, calls, engine } = setUp(endless)
    const answer = client.chat.completions.create(ask, { timeout: 20, maxRetries: 1 })
    await expect(answer).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
    expect(calls()).toBe(2)
    await settled()
    expect(engine.running).toBe(0)
  })
})

describe('errors', () => {
  test('of a field', async () => {
    const { client, calls } = setUp()
    const error = await client.chat.completions.create({ ...ask, temperature: 2.5 }).catch((error) => error)
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      param: 'temperature',
      code: 'decimal_above_max_value',
      type: 'invalid_request_error',
    })
    expect(error.requestID).toMatch(/^req_/)
    expect(calls()).toBe(1)
  })

  test('before a stream', async () => {
    const answer = setUp().client.chat.completions.create({ ...ask, stream: true, max_tokens: 1000 })
    await expect(answer).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
  })

  test('in a stream', async () => {
    const { client } = setUp({ ...endless, fault: { after: 2, error: new Error('device lost') } })
    const stream = await client.chat.completions.create({ ...ask, stream: true })
    const read = async () => {
      for await (const _ of stream);
    }
    await expect(read()).rejects.toThrow('device lost')
  })

  test('of an unknown model', async () => {
    await expect(setUp().client.chat.completions.create({ ...ask, model: 'no' })).rejects.toBeInstanceOf(NotFoundError)
  })

  test('of the key', async () => {
    const { client, calls } = setUp(endless, { apiKey: 'sesame' })
    await expect(client.models.list()).rejects.toBeInstanceOf(AuthenticationError)
    expect(calls()).toBe(1)
  })

  test('of a full queue, which is tried again', async () => {
    const { client, calls } = setUp({ ...endless, fault: { after: 0, error: new QueueFullError(1) } })
    await expect(client.chat.completions.create(ask, { maxRetries: 1 })).rejects.toBeInstanceOf(RateLimitError)
    expect(calls()).toBe(2)
  })

  test('of ours, which are not', async () => {
    const { client, calls } = setUp({ ...endless, fault: { after: 0, error: new Error('oops') } })
    await expect(client.chat.completions.create(ask)).rejects.toBeInstanceOf(InternalServerError)
    expect(calls()).toBe(1)
  })
})
