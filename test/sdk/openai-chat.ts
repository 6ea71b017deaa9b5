// The openai package: chat completions, completions, models and embeddings, as a user would write them.

import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { CONTEXT, collect, MODEL, openAi, STORY, type Stage, SUM, user, VOCAB_SIZE, WIDTH } from './stage.ts'

export function openAiChatCases(stage: Stage): void {
  const client = openAi(stage)
  const sum = { model: MODEL, messages: user(SUM), temperature: 0 }
  const story = { model: MODEL, messages: user(STORY), max_tokens: 300 }

  describe('openai: chat completions', () => {
    it('create', async () => {
      const completion = await client.chat.completions.create(sum)
      expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } })
      expect(completion.choices[0]!.message.content).toContain('5')
      expect(completion.usage!.total_tokens).toBeGreaterThan(completion.usage!.completion_tokens)
    })

    it('withResponse and asResponse', async () => {
      const { data, response, request_id } = await client.chat.completions.create(sum).withResponse()
      expect(data).toMatchObject({ _request_id: request_id })
      expect(response.headers.get('x-request-id')).toBe(request_id)
      const raw = await client.chat.completions.create(sum).asResponse()
      expect((await raw.json()).choices[0].message.content).toBe(data.choices[0]!.message.content)
    })

    it('a stream adds up to what create says', async () => {
      const options = { ...story, max_tokens: 16, temperature: 0.8, seed: 7 }
      const whole = await client.chat.completions.create(options)
      const stream_options = { include_usage: true }
      const chunks = await collect(await client.chat.completions.create({ ...options, stream: true, stream_options }))
      const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
      expect(text).toBe(whole.choices[0]!.message.content)
      expect(chunks.length).toBeGreaterThan(3)
      expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 16 })
    })

    it('the stream helper', async () => {
      const heard: string[] = []
      const stream = client.chat.completions.stream({ ...sum, logprobs: true, stream_options: { include_usage: true } })
      stream.on('content', (delta) => heard.push(delta))
      const final = await stream.finalChatCompletion()
      expect(heard.join('')).toBe(final.choices[0]!.message.content)
      expect(await stream.finalContent()).toContain('5')
      expect(final.choices[0]!.logprobs!.content!.map(({ token }) => token).join('')).toBe(heard.join(''))
      expect((await stream.totalUsage()).completion_tokens).toBeGreaterThan(0)
    })

    it('the same seed gives the same answer alone and beside seven others', async () => {
      const say = async (extra: object = {}) => {
        const { choices } = await client.chat.completions.create({ ...story, max_tokens: 24, seed: 11, ...extra })
        return choices[0]!.message.content
      }
      const alone = await say()
      const others = Array.from({ length: 7 }, (_, i) => say({ seed: 100 + i, max_tokens: 8 + 5 * i }))
      const [beside] = await Promise.all([say(), ...others])
      expect(beside).toBe(alone)
      expect(new Set(await Promise.all(others)).size).toBeGreaterThan(1)
    })

    it('stored ones are listed, retrieved, updated and deleted', async () => {
      const { completions } = client.chat
      const { id } = await completions.create({ ...sum, store: true, metadata: { kind: 'sum' } })
      expect((await collect(completions.list({ metadata: { kind: 'sum' } }))).map((entry) => entry.id)).toEqual([id])
      expect((await completions.retrieve(id)).choices[0]!.message.content).toContain('5')
      expect(await collect(completions.messages.list(id))).toMatchObject([{ role: 'user', content: SUM }])
      expect((await completions.update(id, { metadata: { kind: 'x' } })).metadata).toEqual({ kind: 'x' })
      expect(await completions.delete(id)).toMatchObject({ id, deleted: true })
      await expect(completions.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    })
  })

  describe('openai: completions, models, embeddings', () => {
    it('completions create and stream', async () => {
      const options = {
        model: MODEL,
        prompt: ['Once', 'Hello'],
        max_tokens: 6,
        temperature: 0,
        logprobs: 1,
        echo: true,
      }
      const whole = await client.completions.create(options)
      expect(whole.choices.map(({ index }) => index)).toEqual([0, 1])
      expect(whole.choices[0]!.text.startsWith('Once')).toBe(true)
      expect(whole.choices[0]!.logprobs!.token_logprobs![0]).toBeNull()
      const text = ['', '']
      for await (const { choices } of await client.completions.create({ ...options, stream: true }))
        for (const choice of choices) text[choice.index] += choice.text
      expect(text).toEqual(whole.choices.map((choice) => choice.text))
    })

    it('models list and retrieve', async () => {
      const [model, ...others] = await collect(client.models.list())
      expect(others).toEqual([])
      expect(model).toMatchObject({ id: MODEL, object: 'model', max_model_len: CONTEXT })
      expect(model).toMatchObject({ capabilities: expect.arrayContaining(['chat', 'embedding']) })
      expect(model).toMatchObject({ meta: { n_params: expect.any(Number), n_embd: WIDTH, n_vocab: VOCAB_SIZE } })
      expect(await client.models.retrieve(MODEL)).toMatchObject({ ...model })
    })

    it('embeddings in base64, which it asks for, as in floats', async () => {
      const input = ['What is 2 + 3?', 'What is 3 + 2?', 'Tell me a story about a kind fox.']
      const { data, usage } = await client.embeddings.create({ model: MODEL, input })
      const floats = await client.embeddings.create({ model: MODEL, input, encoding_format: 'float' })
      expect(data.map(({ embedding }) => embedding.length)).toEqual([WIDTH, WIDTH, WIDTH])
      expect(usage.prompt_tokens).toBeGreaterThan(12)
      data.forEach(({ embedding }, i) => {
        embedding.forEach((x, j) => {
          expect(x).toBeCloseTo(floats.data[i]!.embedding[j]!, 5)
        })
      })
      const [sum, other, tale] = data.map(({ embedding }) => embedding)
      const cosine = (a: number[], b: number[]) => a.reduce((dot, x, i) => dot + x * b[i]!, 0)
      expect(cosine(sum!, sum!)).toBeCloseTo(1, 5)
      expect(cosine(sum!, other!)).toBeGreaterThan(cosine(sum!, tale!))
      const few = await client.embeddings.create({ model: MODEL, input: input[0]!, dimensions: 16 })
      expect(few.data[0]!.embedding.length).toBe(16)
    })
  })

  describe('openai: giving up', () => {
    it('before, while waiting, and in the middle of a stream', async () => {
      const aborted = { signal: AbortSignal.abort() }
      await expect(client.chat.completions.create(story, aborted)).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
      const waiting = new AbortController()
      const answer = client.chat.completions.create(story, { signal: waiting.signal })
      setTimeout(() => waiting.abort(), 30)
      await expect(answer).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
      await stage.allFreed()
      const stop = new AbortController()
      const stream = await client.chat.completions.create({ ...story, stream: true }, { signal: stop.signal })
      let chunks = 0
      for await (const _ of stream) if (++chunks === 3) stop.abort()
      expect(chunks).toBeLessThan(50)
      await stage.allFreed()
    })

    it('by leaving the loop, and by a timeout', async () => {
      for await (const _ of await client.chat.completions.create({ ...story, stream: true })) break
      await stage.allFreed()
      const late = client.chat.completions.create(story, { timeout: 20, maxRetries: 1 })
      await expect(late).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
      await stage.allFreed()
    })

    it('of embeddings', async () => {
      const stop = new AbortController()
      const input = Array.from({ length: 500 }, (_, i) => [i, i + 1, i + 2])
      const many = client.embeddings.create({ model: MODEL, input }, { signal: stop.signal })
      setTimeout(() => stop.abort(), 30)
      await expect(many).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
      await stage.allFreed()
    })
  })
}
