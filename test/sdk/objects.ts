// Answers of a given form through each client: zod schemas in, parsed objects out.

import { generateObject, generateText, Output, streamObject, streamText } from 'ai'
import { LengthFinishReasonError } from 'openai/core/error'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { providers } from './ai.ts'
import { chatOpenAi } from './langchain.ts'
import { collect, MODEL, openAi, STORY, type Stage, user } from './stage.ts'

const Person = z.object({ name: z.string(), age: z.number().int() })
const ASK = 'Give me JSON: Tom is 7 years old'
const TOM = { name: 'Tom', age: 7 }

/** One that the model would never think of. */
const Odd = z.object({
  color: z.enum(['red', 'blue']),
  sizes: z.array(z.object({ width: z.number(), unit: z.literal('cm').optional().nullable() })).max(2),
  both: z.union([z.boolean(), z.null()]),
})

export function objectCases(stage: Stage): void {
  const client = openAi(stage)
  const chat = {
    model: MODEL,
    messages: user(ASK),
    temperature: 0,
    response_format: zodResponseFormat(Person, 'person'),
  }

  describe('openai: objects', () => {
    it('parse', async () => {
      const { choices } = await client.chat.completions.parse(chat)
      expect(choices[0]!.message.parsed).toEqual(TOM)
    })

    it('the stream helper', async () => {
      const stream = client.chat.completions.stream(chat)
      const seen: unknown[] = []
      stream.on('content.delta', ({ parsed }) => seen.push(parsed))
      const final = await stream.finalChatCompletion()
      expect(final.choices[0]!.message.parsed).toEqual(TOM)
      expect(seen.length).toBeGreaterThan(3)
      expect(seen.at(-1)).toEqual(TOM)
    })

    it('of a schema that the model does not know', async () => {
      const response_format = zodResponseFormat(Odd, 'odd')
      const asked = { model: MODEL, messages: user(STORY), temperature: 1, seed: 3, response_format, max_tokens: 300 }
      const { choices } = await client.chat.completions.parse(asked)
      expect(Odd.safeParse(choices[0]!.message.parsed).success).toBe(true)
    })

    it('cut off is a LengthFinishReasonError', async () => {
      const cut = client.chat.completions.parse({ ...chat, max_tokens: 3 })
      await expect(cut).rejects.toBeInstanceOf(LengthFinishReasonError)
    })

    it('responses.parse', async () => {
      const text = { format: zodTextFormat(Person, 'person') }
      const { output_parsed } = await client.responses.parse({ model: MODEL, input: ASK, temperature: 0, text })
      expect(output_parsed).toEqual(TOM)
    })
  })

  describe.each(providers(stage))('ai: objects, %s', (_, model) => {
    const ask = { model: model(MODEL), prompt: ASK, temperature: 0, maxRetries: 0 }

    it('generateObject and Output.object', async () => {
      expect((await generateObject({ ...ask, schema: Person })).object).toEqual(TOM)
      expect((await generateText({ ...ask, output: Output.object({ schema: Person }) })).output).toEqual(TOM)
    })

    it('streamObject and partial outputs', async () => {
      const stream = streamObject({ ...ask, schema: Person })
      expect((await collect(stream.partialObjectStream)).at(-1)).toEqual(TOM)
      expect(await stream.object).toEqual(TOM)
      const outputs = streamText({ ...ask, output: Output.object({ schema: Person }) }).partialOutputStream
      expect((await collect(outputs)).at(-1)).toEqual(TOM)
    })
  })

  describe('LangChain: objects', () => {
    it.each([false, true])('withStructuredOutput, useResponsesApi %s', async (useResponsesApi) => {
      const chat = chatOpenAi(stage, { useResponsesApi })
      expect(await chat.withStructuredOutput(Person).invoke(ASK)).toEqual(TOM)
    })

    it('withStructuredOutput in JSON mode', async () => {
      const structured = chatOpenAi(stage).withStructuredOutput(Person, { method: 'jsonMode' })
      expect(await structured.invoke(ASK)).toEqual(TOM)
    })
  })
}
