// Multiple choice as evaluation harnesses ask it: each answer is scored by the log-probabilities of its tokens after the
// question, read with echo and max_tokens 0. Nothing is generated.

import { createEngine } from 'infetch'
import OpenAI from 'openai'

const engine = await createEngine()
const client = new OpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', fetch: engine.fetch })

const questions = [
  { ask: 'What is 17 + 25?', answers: ['17 + 25 = 42.', '17 + 25 = 43.', '17 + 25 = 32.'], right: 0 },
  { ask: 'What is 9 + 4?', answers: ['9 + 4 = 12.', '9 + 4 = 13.', '9 + 4 = 14.'], right: 1 },
  { ask: 'Count to five.', answers: ['1, 2, 3, 5, 4', '5, 5, 5, 5, 5', '1, 2, 3, 4, 5'], right: 2 },
]

let points = 0
for (const { ask, answers, right } of questions) {
  const question = `<|im_start|>user\n${ask}<|im_end|>\n<|im_start|>assistant\n` // the chat form of this model
  const { choices } = await client.completions.create({
    model: engine.models[0].id,
    prompt: answers.map((answer) => question + answer),
    max_tokens: 0,
    echo: true,
    logprobs: 0,
    skip_special_tokens: false, // so that text offsets count the tokens of the chat form too
  })
  const scores = choices.map(({ logprobs: { text_offset: offsets, token_logprobs: logprobs } }) =>
    logprobs.reduce((sum, logprob, i) => (offsets[i] < question.length ? sum : sum + logprob), 0),
  )
  const best = scores.indexOf(Math.max(...scores))
  if (best === right) points++
  console.log(`${ask} ${answers[best]}`)
}
console.log(`${points} of ${questions.length} right`)

await engine.close()
