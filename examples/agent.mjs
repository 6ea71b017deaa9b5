// An agent loop with the OpenAI SDK's runTools: the model calls functions of the page until it has an answer.

import { createEngine } from 'infetch'
import OpenAI from 'openai'
import { zodFunction } from 'openai/helpers/zod'
import { z } from 'zod'

const engine = await createEngine()
const client = new OpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', fetch: engine.fetch })

const notes = new Map([['shopping', 'milk, bread']])
const tools = [
  zodFunction({
    name: 'read_note',
    description: 'Reads a note.',
    parameters: z.object({ title: z.enum(['shopping', 'work']) }),
    function: ({ title }) => notes.get(title) ?? 'There is no such note.',
  }),
  zodFunction({
    name: 'write_note',
    description: 'Writes a note.',
    parameters: z.object({ title: z.enum(['shopping', 'work']), text: z.string().max(40) }),
    function: ({ title, text }) => {
      notes.set(title, text)
      return 'Written.'
    },
  }),
]

const runner = client.chat.completions.runTools(
  {
    model: engine.models[0].id,
    messages: [{ role: 'user', content: 'What is in my shopping note?' }],
    tools,
    max_tokens: 60,
    temperature: 0,
  },
  { maxChatCompletions: 4 },
)
runner.on('functionToolCall', ({ name, arguments: args }) => console.log(`${name} ${args}`))
runner.on('functionToolCallResult', (result) => console.log(result))
console.log(await runner.finalContent())

await engine.close()
