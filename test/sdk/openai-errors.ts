// The openai package: which of its error classes each failure becomes, and what it tries again.

import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { CONTEXT, MODEL, openAi, type Stage, SUM, user } from './stage.ts'

const sum = { model: MODEL, messages: user(SUM), temperature: 0 }

/** With a field that only vLLM has. */
type Streaming = OpenAI.ChatCompletionCreateParamsStreaming & { readonly min_tokens: number }

/** A client whose calls of fetch are counted. */
function counting(stage: Pick<Stage, 'fetch'>) {
  let calls = 0
  const fetch: typeof globalThis.fetch = (input, init) => {
    calls++
    return stage.fetch(input, init)
  }
  return { client: openAi({ fetch }), calls: () => calls }
}

/** While the model loads. */
export function openAiLoadingCases(stage: Pick<Stage, 'fetch'>): void {
  describe('openai: while the model loads', () => {
    it('503 is an InternalServerError, and is tried again until the model is there', async () => {
      const { client, calls } = counting(stage)
      const error = await client.models.list({ maxRetries: 0 }).then(undefined, (error) => error)
      expect(error).toBeInstanceOf(OpenAI.InternalServerError)
      expect(error).toMatchObject({ status: 503, code: 'model_loading' })
      const { choices } = await client.chat.completions.create(sum, { maxRetries: 200 })
      expect(choices[0]!.message.content).toContain('5')
      expect(calls()).toBeGreaterThan(2)
    })
  })
}

export function openAiErrorCases(stage: Stage): void {
  describe('openai: errors', () => {
    it('BadRequestError: a field, the context, before a stream too; not tried again', async () => {
      const { client, calls } = counting(stage)
      const bad = client.chat.completions.create({ ...sum, temperature: 9.5 })
      await expect(bad).rejects.toBeInstanceOf(OpenAI.BadRequestError)
      await expect(bad).rejects.toMatchObject({
        status: 400,
        param: 'temperature',
        code: 'decimal_above_max_value',
        type: 'invalid_request_error',
        requestID: expect.stringMatching(/^req_/),
      })
      const long = client.chat.completions.create({ ...sum, max_tokens: CONTEXT, stream: true })
      await expect(long).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
      const input = client.embeddings.create({ model: MODEL, input: 'a', dimensions: 9999 })
      await expect(input).rejects.toMatchObject({ status: 400, param: 'dimensions' })
      expect(calls()).toBe(3)
    })

    it('AuthenticationError: another key; not tried again', async () => {
      const { client, calls } = counting(stage)
      const stranger = client.withOptions({ apiKey: 'other' })
      await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
      expect(calls()).toBe(1)
    })

    it('NotFoundError: an unknown model, route and stored answer', async () => {
      const { client } = counting(stage)
      const unknown = [
        client.chat.completions.create({ ...sum, model: 'no' }),
        client.embeddings.create({ model: 'no', input: 'a' }),
        client.models.retrieve('org/no'),
        client.responses.retrieve('resp_no'),
        client.files.list(),
      ]
      await Promise.all(unknown.map((one) => expect(one).rejects.toBeInstanceOf(OpenAI.NotFoundError)))
    })

    it('RateLimitError: a full queue; tried again', async () => {
      const { client, calls } = counting(stage)
      const stop = new AbortController()
      const options = { signal: stop.signal, maxRetries: 0 }
      const crowd = Array.from({ length: 280 }, () => client.chat.completions.create(sum, options))
      const patient = client.chat.completions.create(sum, { maxRetries: 9 })
      const refused = await Promise.race(
        crowd.map((one) =>
          one.then(
            () => undefined,
            (error) => error,
          ),
        ),
      )
      expect(refused).toBeInstanceOf(OpenAI.RateLimitError)
      expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
      stop.abort()
      await Promise.allSettled(crowd)
      expect((await patient).choices[0]!.message.content).toContain('5')
      expect(calls()).toBeGreaterThan(crowd.length + 1)
    })
  })
}

/** Leaves the stage without a device: run last. */
export function openAiLostDeviceCases(stage: Stage, lose: () => void): void {
  describe('openai: a lost device', () => {
    it('InternalServerError, in a stream an APIError; tried again', async () => {
      const { client, calls } = counting(stage)
      const stream = await client.chat.completions.create({ ...sum, min_tokens: 100, stream: true } as Streaming)
      const read = async () => {
        for await (const _ of stream) lose()
      }
      await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError)
      const before = calls()
      const late = client.chat.completions.create(sum, { maxRetries: 1 })
      await expect(late).rejects.toBeInstanceOf(OpenAI.InternalServerError)
      expect(calls() - before).toBe(2)
    })
  })
}
