// The Vercel AI SDK: text, streamed text, objects, tools. `openai(model)` speaks to /v1/responses; `openai.chat(model)` and
// @ai-sdk/openai-compatible to /v1/chat/completions.

import { createOpenAI } from '@ai-sdk/openai'
import { generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { createEngine } from 'infetch'
import { z } from 'zod'

const engine = await createEngine()
const openai = createOpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', fetch: engine.fetch })
const model = openai(engine.models[0].id)

const { text } = await generateText({ model, prompt: 'What is 17 + 25?', temperature: 0 })
console.log(text)

let joke = ''
for await (const delta of streamText({ model, prompt: 'Tell me a joke.' }).textStream) joke += delta
console.log(joke)

const { output } = await generateText({
  model,
  prompt: 'Give me JSON: Tom is 7 years old',
  output: Output.object({ schema: z.object({ name: z.string(), age: z.number().int() }) }),
  temperature: 0,
})
console.log(`${output.name}, ${output.age}`)

const add = tool({
  description: 'Adds two numbers.',
  inputSchema: z.object({ a: z.number().int(), b: z.number().int() }),
  execute: async ({ a, b }) => a + b,
})
const { steps } = await generateText({
  model,
  prompt: 'Add 17 and 25.',
  tools: { add },
  toolChoice: 'required',
  stopWhen: stepCountIs(1),
  temperature: 0,
})
const [call] = steps[0].toolCalls
console.log(`${call.toolName}(${call.input.a}, ${call.input.b}) = ${steps[0].toolResults[0].output}`)

await engine.close()
