// LangChain's ChatOpenAI and OpenAIEmbeddings, as a user would write them.

import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { describe, expect, it } from 'vitest'
import { BASE_URL, collect, KEY, MODEL, STORY, type Stage, SUM } from './stage.ts'

export function chatOpenAi({ fetch }: Pick<Stage, 'fetch'>, options: object = {}): ChatOpenAI {
  const configuration = { baseURL: BASE_URL, fetch, dangerouslyAllowBrowser: true }
  return new ChatOpenAI({ model: MODEL, apiKey: KEY, temperature: 0, maxRetries: 0, configuration, ...options })
}

export function langChainCases(stage: Stage): void {
  for (const useResponsesApi of [false, true])
    describe(`LangChain: ChatOpenAI through ${useResponsesApi ? 'responses' : 'chat completions'}`, () => {
      const chat = chatOpenAi(stage, { useResponsesApi })

      it('invoke', async () => {
        const answer = await chat.invoke(SUM)
        expect(answer.text).toContain('5')
        expect(answer.usage_metadata!.output_tokens).toBeGreaterThan(2)
      })

      it('stream gives the same text', async () => {
        const chunks = await collect(await chat.stream(SUM))
        expect(chunks.map(({ text }) => text).join('')).toBe((await chat.invoke(SUM)).text)
        expect(chunks.length).toBeGreaterThan(2)
      })

      it('messages of every role, in a batch', async () => {
        const talk = [
          new SystemMessage('Be kind.'),
          new HumanMessage('Hi'),
          new AIMessage('Hello!'),
          new HumanMessage(SUM),
        ]
        const answers = await chat.batch([talk, [new HumanMessage(SUM)]])
        for (const { text } of answers) expect(text.length).toBeGreaterThan(0)
      })
    })

  describe('LangChain: what else it does', () => {
    it('gives up when its signal is aborted', async () => {
      const stop = new AbortController()
      const answer = chatOpenAi(stage, { maxTokens: 300 }).invoke(STORY, { signal: stop.signal })
      setTimeout(() => stop.abort(), 30)
      await expect(answer).rejects.toThrow(/abort/i)
      await stage.allFreed()
    })

    it('embeds documents and queries', async () => {
      const configuration = { baseURL: BASE_URL, fetch: stage.fetch, dangerouslyAllowBrowser: true }
      const embeddings = new OpenAIEmbeddings({ model: MODEL, apiKey: KEY, configuration, dimensions: 32 })
      const documents = await embeddings.embedDocuments([SUM, STORY])
      expect(documents.map(({ length }) => length)).toEqual([32, 32])
      const query = await embeddings.embedQuery(SUM)
      query.forEach((x, i) => {
        expect(x).toBeCloseTo(documents[0]![i]!, 5)
      })
    })
  })
}
