// POST /v1/responses over a scripted engine: bodies, typed events, conversations, what is stored, what is refused.

import { describe, expect, test, vi } from 'vitest'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { type MockScript, says } from '../support/mock-engine.ts'
import { type MockHost, mockHost } from '../support/mock-host.ts'
import { byteIds, tinyTokenizer } from '../support/sentence-tokenizer.ts'

const PATH = '/v1/responses'
const tokenizer = tinyTokenizer()
const ids = (text: string) => tokenizer.encode(text, { addSpecialTokens: false })
const ask = (extra: object = {}) => ({ model: 'org/tiny', input: 'Hi', ...extra })
const script = says(ids('the cat sat'))
const endless: MockScript = { token: () => ids('the')[0] }
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes.
type Json = any

async function create(host: MockHost, extra: object = {}): Promise<Json> {
  const response = await host.post(PATH, ask(extra))
  const body = await response.json()
  expect(response.status, JSON.stringify(body)).toBe(200)
  return body
}

async function events(response: Response): Promise<Json[]> {
  const frames = (await response.text()).trimEnd().split('\n\n')
  return frames.map((frame) => {
    const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(frame)!
    const event = JSON.parse(data!)
    expect(event.type).toBe(name)
    return event
  })
}

const get = async (host: MockHost, path: string): Promise<Json> => (await host.fetch(`${PATH}/${path}`)).json()
/** Without the spaces that the tokenizer puts after special tokens. */
const lastPrompt = ({ engine }: MockHost) =>
  tokenizer.decode(engine.requests.at(-1)!.prompt, { skipSpecialTokens: false }).replaceAll(/(<\/?s>) /g, '$1')

describe('a whole response', () => {
  test('has one message, the usage, and what was asked', async () => {
    const host = mockHost({ ...script, cachedTokens: 3 })
    const body = await create(host, {
      temperature: 0.5,
      top_p: 0.9,
      seed: 7,
      max_output_tokens: 20,
      metadata: { a: 'b' },
      user: 'me',
      instructions: 'Be brief',
      text: { format: { type: 'text' } },
    })
    const prompt = host.engine.requests[0]!.prompt.length
    expect(body).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'org/tiny',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief',
      max_output_tokens: 20,
      metadata: { a: 'b' },
      user: 'me',
      temperature: 0.5,
      top_p: 0.9,
      tools: [],
      tool_choice: 'auto',
      output: [
        {
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: ' the cat sat', annotations: [], logprobs: [] }],
        },
      ],
      usage: {
        input_tokens: prompt,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 4,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: prompt + 4,
      },
    })
    expect(body.id).toMatch(/^resp_/)
    expect(host.engine.requests[0]!.sampling).toMatchObject({ temperature: 0.5, topP: 0.9, seed: 7 })
    expect(lastPrompt(host)).toBe('<s>[system]Be brief[user]Hi[assistant]')
  })

  test('that is cut is incomplete', async () => {
    expect(await create(mockHost(script), { max_output_tokens: 2 })).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete', content: [{ text: ' the cat' }] }],
    })
  })

  test('of no tokens is a message of no text', async () => {
    const body = await create(mockHost(script), { max_output_tokens: 0 })
    expect(body).toMatchObject({ status: 'incomplete', output: [{ content: [{ text: '' }] }] })
  })

  test('has log-probabilities where they are included', async () => {
    const extra = { include: ['message.output_text.logprobs'], top_logprobs: 2 }
    const { logprobs } = (await create(mockHost(script), extra)).output[0].content[0]
    expect(logprobs.map(({ token }: Json) => token)).toEqual([' the', ' cat', ' sat'])
    expect(logprobs[0].top_logprobs).toHaveLength(2)
  })

  test('gives thinking text as an item of its own', async () => {
    const chatTemplate = createChatTemplate('{% if false %}<think></think>{% endif %}{{ messages[0].content }}')
    const host = mockHost(says(byteIds('<think>so</think>yes')), { model: { chatTemplate } })
    const body = await create(host)
    expect(body.output).toMatchObject([
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'so' }], status: 'completed' },
      { type: 'message', content: [{ text: 'yes' }] },
    ])
    expect(body.usage.output_tokens_details.reasoning_tokens).toBeGreaterThan(0)
    const types = (await events(await host.post(PATH, ask({ stream: true })))).map(({ type }) => type)
    expect(types.filter((type) => /reasoning_text|output_item/.test(type))).toEqual([
      'response.output_item.added',
      'response.reasoning_text.delta',
      'response.reasoning_text.delta',
      'response.reasoning_text.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
    ])
  })
})

describe('a stream', () => {
  test('tells each step, numbered, and ends with the response', async () => {
    const host = mockHost(script)
    const response = await host.post(PATH, ask({ stream: true, include: ['message.output_text.logprobs'] }))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const all = await events(response)
    expect(all.map(({ sequence_number: number }) => number)).toEqual(all.map((_, i) => i))
    const types = all.map(({ type }) => type.replace('response.', ''))
    expect(types).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ])
    const deltas = all.filter(({ type }) => type === 'response.output_text.delta')
    expect(deltas.map(({ delta }) => delta)).toEqual([' the', ' cat', ' sat'])
    expect(deltas.map(({ logprobs }) => logprobs.length)).toEqual([1, 1, 1])
    expect(all[7]).toMatchObject({ text: ' the cat sat', output_index: 0, content_index: 0 })
    expect(all[7].logprobs).toHaveLength(3)
    const { response: final } = all.at(-1)
    expect(final.output).toEqual([all[9].item])
    expect(await get(host, final.id)).toEqual(final)
    expect(all[0].response).toMatchObject({ id: final.id, status: 'in_progress', output: [] })
  })

  test('that fails tells so, twice', async () => {
    const host = mockHost({ ...endless, fault: { after: 2, error: new Error('device lost') } })
    const all = await events(await host.post(PATH, ask({ stream: true })))
    expect(all.slice(-2)).toMatchObject([
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error' } } },
      { type: 'error', message: 'device lost', code: 'server_error', param: null },
    ])
    expect(await get(host, all[0].response.id)).toMatchObject({ status: 'failed' })
  })

  test('fails with a status before the first token', async () => {
    const host = mockHost({ ...endless, fault: { after: 0, error: new Error('device lost') } })
    expect((await host.post(PATH, ask({ stream: true }))).status).toBe(500)
  })

  test('that is left is cancelled', async () => {
    const host = mockHost(endless)
    const reader = (await host.post(PATH, ask({ stream: true }))).body!.getReader()
    const { value } = await reader.read()
    const id = /resp_\w+/.exec(new TextDecoder().decode(value))![0]
    expect(await get(host, id)).toMatchObject({ status: 'in_progress' })
    await reader.cancel()
    await settled()
    expect(host.engine.running).toBe(0)
    expect(await get(host, id)).toMatchObject({ status: 'cancelled' })
  })
})

describe('input', () => {
  test.each([
    [[{ role: 'user', content: 'Hi' }], '[user]Hi'],
    [[{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }], '[user]Hi'],
    [[{ role: 'developer', content: 'Go' }], '[system]Go'],
    [[{ role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [] }] }], '[assistant]a</s>'],
    [
      [
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: '4' },
        { type: 'function_call_output', call_id: 'd', output: [{ type: 'input_text', text: '5' }] },
      ],
      '[assistant]{"name":"f","args":{}}</s>[user]<tool_response>\n4\n</tool_response>\n<tool_response>\n5\n</tool_response>',
    ],
  ])('%j', async (input, prompt) => {
    const host = mockHost(script)
    await create(host, { input })
    expect(lastPrompt(host)).toBe(`<s>${prompt}[assistant]`)
  })

  test('calls and thinking text go into the message they belong to', async () => {
    const template = '{% for m in messages %}{{ m | tojson }};{% endfor %}'
    const host = mockHost(script, { model: { chatTemplate: createChatTemplate(template) } })
    const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{"x":1}' })
    await create(host, {
      input: [
        { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
        { role: 'assistant', content: 'a' },
        call('c1'),
        call('c2'),
      ],
    })
    const [message] = lastPrompt(host).split(';')
    expect(JSON.parse(message!)).toMatchObject({
      role: 'assistant',
      content: 'a',
      reasoning_content: 'hm',
      tool_calls: [
        { id: 'c1', function: { name: 'f', arguments: { x: 1 } } },
        { id: 'c2', function: { name: 'f', arguments: { x: 1 } } },
      ],
    })
  })

  test('tools reach the template when none is to be called', async () => {
    const chatTemplate = createChatTemplate('{{ tools | tojson }}')
    const host = mockHost(script, { model: { chatTemplate } })
    const tools = [{ type: 'function', name: 'f', parameters: { type: 'object' } }]
    expect(await create(host, { tools, tool_choice: 'none' })).toMatchObject({
      tools: [{ ...tools[0], strict: true }],
      tool_choice: 'none',
    })
    expect(lastPrompt(host)).toContain('"function"')
  })
})

describe('a conversation', () => {
  test('goes on from a stored response, without its instructions', async () => {
    const host = mockHost(script)
    const first = await create(host, { instructions: 'Be brief' })
    const second = await create(host, { input: 'And?', previous_response_id: first.id })
    expect(second.previous_response_id).toBe(first.id)
    expect(lastPrompt(host)).toBe('<s>[user]Hi[assistant] the cat sat</s>[user]And?[assistant]')
    await create(host, { input: 'So?', previous_response_id: second.id })
    expect(lastPrompt(host)).toContain('[user]And?[assistant] the cat sat</s>[user]So?')
  })

  test('takes items of stored responses by their ids', async () => {
    const host = mockHost(script)
    const { output } = await create(host)
    await create(host, { input: [{ type: 'item_reference', id: output[0].id }, { id: output[0].id }] })
    expect(lastPrompt(host)).toBe('<s>[assistant] the cat sat</s>[assistant] the cat sat</s>[assistant]')
  })

  test('does not go on from a response that was not stored', async () => {
    const host = mockHost(script)
    const { id, store } = await create(host, { store: false })
    expect(store).toBe(false)
    const response = await host.post(PATH, ask({ previous_response_id: id }))
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    })
    expect((await host.fetch(`${PATH}/${id}`)).status).toBe(404)
  })
})

describe('a stored response', () => {
  test('is given and deleted', async () => {
    const host = mockHost(script)
    const body = await create(host)
    expect(await get(host, body.id)).toEqual(body)
    const deleted = await host.fetch(`${PATH}/${body.id}`, { method: 'DELETE' })
    expect(await deleted.json()).toEqual({ id: body.id, object: 'response', deleted: true })
    expect((await host.fetch(`${PATH}/${body.id}`)).status).toBe(404)
    expect((await host.fetch(`${PATH}/${body.id}`, { method: 'DELETE' })).status).toBe(404)
  })

  test('has its input, newest first, in pages', async () => {
    const host = mockHost(script)
    const { id } = await create(host, { input: ['a', 'b', 'c'].map((content) => ({ role: 'user', content })) })
    const texts = ({ data }: Json) => data.map((item: Json) => item.content[0].text)
    const first = await get(host, `${id}/input_items?limit=2`)
    expect(texts(first)).toEqual(['c', 'b'])
    expect(first).toMatchObject({ has_more: true, last_id: first.data[1].id })
    const second = await get(host, `${id}/input_items?limit=2&after=${first.last_id}`)
    expect(texts(second)).toEqual(['a'])
    expect(second.has_more).toBe(false)
    expect(texts(await get(host, `${id}/input_items?order=asc`))).toEqual(['a', 'b', 'c'])
  })

  test.each(['limit=0', 'limit=101', 'limit=x', 'order=up', 'after=msg_no'])('refuses pages of %s', async (query) => {
    const host = mockHost(script)
    const { id } = await create(host)
    const response = await host.fetch(`${PATH}/${id}/input_items?${query}`)
    expect(response.status).toBe(400)
    expect((await response.json()).error.param).toBe(query.split('=')[0])
  })

  test('generated in the background is there at once and complete later', async () => {
    const host = mockHost(script)
    const body = await create(host, { background: true })
    expect(body).toMatchObject({ status: 'in_progress', background: true, output: [] })
    const done = { status: 'completed', output: [{ status: 'completed' }] }
    await vi.waitFor(async () => expect(await get(host, body.id)).toMatchObject(done), 5000)
    const again = await host.fetch(`${PATH}/${body.id}/cancel`, { method: 'POST' })
    expect(again.status).toBe(400)
  })

  test.each(['cancelled', 'deleted'])('that runs is %s', async (how) => {
    const host = mockHost(endless)
    const { id } = await create(host, { background: true })
    await settled()
    expect(host.engine.running).toBe(1)
    const path = how === 'deleted' ? id : `${id}/cancel`
    const response = await host.fetch(`${PATH}/${path}`, { method: how === 'deleted' ? 'DELETE' : 'POST' })
    if (how === 'cancelled') expect(await response.json()).toMatchObject({ id, status: 'cancelled' })
    await settled()
    expect(host.engine.running).toBe(0)
    const after = await host.fetch(`${PATH}/${id}`)
    expect(after.status).toBe(how === 'deleted' ? 404 : 200)
    if (how === 'cancelled') expect(await after.json()).toMatchObject({ status: 'cancelled' })
  })
})

const tool = { type: 'function', name: 'f', parameters: {} }

test.each([
  [{ input: undefined }, 'input', 'missing_required_parameter'],
  [{ input: 5 }, 'input', 'invalid_type'],
  [{ input: [] }, 'input', 'empty_array'],
  [{ input: [{ role: 'user' }] }, 'input[0].content', 'missing_required_parameter'],
  [{ input: [{ role: 'critic', content: 'a' }] }, 'input[0].role', 'invalid_value'],
  [{ input: [{ type: 'web_search_call', id: 'a' }] }, 'input[0].type', 'invalid_value'],
  [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].type', 'unsupported_value'],
  [{ input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 'input[0].content[0].type', 'unsupported_value'],
  [{ input: [{ type: 'item_reference', id: 'msg_no' }] }, 'input[0].id', 'invalid_value'],
  [{ input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] }, 'input', 'invalid_value'],
  [{ temperature: 3 }, 'temperature', 'integer_above_max_value'],
  [{ max_output_tokens: 'x' }, 'max_output_tokens', 'invalid_type'],
  [{ max_output_tokens: 1000 }, 'input', 'context_length_exceeded'],
  [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', 'invalid_value'],
  [{ tools: [tool, tool] }, 'tools[1].name', 'invalid_value'],
  [{ tools: [{ ...tool, name: 'a b' }] }, 'tools[0].name', 'invalid_value'],
  [{ tools: [{ ...tool, parameters: { type: 'array' } }] }, 'tools[0].parameters', 'invalid_json_schema'],
  [
    { tools: [tool, { ...tool, name: 'g', parameters: { properties: { x: { type: 'strang' } } } }] },
    'tools[1].parameters',
    'invalid_json_schema',
  ],
  [{ tools: [tool], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice', 'invalid_value'],
  [{ tool_choice: 'required' }, 'tool_choice', 'invalid_value'],
  [
    { text: { format: { type: 'json_schema', name: 'a', schema: { type: 'strang' } } } },
    'text.format.schema',
    'invalid_json_schema',
  ],
  [{ text: { verbosity: 'low' } }, 'text.verbosity', 'unsupported_parameter'],
  [{ reasoning: { summary: 'auto' } }, 'reasoning.summary', 'unsupported_parameter'],
  [{ background: true, stream: true }, 'background', 'invalid_value'],
  [{ background: true, store: false }, 'background', 'invalid_value'],
  [{ stream_options: {} }, 'stream_options', 'invalid_value'],
  [{ top_logprobs: 1 }, 'top_logprobs', 'invalid_value'],
  [{ truncation: 'auto' }, 'truncation', 'unsupported_parameter'],
  [{ conversation: 'conv_1' }, 'conversation', 'unsupported_parameter'],
  [{ prompt: { id: 'pmpt_1' } }, 'prompt', 'unsupported_parameter'],
  [{ model: 'no' }, 'model', 'model_not_found'],
])('%j is refused', async (extra, param, code) => {
  const response = await mockHost(script).post(PATH, ask(extra))
  expect(response.status).toBe(code === 'model_not_found' ? 404 : 400)
  expect((await response.json()).error).toMatchObject({ param, code, type: 'invalid_request_error' })
})
