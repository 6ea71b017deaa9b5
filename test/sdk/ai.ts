// The ai package over its three ways to an OpenAI server: responses (its default), chat, and openai-compatible.

import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, embed, embedMany, generateText, type LanguageModel, streamText } from 'ai'
import { describe, expect, it } from 'vitest'
import { BASE_URL, collect, KEY, MODEL, STORY, type Stage, SUM, WIDTH } from './stage.ts'

export type Provider = readonly [name: string, model: (id: string) => LanguageModel]

export function providers({ fetch }: Stage): Provider[] {
  const openai = createOpenAI({ apiKey: KEY, baseURL: BASE_URL, fetch })
  const compatible = compatibleProvider({ fetch })
  return [
    ['@ai-sdk/openai, responses', (id) => openai(id)],
    ['@ai-sdk/openai, chat', (id) => openai.chat(id)],
    ['@ai-sdk/openai-compatible', (id) => compatible(id)],
  ]
}

function compatibleProvider({ fetch }: Pick<Stage, 'fetch'>) {
  const options = { includeUsage: true, supportsStructuredOutputs: true }
  return createOpenAICompatible({ name: 'infetch', apiKey: KEY, baseURL: BASE_URL, fetch, ...options })
}

export function aiCases(stage: Stage): void {
  describe.each(providers(stage))('ai: %s', (_, model) => {
    const sum = { model: model(MODEL), prompt: SUM, temperature: 0, maxOutputTokens: 24, maxRetries: 0 }

    it('generateText', async () => {
      const { text, finishReason, usage } = await generateText(sum)
      expect(text).toContain('5')
      expect(finishReason).toBe('stop')
      expect(usage.inputTokens).toBeGreaterThan(5)
      expect(usage.outputTokens).toBeGreaterThan(2)
    })

    it('streamText gives the same text', async () => {
      const stream = streamText(sum)
      const deltas = await collect(stream.textStream)
      expect(deltas.length).toBeGreaterThan(2)
      expect(deltas.join('')).toBe((await generateText(sum)).text)
      expect(await stream.finishReason).toBe('stop')
      expect((await stream.usage).outputTokens).toBeGreaterThan(2)
    })

    it('a conversation, cut at its length', async () => {
      const messages = [
        { role: 'user' as const, content: 'My name is Tom.' },
        { role: 'assistant' as const, content: 'Hello, Tom!' },
        { role: 'user' as const, content: STORY },
      ]
      const { model } = sum
      const { finishReason, usage } = await generateText({ model, messages, maxOutputTokens: 5, maxRetries: 0 })
      expect([finishReason, usage.outputTokens]).toEqual(['length', 5])
    })

    it('an aborted stream ends and frees what it held', async () => {
      const stop = new AbortController()
      const stream = streamText({ ...sum, prompt: STORY, maxOutputTokens: 300, abortSignal: stop.signal, onError() {} })
      let parts = 0
      for await (const part of stream.fullStream) if (part.type === 'text-delta' && ++parts === 2) stop.abort()
      expect(parts).toBeLessThan(50)
      await stage.allFreed()
    })

    it('an unknown model is an APICallError that is not tried again', async () => {
      const error = await generateText({ ...sum, model: model('no'), maxRetries: 2 }).then(undefined, (error) => error)
      expect(APICallError.isInstance(error)).toBe(true)
      expect(error).toMatchObject({ statusCode: 404, isRetryable: false })
    })
  })

  describe('ai: embeddings', () => {
    const model = compatibleProvider(stage).embeddingModel(MODEL)
    it('embed and embedMany', async () => {
      const { embedding } = await embed({ model, value: SUM })
      expect(embedding.length).toBe(WIDTH)
      const { embeddings, usage } = await embedMany({ model, values: [SUM, STORY] })
      expect(embeddings.length).toBe(2)
      expect(usage.tokens).toBeGreaterThan(10)
      embeddings[0]!.forEach((x, i) => {
        expect(x).toBeCloseTo(embedding[i]!, 5)
      })
    })
  })
}
