// Functions that the model calls, through each client. The embedded model is very small, so calls are forced where one is
// expected; their arguments fit the schema all the same.

import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool as langChainTool } from '@langchain/core/tools'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { zodFunction, zodResponsesFunction } from 'openai/helpers/zod'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { providers } from './ai.ts'
import { chatOpenAi } from './langchain.ts'
import { collect, MODEL, openAi, type Stage, user } from './stage.ts'

const Weather = z.object({ city: z.enum(['Paris', 'Oslo']) })
const fits = (value: unknown) => expect(Weather.safeParse(value).error).toBeUndefined()
const ASK = 'How is the weather in Oslo?'
const named = { type: 'function' as const, function: { name: 'weather' } }

export function toolCases(stage: Stage): void {
  openAiCases(stage)
  responsesCases(stage)
  aiCases(stage)
  langChainCases(stage)
}

function openAiCases(stage: Stage): void {
  const { completions } = openAi(stage).chat
  const weather = zodFunction({ name: 'weather', parameters: Weather })
  const ask = { model: MODEL, messages: user(ASK), temperature: 0, max_tokens: 100, tools: [weather] }

  describe('openai: tools', () => {
    it.each(['required' as const, named])('create and parse, tool_choice %s', async (tool_choice) => {
      const { choices } = await completions.create({ ...ask, tool_choice })
      expect(choices[0]!.finish_reason).toBe('tool_calls')
      const [call] = choices[0]!.message.tool_calls!
      expect(call).toMatchObject({ type: 'function', id: expect.stringMatching(/./), function: { name: 'weather' } })
      const parsed = await completions.parse({ ...ask, tool_choice })
      const [parsedCall] = parsed.choices[0]!.message.tool_calls ?? []
      fits(parsedCall?.type === 'function' && parsedCall.function.parsed_arguments)
    })

    it('the stream helper', async () => {
      const stream = completions.stream({ ...ask, tool_choice: 'required', parallel_tool_calls: false })
      let written = ''
      stream.on('tool_calls.function.arguments.delta', ({ arguments_delta: delta }) => {
        written += delta
      })
      const call = (await stream.finalFunctionToolCall())!
      expect(call.name).toBe('weather')
      expect(written).toBe(call.arguments)
      fits(JSON.parse(written))
    })

    it('raw chunks name a call once', async () => {
      const asked = { ...ask, tool_choice: 'required' as const, parallel_tool_calls: false, stream: true as const }
      const deltas = (await collect(await completions.create(asked))).flatMap(
        ({ choices }) => choices[0]?.delta.tool_calls ?? [],
      )
      expect(deltas.length).toBeGreaterThan(2)
      expect(deltas.map(({ index }) => index)).toEqual(deltas.map(() => 0))
      expect(deltas.filter(({ id }) => id)).toHaveLength(1)
      expect(deltas.filter(({ function: f }) => f?.name)).toHaveLength(1)
      fits(JSON.parse(deltas.map(({ function: f }) => f?.arguments ?? '').join('')))
    })

    it.each([false, true])('runTools, stream %s', async (stream) => {
      const seen: unknown[] = []
      const run = (args: unknown) => {
        seen.push(args)
        return 'It is cold.'
      }
      const tools = [zodFunction({ name: 'weather', parameters: Weather, function: run })]
      const runner = stream
        ? completions.runTools({ ...ask, tools, tool_choice: named, stream: true })
        : completions.runTools({ ...ask, tools, tool_choice: named })
      await runner.done()
      fits(seen[0])
      expect(runner.messages.at(-1)).toMatchObject({ role: 'tool', content: 'It is cold.' })
    })

    it('runTools goes on until the model answers', async () => {
      const tools = [zodFunction({ name: 'weather', parameters: Weather, function: () => 'It is cold.' })]
      const runner = completions.runTools({ ...ask, tools }, { maxChatCompletions: 3 })
      await runner.done()
      expect(runner.allChatCompletions().length).toBeGreaterThan(0)
      expect(runner.messages.length).toBeGreaterThan(1)
    })

    it('deprecated functions', async () => {
      const functions = [{ name: 'weather', parameters: z.toJSONSchema(Weather) as Record<string, unknown> }]
      const { model, messages, temperature, max_tokens } = ask
      const asked = { model, messages, temperature, max_tokens, functions, function_call: { name: 'weather' } }
      const { choices } = await completions.create(asked)
      fits(JSON.parse(choices[0]!.message.function_call!.arguments))
    })

    it('tool_choice none answers in words', async () => {
      const { choices } = await completions.create({ ...ask, tool_choice: 'none' })
      expect(choices[0]!.message.tool_calls).toBeUndefined()
      expect(choices[0]!.message.content).toMatch(/./)
    })
  })
}

function responsesCases(stage: Stage): void {
  const { responses } = openAi(stage)
  const weather = zodResponsesFunction({ name: 'weather', parameters: Weather })
  const ask = { model: MODEL, input: ASK, temperature: 0, max_output_tokens: 100, tools: [weather] }

  describe('openai: tools of responses', () => {
    it('parse, and the output given back', async () => {
      const first = await responses.parse({ ...ask, tool_choice: 'required', parallel_tool_calls: false })
      const call = first.output.find((item) => item.type === 'function_call')!
      fits(call.parsed_arguments)
      const input = [{ type: 'function_call_output' as const, call_id: call.call_id, output: 'It is cold.' }]
      const next = { ...ask, input, previous_response_id: first.id, tool_choice: 'none' as const }
      expect((await responses.create(next)).output_text).toMatch(/./)
    })

    it('stream', async () => {
      const asked = { ...ask, tool_choice: 'required' as const, parallel_tool_calls: false, stream: true as const }
      const events = await collect(await responses.create(asked))
      const written = events.flatMap((event) =>
        event.type === 'response.function_call_arguments.delta' ? [event.delta] : [],
      )
      const done = events.find((event) => event.type === 'response.function_call_arguments.done')
      expect(written.length).toBeGreaterThan(2)
      expect(done).toMatchObject({ arguments: written.join('') })
      fits(JSON.parse(written.join('')))
    })
  })
}

function aiCases(stage: Stage): void {
  describe.each(providers(stage))('ai: tools, %s', (_, model) => {
    const weather = tool({
      description: 'Tells.',
      inputSchema: Weather,
      execute: async ({ city }) => `cold in ${city}`,
    })
    const ask = {
      model: model(MODEL),
      prompt: ASK,
      temperature: 0,
      maxOutputTokens: 100,
      maxRetries: 0,
      tools: { weather },
    }

    it('generateText with a required call, whose result goes back', async () => {
      const { steps, text } = await generateText({
        ...ask,
        stopWhen: stepCountIs(2),
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
      })
      fits(steps[0]!.toolCalls[0]!.input)
      expect(steps[0]!.toolResults[0]!.output).toMatch(/^cold in /)
      expect(steps).toHaveLength(2)
      expect(text).toMatch(/./)
    })

    it('streamText with a named call', async () => {
      const toolChoice = { type: 'tool' as const, toolName: 'weather' as const }
      const parts = await collect(streamText({ ...ask, toolChoice, stopWhen: stepCountIs(1) }).fullStream)
      const types = parts.map(({ type }) => type)
      expect(types).toEqual(expect.arrayContaining(['tool-input-delta', 'tool-call', 'tool-result']))
      fits(parts.find((part) => part.type === 'tool-call')!.input)
    })
  })
}

function langChainCases(stage: Stage): void {
  const weather = langChainTool(async ({ city }) => `cold in ${city}`, {
    name: 'weather',
    description: 'Tells.',
    schema: Weather,
  })

  describe.each([false, true])('LangChain: tools, useResponsesApi %s', (useResponsesApi) => {
    const chat = chatOpenAi(stage, { useResponsesApi, maxTokens: 100 })
    // LangChain takes no 'required' along to responses.
    const bound = chat.bindTools([weather], { tool_choice: 'weather', parallel_tool_calls: false })

    it('bindTools, and the result given back', async () => {
      const asked = await bound.invoke(ASK)
      const [call] = asked.tool_calls!
      fits(call!.args)
      const content = await weather.invoke(call!.args as z.output<typeof Weather>)
      const result = new ToolMessage({ content, tool_call_id: call!.id! })
      expect((await chat.invoke([new HumanMessage(ASK), asked, result])).text).toMatch(/./)
    })

    it('streamed', async () => {
      const chunks = await collect(await bound.stream(ASK))
      const all = chunks.reduce((sum, chunk) => sum.concat(chunk))
      expect(chunks.length).toBeGreaterThan(2)
      fits(all.tool_calls![0]!.args)
    })

    it('withStructuredOutput by a function call', async () => {
      fits(await chat.withStructuredOutput(Weather, { method: 'functionCalling' }).invoke(ASK))
    })
  })
}
