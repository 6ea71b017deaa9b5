// The model in the repository: its template and tokenizer give the ids it was trained on, and the GPU says what PyTorch
// said when it was exported.

import { describe, expect, it } from 'vitest'
import reference from '../models/embedded/reference.json'
import { embeddedModel } from '../src/embedded-model.ts'
import { createEngine } from '../src/index.ts'
import { testGpu } from './support/device.ts'
import { loadRunner, prefillLogits } from './support/load-runner.ts'

const gpu = await testGpu()

describe('the embedded model', () => {
  it('first case: the five largest logits are those of PyTorch in float32', async () => {
    const loaded = await loadRunner(gpu, embeddedModel, { weights: 'f16' })
    const [{ prompt_ids, ids, top5 }] = reference.cases as [(typeof reference.cases)[0] & { top5: number[][][] }]
    const logits = await prefillLogits(loaded, [...prompt_ids, ...ids])
    const { vocabSize } = loaded.spec
    expect(top5.length).toBe(ids.length)
    for (const [i, expected] of top5.entries()) {
      const row = logits.subarray((prompt_ids.length - 1 + i) * vocabSize, (prompt_ids.length + i) * vocabSize)
      for (const [token, logit] of expected as [number, number][])
        expect(Math.abs(row[token]! - logit)).toBeLessThan(5e-3)
    }
    loaded.runner.close()
  })

  it('greedy answers are those of PyTorch, token for token', async () => {
    const engine = await createEngine({ device: gpu.device })
    for (const { messages, prompt_ids, ids } of reference.cases) {
      const body = {
        model: 'infetch-embedded',
        messages,
        temperature: 0,
        max_tokens: ids.length,
        return_token_ids: true,
      }
      const response = await engine.fetch('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body) })
      const answer = await response.json()
      expect(answer.prompt_token_ids).toEqual(prompt_ids)
      expect(answer.choices[0].token_ids).toEqual(ids)
    }
    await engine.close()
  })
})
