// The OpenAI SDK, unchanged: an answer, a streamed answer, a response, vectors.

import { createEngine } from 'infetch'
import OpenAI from 'openai'

const engine = await createEngine()
const client = new OpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', fetch: engine.fetch })
const model = engine.models[0].id

const completion = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: 'What is 17 + 25?' }],
  temperature: 0,
})
console.log(completion.choices[0].message.content)

const messages = [{ role: 'user', content: 'Tell me a story about a fox.' }]
let story = ''
for await (const chunk of await client.chat.completions.create({ model, messages, seed: 3, stream: true }))
  story += chunk.choices[0]?.delta.content ?? '' // as it comes
console.log(story)

const response = await client.responses.create({ model, input: 'Who are you?', temperature: 0 })
console.log(response.output_text)

const { data } = await client.embeddings.create({
  model,
  input: ['What is 2 + 3?', 'What is 3 + 2?', 'Tell me a story.'],
})
const cosine = (a, b) => a.embedding.reduce((dot, x, i) => dot + x * b.embedding[i], 0)
console.log(
  `two sums: ${cosine(data[0], data[1]).toFixed(2)}, a sum and a story: ${cosine(data[0], data[2]).toFixed(2)}`,
)

await engine.close()
