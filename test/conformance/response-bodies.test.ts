// Responses, their events and what is stored, against OpenAI's published description. Skipped without the shared test data.

import { beforeAll, describe, expect, test } from 'vitest'
import { createFetch } from '../../src/api/router.ts'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { type Conforms, eventSchemas, openApi } from '../support/openapi.ts'
import { byteIds } from '../support/sentence-tokenizer.ts'
import { sharedData } from '../support/shared-data.ts'
import { storiesHost } from '../support/stories-host.ts'

if (!sharedData) console.warn('response-bodies: skipped, the shared test data is absent')

const CHAT = '/v1/chat/completions'
const RESPONSES = '/v1/responses'

const VARIANTS: Record<string, object> = {
  plain: {},
  'with log-probabilities': { include: ['message.output_text.logprobs'], top_logprobs: 2 },
  'of no tokens': { max_output_tokens: 0 },
  'with all that is echoed': {
    instructions: 'Tell a story.',
    metadata: { a: 'b' },
    user: 'me',
    safety_identifier: 'me',
    prompt_cache_key: 'k',
    max_tool_calls: 1,
    service_tier: 'auto',
    truncation: 'disabled',
    parallel_tool_calls: false,
    reasoning: { effort: 'low' },
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tools: [{ type: 'function', name: 'f', description: 'd', parameters: { type: 'object' } }],
    tool_choice: 'none',
  },
  'without store': { store: false },
}

describe.skipIf(!sharedData)('bodies as OpenAI describes them', () => {
  let conforms: Conforms
  let schemaOf: ReadonlyMap<string, string>
  let fetch: typeof globalThis.fetch
  beforeAll(async () => {
    conforms = openApi()
    schemaOf = eventSchemas()
    fetch = createFetch((await storiesHost()).host)
  })

  const post = (path: string, body: object, answer: typeof globalThis.fetch = fetch) =>
    answer(path, { method: 'POST', body: JSON.stringify({ model: 'stories260K', temperature: 0, ...body }) })
  const json = async (response: Promise<Response>) => (await response).json()
  const conformEvents = async (response: Response) => {
    const frames = (await response.text()).trimEnd().split('\n\n')
    for (const frame of frames) {
      const event = JSON.parse(frame.slice(frame.indexOf('\ndata: ') + 7))
      expect(schemaOf.has(event.type), event.type).toBe(true)
      conforms(schemaOf.get(event.type)!, event)
    }
    return frames.length
  }

  test.each(Object.entries(VARIANTS))('a response %s', async (_, extra) => {
    const body = { input: 'Hi', max_output_tokens: 16, ...extra }
    const response = await json(post(RESPONSES, body))
    expect(response.error, JSON.stringify(response)).toBeNull()
    conforms('Response', response)
    expect(await conformEvents(await post(RESPONSES, { ...body, stream: true }))).toBeGreaterThan(5)
  })

  test('a response with thinking text, one that fails, one in the background', async () => {
    const chatTemplate = createChatTemplate('{% if false %}<think></think>{% endif %}{{ messages[0].content }}')
    const ask = { model: 'org/tiny', input: 'Hi', stream: true }
    const thinking = mockHost(says(byteIds('<think>so</think>yes')), { model: { chatTemplate } })
    await conformEvents(await post(RESPONSES, ask, thinking.fetch))
    conforms('Response', await json(post(RESPONSES, { ...ask, stream: false }, thinking.fetch)))
    const failing = mockHost({ token: () => 100, fault: { after: 2, error: new Error('device lost') } })
    await conformEvents(await post(RESPONSES, ask, failing.fetch))
    const running = mockHost({ token: () => 100 })
    const begun = await json(post(RESPONSES, { ...ask, stream: false, background: true }, running.fetch))
    conforms('Response', begun)
    conforms('Response', await json(running.fetch(`${RESPONSES}/${begun.id}/cancel`, { method: 'POST' })))
  })

  test('the items of a stored response', async () => {
    const first = await json(post(RESPONSES, { input: 'Hi', max_output_tokens: 4 }))
    const { id } = await json(
      post(RESPONSES, {
        previous_response_id: first.id,
        max_output_tokens: 4,
        input: [
          { role: 'system', content: 'Go' },
          { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
          { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }] },
          { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
          { type: 'function_call_output', call_id: 'c', output: '4' },
          { type: 'function_call_output', call_id: 'd', output: [{ type: 'input_text', text: '5' }] },
        ],
      }),
    )
    const items = await json(fetch(`${RESPONSES}/${id}/input_items`))
    expect(items.data).toHaveLength(8)
    conforms('ResponseItemList', items)
    conforms('Response', await json(fetch(`${RESPONSES}/${id}`)))
  })

  test('stored completions', async () => {
    conforms('ChatCompletionList', await json(fetch(CHAT)))
    const messages = [{ role: 'user', content: 'Hi' }]
    const { id } = await json(post(CHAT, { messages, max_tokens: 4, store: true, metadata: { a: 'b' } }))
    conforms('ChatCompletionList', await json(fetch(CHAT)))
    conforms('CreateChatCompletionResponse', await json(fetch(`${CHAT}/${id}`)))
    conforms('CreateChatCompletionResponse', await json(post(`${CHAT}/${id}`, { metadata: {} })))
    conforms('ChatCompletionMessageList', await json(fetch(`${CHAT}/${id}/messages`)))
    conforms('ChatCompletionDeleted', await json(fetch(`${CHAT}/${id}`, { method: 'DELETE' })))
  })

  test('errors', async () => {
    const responses = await Promise.all([
      post(RESPONSES, {}),
      post(RESPONSES, { input: 'a', previous_response_id: 'resp_no' }),
      fetch(`${RESPONSES}/resp_no`),
      fetch(RESPONSES),
      fetch(`${CHAT}/chatcmpl-no`),
    ])
    expect(responses.map(({ status }) => status)).toEqual([400, 400, 404, 405, 404])
    for (const response of responses) conforms('ErrorResponse', await response.json())
  })
})
