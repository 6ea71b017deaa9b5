// Facts out of sentences, as objects of a zod schema: every answer fits, whatever the model.

import { createEngine } from 'infetch'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'

const engine = await createEngine()
const client = new OpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', fetch: engine.fetch })

const Person = z.object({ name: z.string(), age: z.number().int() })
const sentences = ['Tom is 7 years old', 'Olga is 64 years old', 'Ben is 31 years old']

const people = await Promise.all(
  sentences.map(async (sentence) => {
    const { choices } = await client.chat.completions.parse({
      model: engine.models[0].id,
      messages: [{ role: 'user', content: `Give me JSON: ${sentence}` }],
      response_format: zodResponseFormat(Person, 'person'),
      temperature: 0,
      max_tokens: 60,
    })
    return choices[0].message.parsed
  }),
)
for (const { name, age } of people) console.log(`${name}, ${age}`)

await engine.close()
