// Every body the API gives, against OpenAI's published description, over the small trained model on the CPU.

import { beforeAll, describe, expect, test } from 'vitest'
import { createFetch } from '../../src/api/router.ts'
import { type Conforms, openApi } from '../support/openapi.ts'
import { sharedData } from '../support/shared-data.ts'
import { storiesHost } from '../support/stories-host.ts'

const CHAT = '/v1/chat/completions'
const COMPLETION = '/v1/completions'
const messages = [{ role: 'user', content: 'Once upon a time' }]

const CHAT_VARIANTS: Record<string, object> = {
  plain: {},
  'with logprobs': { logprobs: true, top_logprobs: 3 },
  'with n': { n: 3, temperature: 1, seed: 1 },
  'with best_of': { best_of: 3, temperature: 1, stream: false },
  'of no tokens': { max_tokens: 0 },
  'ended by a stop string': { stop: 'l' },
  'ended by a stop token': { logit_bias: { 2: 100 } },
  'with prompt_logprobs and token ids': { prompt_logprobs: 2, return_token_ids: true },
  'with usage': { stream_options: { include_usage: true } },
  'with usage all along': { stream_options: { continuous_usage_stats: true } },
  'with service_tier': { service_tier: 'auto', metadata: { a: 'b' }, store: true, user: 'u' },
}
const COMPLETION_VARIANTS: Record<string, object> = {
  plain: {},
  'of two prompts': { prompt: ['Once', 'The'], n: 2, temperature: 1 },
  'of ids': { prompt: [[1, 403], [1]] },
  'with logprobs': { logprobs: 3 },
  'with logprobs 0': { logprobs: 0 },
  'with echo and logprobs': { echo: true, logprobs: 2 },
  'that only scores': { echo: true, logprobs: 2, max_tokens: 0 },
  'of no tokens': { max_tokens: 0 },
  'with prompt_logprobs and token ids': { prompt_logprobs: 2, return_token_ids: true },
  'with usage': { stream_options: { include_usage: true } },
  'with usage all along': { stream_options: { continuous_usage_stats: true } },
}

describe.skipIf(!sharedData)('bodies as OpenAI describes them', () => {
  let conforms: Conforms
  let fetch: typeof globalThis.fetch
  beforeAll(async () => {
    conforms = openApi()
    fetch = createFetch((await storiesHost()).host)
  })

  const post = (path: string, body: object) =>
    fetch(path, {
      method: 'POST',
      body: JSON.stringify({ model: 'stories260K', temperature: 0, max_tokens: 6, ...body }),
    })
  const chunks = async (response: Response) => {
    const frames = (await response.text()).trimEnd().split('\n\n')
    expect(frames.pop()).toBe('data: [DONE]')
    return frames.map((frame) => JSON.parse(frame.slice('data: '.length)))
  }

  describe.each([
    [CHAT, 'CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse', CHAT_VARIANTS, { messages }],
    [
      COMPLETION,
      'CreateCompletionResponse',
      'CreateCompletionResponse',
      COMPLETION_VARIANTS,
      { prompt: 'Once upon a time' },
    ],
  ])('%s', (path, whole, chunk, variants, base) => {
    test.each(Object.entries(variants))('%s', async (_, extra) => {
      const { stream_options: _options, ...unstreamed } = extra as { stream_options?: object }
      const response = await post(path, { ...base, ...unstreamed })
      const body = await response.json()
      expect(response.status, JSON.stringify(body)).toBe(200)
      conforms(whole, body)
      if ('best_of' in extra) return
      const streamed = await chunks(await post(path, { ...base, ...extra, stream: true }))
      expect(streamed.length).toBeGreaterThan(0)
      for (const part of streamed) conforms(chunk, part)
    })
  })

  test('models', async () => {
    conforms('ListModelsResponse', await (await fetch('/v1/models')).json())
    conforms('Model', await (await fetch('/v1/models/stories260K')).json())
  })

  test('errors', async () => {
    const responses = await Promise.all([
      post(CHAT, {}),
      post(CHAT, { messages, temperature: 9 }),
      post(CHAT, { messages, model: 'no' }),
      post(COMPLETION, { prompt: 'a', max_tokens: 1000 }),
      fetch('/v1/nope'),
      fetch(COMPLETION),
    ])
    expect(responses.map(({ status }) => status)).toEqual([400, 400, 404, 400, 404, 405])
    for (const response of responses) conforms('ErrorResponse', await response.json())
  })
})
