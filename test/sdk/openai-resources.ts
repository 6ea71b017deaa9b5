// What openai-node's own tests/api-resources ask of chat completions, completions, models, embeddings and responses
// (29 cases in its 7.5), asked here of the embedded model: ids are those of answers made before, not of a mock server.

import OpenAI, { type APIPromise } from 'openai'
import { describe, expect, it } from 'vitest'
import { MODEL, openAi, type Stage, SUM, user } from './stage.ts'

/** One promise is the raw response, the data, and both, whichever is asked first. */
async function answersThrice<T>(promise: APIPromise<T>): Promise<T> {
  const raw = await promise.asResponse()
  expect(raw).toBeInstanceOf(Response)
  const data = await promise
  expect(data).not.toBeInstanceOf(Response)
  const both = await promise.withResponse()
  expect(both.data).toBe(data)
  expect(both.response).toBe(raw)
  return data
}

/** What all their optional parameters have in common. */
const ALL = {
  frequency_penalty: -2,
  presence_penalty: -2,
  n: 1,
  seed: 0,
  stop: '\n',
  stream: false,
  top_p: 1,
  user: 'u',
}
const ELSEWHERE = { path: '/_stainless_unknown_path' }

export function openAiResourceCases(stage: Stage): void {
  const client = openAi(stage, { maxRetries: 0 })
  const { completions } = client.chat
  const ask = { model: MODEL, messages: [{ content: 'string', role: 'developer' as const }], max_tokens: 4 }
  const stored = async () => (await completions.create({ ...ask, store: true })).id
  const response = async () => (await client.responses.create({ model: MODEL, input: 'Hi', max_output_tokens: 4 })).id

  describe('openai-node’s cases: chat completions', () => {
    it('create', () => answersThrice(completions.create(ask)))
    it('create with every parameter', async () => {
      const answer = await completions.create({
        ...ALL,
        ...ask,
        max_completion_tokens: 0,
        max_tokens: 0,
        logprobs: true,
        top_logprobs: 0,
        metadata: { foo: 'string' },
        store: true,
        temperature: 1,
        seed: Number.MIN_SAFE_INTEGER,
        reasoning_effort: 'none',
        response_format: { type: 'text' },
        service_tier: 'auto',
        parallel_tool_calls: true,
        tool_choice: 'none',
        tools: [{ type: 'function', function: { name: 'name', parameters: { foo: 'bar' }, strict: true } }],
        // Accepted as unknown fields are, and named in a header:
        modalities: ['text'],
        prediction: { content: 'string', type: 'content' },
        prompt_cache_key: 'key',
        safety_identifier: 'safety',
        verbosity: 'low',
        web_search_options: { search_context_size: 'low' },
      } as OpenAI.ChatCompletionCreateParamsNonStreaming)
      expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } })
    })
    it.each([
      ['logit_bias', { logit_bias: { foo: 0 } }],
      ['stream_options', { stream_options: { include_usage: true } }],
    ])('create with their %s is refused: it makes no sense', async (param, extra) => {
      await expect(completions.create({ ...ask, ...extra })).rejects.toMatchObject({ status: 400, param })
    })
    it('retrieve', async () => answersThrice(completions.retrieve(await stored())))
    it('update', async () => answersThrice(completions.update(await stored(), { metadata: { foo: 'string' } })))
    it('list', () => answersThrice(completions.list()))
    it('list with every parameter, at another path', async () => {
      const query = { after: 'after', limit: 0, metadata: { foo: 'string' }, model: 'model', order: 'asc' as const }
      await expect(completions.list(query, ELSEWHERE)).rejects.toThrow(OpenAI.NotFoundError)
    })
    it('delete', async () => answersThrice(completions.delete(await stored())))
    it('messages list', async () => answersThrice(completions.messages.list(await stored())))
    it('messages list with every parameter, at another path', async () => {
      const query = { after: 'after', limit: 0, order: 'asc' as const }
      await expect(completions.messages.list('completion_id', query, ELSEWHERE)).rejects.toThrow(OpenAI.NotFoundError)
    })
  })

  describe('openai-node’s cases: completions', () => {
    const ask = { model: MODEL, prompt: 'This is a test.', max_tokens: 4 }
    it('create', () => answersThrice(client.completions.create(ask)))
    it('create with every parameter', async () => {
      const answer = await client.completions.create({
        ...ALL,
        ...ask,
        stream: false,
        echo: true,
        logprobs: 0,
        best_of: 1,
      })
      expect(answer.choices[0]!.text.startsWith(ask.prompt)).toBe(true)
    })
    it.each([
      ['logit_bias', { logit_bias: { foo: 0 } }],
      ['stream_options', { stream_options: { include_usage: true } }],
      ['best_of', { best_of: 0 }],
      ['suffix', { suffix: 'test.' }], // the model has no tokens for it
    ])('create with their %s is refused: it makes no sense', async (param, extra) => {
      await expect(client.completions.create({ ...ask, ...extra })).rejects.toMatchObject({ status: 400, param })
    })
  })

  describe('openai-node’s cases: models and embeddings', () => {
    const input = 'The quick brown fox jumped over the lazy dog'
    it('models retrieve', () => answersThrice(client.models.retrieve(MODEL)))
    it('models list', () => answersThrice(client.models.list()))
    it('models delete is no method here', async () => {
      await expect(client.models.delete(MODEL)).rejects.toMatchObject({ status: 405, code: 'method_not_allowed' })
    })
    it('embeddings create', () => answersThrice(client.embeddings.create({ model: MODEL, input })))
    it('embeddings create with every parameter', async () => {
      const every = { dimensions: 1, encoding_format: 'float' as const, user: 'user-1234' }
      const { data } = await client.embeddings.create({ model: MODEL, input, ...every })
      expect(Math.abs(data[0]!.embedding[0]!)).toBe(1)
    })
  })

  describe('openai-node’s cases: responses', () => {
    const { responses } = client
    it('create', () => answersThrice(responses.create({ model: MODEL, input: SUM, max_output_tokens: 4 })))
    it('create without anything is refused: it has nothing to answer', async () => {
      await expect(responses.create({})).rejects.toMatchObject({ status: 400, param: 'input' })
    })
    it('retrieve', async () => answersThrice(responses.retrieve(await response())))
    it('retrieve with every parameter, at another path', async () => {
      const query = { include: ['file_search_call.results' as const], starting_after: 0, stream: false as const }
      await expect(responses.retrieve('resp_677', query, ELSEWHERE)).rejects.toThrow(OpenAI.NotFoundError)
    })
    it('delete', async () => answersThrice(responses.delete(await response())))
    it('cancel', async () => {
      const { id } = await responses.create({ model: MODEL, input: user(SUM), background: true })
      await answersThrice(responses.cancel(id))
    })
    it('input items list', async () => answersThrice(responses.inputItems.list(await response())))
    it('input items list with every parameter, at another path', async () => {
      const query = { after: 'after', limit: 0, order: 'asc' as const }
      await expect(responses.inputItems.list('response_id', query, ELSEWHERE)).rejects.toThrow(OpenAI.NotFoundError)
    })
    it('input tokens at another path', async () => {
      await expect(responses.inputTokens.count({ input: 'a' }, ELSEWHERE)).rejects.toThrow(OpenAI.NotFoundError)
    })
    it('input tokens count', async () => {
      const { input_tokens: counted } = await answersThrice(responses.inputTokens.count({ model: MODEL, input: SUM }))
      const { usage } = await responses.create({ model: MODEL, input: SUM, max_output_tokens: 1 })
      expect(counted).toBe(usage!.input_tokens)
    })
    it('compact is no route here', async () => {
      const compact = responses.compact({ model: MODEL as 'gpt-5', input: 'string' })
      await expect(compact).rejects.toMatchObject({ status: 405 })
    })
  })
}
