// The model in the repository: its template and tokenizer give the ids it was trained on, and the GPU says what PyTorch
// said when it was exported.

import { describe, expect, it } from 'vitest'
import reference from '../models/embedded/reference.json'
import tokenizerJson from '../models/embedded/tokenizer.json'
import tokenizerConfig from '../models/embedded/tokenizer_config.json'
import { templateMessages } from '../src/api/fields/messages.ts'
import { createEngine, type InfetchEngine } from '../src/index.ts'
import { createChatTemplate, findChatTemplate } from '../src/text/chat-template.ts'
import { createTokenizer } from '../src/text/tokenizer.ts'
import { type Item, requestOf } from '../tools/eval-model/items.ts'
import { testGpu } from './support/device.ts'

type Messages = Parameters<typeof templateMessages>[0]

const gpu = await testGpu()

describe('the embedded model', () => {
  it('prompts with tools, calls and their results are those it was trained on', () => {
    const template = createChatTemplate(findChatTemplate({ tokenizerConfig }))
    const tokenizer = createTokenizer(tokenizerJson, tokenizerConfig)
    for (const { prompt_ids, ...prompt } of reference.prompts as unknown as (Item & { prompt_ids: number[] })[]) {
      const { messages, tools } = requestOf(prompt, false) as { messages: Messages; tools: object[] }
      const input = { messages: templateMessages(messages, template.source), addGenerationPrompt: true }
      const text = template.render({ ...input, variables: { tools } })
      expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(prompt_ids)
    }
  })

  it('greedy answers are those of PyTorch, token for token, their five likeliest tokens as likely as there', async () => {
    const engine = await createEngine({ device: gpu.device, kvCache: 'f32' })
    for (const { messages, prompt_ids, ids, top5 } of reference.cases) {
      const answer = await answered(engine, {
        messages,
        temperature: 0,
        max_tokens: ids.length,
        return_token_ids: true,
        logprobs: true,
        top_logprobs: 5,
      })
      expect(answer.prompt_token_ids).toEqual(prompt_ids)
      const [{ token_ids, logprobs }] = answer.choices
      expect(token_ids).toEqual(ids)
      const differences = logprobs.content.flatMap(
        ({ top_logprobs }: { top_logprobs: { logprob: number }[] }, i: number) =>
          top_logprobs.map(({ logprob }, rank) => Math.abs(logprob - top5[i]![rank]!)),
      )
      expect(differences.length).toBeGreaterThanOrEqual(5 * (ids.length - 1))
      expect(Math.max(...differences)).toBeLessThan(5e-3)
    }
    await engine.close()
  })
})

async function answered(engine: InfetchEngine, request: object) {
  const body = JSON.stringify({ model: engine.models[0]!.id, ...request })
  return (await engine.fetch('/v1/chat/completions', { method: 'POST', body })).json()
}
