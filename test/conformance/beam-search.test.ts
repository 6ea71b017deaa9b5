// Beam search on a real model through the whole engine, against a plain loop over its float64 log-probabilities, and behind
// the API.

import { beforeAll, describe, expect, test } from 'vitest'
import { createFetch } from '../../src/api/router.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { BeamOptions } from '../../src/engine/generation.ts'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { collect, request } from '../engine/workload.ts'
import { searchBeams } from '../reference/beam-search.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { forward } from '../reference/llama.ts'
import { logSoftmax } from '../reference/sampling.ts'
import { cpuLlama, type LayerStates } from '../support/cpu-llama.ts'
import { CpuRunner } from '../support/cpu-runner.ts'
import { sharedData, sharedJson } from '../support/shared-data.ts'
import { storiesHost } from '../support/stories-host.ts'

const FOLDER = 'data/models/stories260K-hf'
const MAX_TOKENS = 14

async function stories() {
  const files = resolveModelFiles(`${sharedData}/${FOLDER}`)
  const spec = describeModel(await readConfig(files))
  const weights = await checkpointWeights(await openCheckpoint(files))
  return { spec, weights, model: cpuLlama(spec, weights) }
}

describe.skipIf(!sharedData)('beam search on stories260K', () => {
  let model: Awaited<ReturnType<typeof stories>>
  let engine: Engine
  beforeAll(async () => {
    model = await stories()
    engine = new Engine(new CpuRunner(model.model, model.spec.contextLength))
  })

  /** Log-probabilities after each sequence, kept. */
  function logprobsOf() {
    const known = new Map<string, { path: readonly LayerStates[]; logprobs: Float64Array }>()
    const after = (ids: readonly number[]): { path: readonly LayerStates[]; logprobs: Float64Array } => {
      const key = ids.join()
      const found = known.get(key)
      if (found) return found
      const path = ids.length > 1 ? after(ids.slice(0, -1)).path : []
      const { state, logits } = model.model.step(path, ids.at(-1)!)
      const made = { path: [...path, state], logprobs: logSoftmax(logits) }
      known.set(key, made)
      return made
    }
    return (ids: readonly number[]) => after(ids).logprobs
  }

  test('is the plain loop’s for widths 1–8, each penalty and stopping rule', async () => {
    const ids: number[] = sharedJson(`${FOLDER}/reference.json`).greedy_ids_from_bos
    // Beginnings of a story, and ends of its sentences to stop at.
    const prompts = [ids.slice(0, 5), ids.slice(0, 12)]
    const stopTokenIds = [ids[20]!, ids[31]!]
    const logprobs = logprobsOf()
    const runs = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((width) =>
      [0, 0.5, 1, 2].flatMap((lengthPenalty) =>
        ([true, false, 'never'] as const).map(
          (earlyStopping): BeamOptions => ({ width, lengthPenalty, earlyStopping }),
        ),
      ),
    )
    const lengths = new Set<number>()
    for (const prompt of prompts)
      for (const beams of runs) {
        const asked = request({ prompt, n: beams.width, maxTokens: MAX_TOKENS, beams, sampling: { stopTokenIds } })
        const expected = searchBeams({ ...asked, ...beams, stops: stopTokenIds }, logprobs)
        const choices = await collect(engine.generate(asked))
        expect(choices.map(({ tokens }) => tokens.map(({ token }) => token))).toEqual(expected.map(({ ids }) => ids))
        for (const { ids, stopped } of expected) if (stopped) lengths.add(ids.length)
      }
    expect(lengths.size).toBeGreaterThan(5)
    engine.check()
    expect(engine.info.blocks.used).toBe(0)
  })

  test('the tokens’ log-probabilities are those of a whole forward pass', async () => {
    const beams: BeamOptions = { width: 6, lengthPenalty: 1, earlyStopping: false }
    const asked = request({ prompt: [1, 403, 407], n: 6, maxTokens: MAX_TOKENS, beams })
    for (const { tokens } of await collect(engine.generate(asked))) {
      const all = [...asked.prompt, ...tokens.map(({ token }) => token)]
      const logits = forward(model.spec, model.weights, all)
      const { vocabSize } = model.spec
      for (const [i, { token, logprob }] of tokens.entries()) {
        const row = asked.prompt.length - 1 + i
        expect(logprob).toBeCloseTo(logSoftmax(logits.subarray(row * vocabSize, (row + 1) * vocabSize))[token]!, 9)
      }
    }
  })

  test('behind the API: the best answers with their scores, chat and completions, streamed as unstreamed', async () => {
    const { host, engine } = await storiesHost()
    const fetch = createFetch(host)
    const ask = { model: 'stories260K', temperature: 0, use_beam_search: true, best_of: 5, n: 3, max_tokens: 10 }
    const post = (path: string, body: object) => fetch(path, { method: 'POST', body: JSON.stringify(body) })
    const complete = async (body: object) => (await post('/v1/completions', { prompt: 'Lily', ...ask, ...body })).json()

    const { choices, usage } = await complete({ logprobs: 2, return_token_ids: true })
    expect(choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2])
    const lengths = choices.map((choice: { token_ids: number[] }) => choice.token_ids.length)
    expect(usage.completion_tokens).toBe(lengths.reduce((a: number, b: number) => a + b))
    const means = choices.map(({ logprobs }: { logprobs: { token_logprobs: number[] } }) => {
      const { token_logprobs: scores } = logprobs
      return scores.reduce((a, b) => a + b) / scores.length
    })
    expect(means).toEqual([...means].sort((a, b) => b - a))
    for (const top of choices[0].logprobs.top_logprobs) expect(Object.keys(top).length).toBeLessThanOrEqual(3)

    const three = { best_of: 3, stop: 'e' }
    const whole = await complete(three)
    const streamed = await (await post('/v1/completions', { prompt: 'Lily', ...ask, ...three, stream: true })).text()
    const chunks = streamed
      .split('\n\n')
      .filter((line) => line.startsWith('data: {'))
      .flatMap((line) => JSON.parse(line.slice(6)).choices)
    for (const { index, text, finish_reason } of whole.choices) {
      const own = chunks.filter((choice) => choice.index === index)
      expect(own.map((choice) => choice.text).join('')).toBe(text)
      expect(own.at(-1).finish_reason).toBe(finish_reason)
      expect(text).not.toContain('e')
    }
    const chat = await post('/v1/chat/completions', { ...ask, messages: [{ role: 'user', content: 'Once' }] })
    expect((await chat.json()).choices).toHaveLength(3)
    expect(engine.info.blocks.used).toBe(0)
  })
})
