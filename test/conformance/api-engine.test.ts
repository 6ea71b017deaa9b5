// The API over the real scheduler and a real model on the CPU: scores against a whole forward pass, the flow of evaluation
// harnesses, and nothing left held after requests that end, fail or are given up.

import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { createFetch } from '../../src/api/router.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { hiddenStates } from '../reference/llama.ts'
import { sharedData, sharedJson } from '../support/shared-data.ts'
import { storiesHost } from '../support/stories-host.ts'

describe.skipIf(!sharedData)('stories260K behind the API', () => {
  let engine: Engine
  let fetch: typeof globalThis.fetch
  beforeAll(async () => {
    const stories = await storiesHost()
    engine = stories.engine
    fetch = createFetch(stories.host)
  })
  const post = (body: object, init: RequestInit = {}) =>
    fetch('/v1/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'stories260K', temperature: 0, ...body }),
      ...init,
    })
  const complete = async (body: object) => (await post(body)).json()

  test('greedy ids are those of the reference', async () => {
    const ids: number[] = sharedJson('data/models/stories260K-hf/reference.json').greedy_ids_from_bos
    const { choices } = await complete({ prompt: ids.slice(0, 1), max_tokens: 60, return_token_ids: true })
    expect(choices[0].token_ids).toEqual(ids.slice(1, 61))
  })

  test('what is generated scores the same when read again, as evaluation harnesses do', async () => {
    const prompt = [1, 403, 407, 261, 378]
    const made = (await complete({ prompt, max_tokens: 12, logprobs: 1, return_token_ids: true })).choices[0]
    const whole = [...prompt, ...made.token_ids]
    const read = (await complete({ prompt: [whole], max_tokens: 1, logprobs: 1, echo: true, seed: 1234 })).choices[0]
    const scores: number[] = read.logprobs.token_logprobs.slice(prompt.length, -1)
    expect(scores).toHaveLength(12)
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(made.logprobs.token_logprobs[i], 8)
    for (const [i, top] of read.logprobs.top_logprobs.slice(prompt.length, -1).entries())
      expect(Math.max(...Object.values<number>(top))).toBe(scores[i]) // each was the greedy choice
  })

  test('embeddings are the mean of the hidden states of a whole forward pass', async () => {
    const files = resolveModelFiles(`${sharedData}/data/models/stories260K-hf`)
    const spec = describeModel(await readConfig(files))
    const weights = await checkpointWeights(await openCheckpoint(files))
    const input = [
      [1, 403, 407, 261, 378],
      [1, 403, 407, 261, 378, 432, 383, 286],
    ]
    const body = JSON.stringify({ model: 'stories260K', input })
    const { data } = await (await fetch('/v1/embeddings', { method: 'POST', body })).json()
    for (const [i, ids] of input.entries()) {
      const sum = hiddenStates(spec, weights, ids).reduce((sum, state) => sum.map((x, j) => x + state[j]!))
      const { embedding } = data[i] as { embedding: number[] }
      const cosine = embedding.reduce((dot, x, j) => dot + x * sum[j]!, 0) / Math.hypot(...sum)
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 6)
      expect(cosine).toBeGreaterThan(0.999999)
    }
  })

  test('n choices with one seed are the runs with the derived seeds, the first with the seed itself', async () => {
    const ask = { prompt: 'It', temperature: 1, max_tokens: 10, seed: 5 }
    const { choices } = await complete({ ...ask, n: 4 })
    expect(choices[0].text).toBe((await complete(ask)).choices[0].text)
    expect(new Set(choices.map((choice: { text: string }) => choice.text)).size).toBe(4)
  })

  test('nothing is held after requests that end, stop, fail or are given up', async () => {
    const request = fc.record({
      prompt: fc.array(fc.constantFrom('Once', 'The dog', 'Lily and Tim went'), { minLength: 1, maxLength: 3 }),
      n: fc.integer({ min: 1, max: 3 }),
      temperature: fc.constant(1),
      max_tokens: fc.nat(20),
      stop: fc.constantFrom([], ['a'], ['the', '.']),
      stream: fc.boolean(),
      echo: fc.boolean(),
      logprobs: fc.option(fc.nat(5), { nil: undefined }),
      prompt_logprobs: fc.option(fc.nat(3), { nil: undefined }),
      min_tokens: fc.constantFrom(0, 0, 30),
    })
    const beams = fc.record({
      use_beam_search: fc.constant(true),
      temperature: fc.constant(0),
      best_of: fc.integer({ min: 2, max: 6 }), // refused below n, or with stream
      early_stopping: fc.constantFrom(true, false, 'never'),
      length_penalty: fc.constantFrom(-1, 0, 1, 2),
    })
    const anyRequest = fc
      .tuple(request, fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: beams }))
      .map(([body, search]) => ({ ...body, ...search }))
    const giveUp = fc.constantFrom('never', 'before', 'soon', 'after a chunk')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyRequest, giveUp), { minLength: 1, maxLength: 5 }), async (requests) => {
        await Promise.allSettled(
          requests.map(async ([body, when]) => {
            const controller = new AbortController()
            if (when === 'before') controller.abort()
            if (when === 'soon') setTimeout(() => controller.abort(), 3)
            const response = await post(body, { signal: controller.signal })
            expect([200, 400]).toContain(response.status)
            const reader = response.body!.getReader()
            await reader.read()
            if (when === 'after a chunk') return reader.cancel()
            while (!(await reader.read()).done);
          }),
        )
        engine.check()
        while (engine.info.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 1))
        expect(engine.info).toMatchObject({ running: 0, waiting: 0 })
        expect(engine.info.blocks.used).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
