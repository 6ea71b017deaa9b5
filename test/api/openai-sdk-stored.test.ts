// The openai package: responses and stored chat completions, as a user would write it.

import OpenAI, { APIUserAbortError, BadRequestError, NotFoundError } from 'openai'
import { describe, expect, test } from 'vitest'
import { type MockScript, says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const ids = (text: string) => tinyTokenizer().encode(text, { addSpecialTokens: false })
const endless: MockScript = { token: () => ids('the')[0] }
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
const ask = { model: 'org/tiny', input: 'Hi' }

function setUp(script: MockScript = says(ids('the cat sat'))) {
  const mock = mockHost(script)
  const client = new OpenAI({
    apiKey: 'local',
    baseURL: 'http://infetch/v1',
    dangerouslyAllowBrowser: true,
    fetch: mock.fetch,
  })
  return { ...mock, client, responses: client.responses }
}

describe('responses', () => {
  test('create', async () => {
    const { responses } = setUp()
    const { data, request_id } = await responses.create(ask).withResponse()
    expect(data.output_text).toBe(' the cat sat')
    expect(request_id).toMatch(/^req_/)
  })

  test('create with stream', async () => {
    let text = ''
    const types: string[] = []
    for await (const event of await setUp().responses.create({ ...ask, stream: true })) {
      types.push(event.type)
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    expect(text).toBe(' the cat sat')
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed'])
  })

  test('the stream helper', async () => {
    const stream = setUp().responses.stream({ ...ask, include: ['message.output_text.logprobs'] })
    let text = ''
    stream.on('response.output_text.delta', ({ delta, snapshot }) => {
      text += delta
      expect(snapshot).toBe(text)
    })
    const final = await stream.finalResponse()
    expect(final).toMatchObject({ status: 'completed', output_text: text })
    expect(text).toBe(' the cat sat')
  })

  test('the stream helper of an answer that is cut', async () => {
    const final = await setUp()
      .responses.stream({ ...ask, max_output_tokens: 2 })
      .finalResponse()
    expect(final).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  })

  test('a conversation', async () => {
    const { responses, engine } = setUp()
    const { id } = await responses.create(ask)
    const next = await responses.create({ ...ask, input: 'And?', previous_response_id: id })
    expect(next.previous_response_id).toBe(id)
    expect(engine.requests[1]!.prompt.length).toBeGreaterThan(engine.requests[0]!.prompt.length)
    const list = responses.create({
      ...ask,
      input: [{ role: 'user', content: 'Hi' }, ...(next.output as OpenAI.Responses.ResponseInputItem[])],
    })
    expect((await list).output_text).toBe(' the cat sat')
  })

  test('retrieve, inputItems, delete', async () => {
    const { responses } = setUp()
    const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }))
    const { id } = await responses.create({ ...ask, input })
    expect((await responses.retrieve(id)).output_text).toBe(' the cat sat')
    const items: unknown[] = []
    for await (const item of responses.inputItems.list(id, { limit: 2, order: 'asc' })) items.push(item)
    expect(items).toMatchObject(input.map(({ content }) => ({ content: [{ type: 'input_text', text: content }] })))
    await responses.delete(id)
    await expect(responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError)
  })

  test('in the background, cancelled', async () => {
    const { responses, engine } = setUp(endless)
    const { id, status } = await responses.create({ ...ask, background: true })
    expect(status).toBe('in_progress')
    expect((await responses.cancel(id)).status).toBe('cancelled')
    await settled()
    expect(engine.running).toBe(0)
  })

  test('leaving the loop', async () => {
    const { responses, engine } = setUp(endless)
    let events = 0
    for await (const _ of await responses.create({ ...ask, stream: true })) if (++events === 5) break
    await settled()
    expect(engine.running).toBe(0)
  })

  test('aborting', async () => {
    const { responses, engine } = setUp(endless)
    const controller = new AbortController()
    const answer = responses.create(ask, { signal: controller.signal })
    setTimeout(() => controller.abort(), 10)
    await expect(answer).rejects.toBeInstanceOf(APIUserAbortError)
    await settled()
    expect(engine.running).toBe(0)
  })

  test('errors', async () => {
    const { responses } = setUp()
    const error = await responses.create({ ...ask, temperature: 3 }).catch((error) => error)
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, param: 'temperature', type: 'invalid_request_error' })
    const unknown = responses.create({ ...ask, previous_response_id: 'resp_no' })
    await expect(unknown).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    await expect(responses.create({ ...ask, model: 'no' })).rejects.toBeInstanceOf(NotFoundError)
    const parsed = responses.parse({
      ...ask,
      text: { format: { type: 'json_schema', name: 's', schema: { type: 'strang' } } },
    })
    await expect(parsed).rejects.toMatchObject({ status: 400, param: 'text.format.schema' })
  })

  test('an error in a stream', async () => {
    const { responses } = setUp({ ...endless, fault: { after: 2, error: new Error('device lost') } })
    const read = async () => {
      for await (const _ of await responses.create({ ...ask, stream: true }));
    }
    await expect(read()).rejects.toThrow('device lost')
  })
})

test('stored chat completions', async () => {
  const { completions } = setUp().client.chat
  const made: string[] = []
  for (const k of ['x', 'y', 'x']) {
    const { id } = await completions.create({
      model: 'org/tiny',
      messages: [{ role: 'user', content: 'Hi' }],
      store: true,
      metadata: { k },
    })
    made.push(id)
  }
  const listed = async (query: OpenAI.ChatCompletionListParams) => {
    const found: string[] = []
    for await (const { id } of completions.list(query)) found.push(id)
    return found
  }
  expect(await listed({ limit: 2 })).toEqual(made)
  expect(await listed({ metadata: { k: 'x' } })).toEqual([made[0], made[2]])
  expect((await completions.retrieve(made[0]!)).choices[0]!.message.content).toBe(' the cat sat')
  const messages: unknown[] = []
  for await (const message of completions.messages.list(made[0]!)) messages.push(message)
  expect(messages).toMatchObject([{ role: 'user', content: 'Hi' }])
  expect(await completions.update(made[0]!, { metadata: { k: 'z' } })).toMatchObject({ metadata: { k: 'z' } })
  expect(await listed({ metadata: { k: 'x' } })).toEqual([made[2]])
  expect((await completions.delete(made[0]!)).deleted).toBe(true)
  await expect(completions.retrieve(made[0]!)).rejects.toBeInstanceOf(NotFoundError)
})
