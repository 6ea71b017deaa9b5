// The engine over the WebGPU runner and a small random Llama: what shares blocks, or is computed twice, gives the same
// tokens as what runs alone. Works in a page too.

import { afterAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { GenerateRequest } from '../../src/engine/generation.ts'
import { deriveSeed } from '../../src/engine/seed.ts'
import { searchBeams } from '../reference/beam-search.ts'
import { forward, hiddenStates } from '../reference/llama.ts'
import { logSoftmax } from '../reference/sampling.ts'
import { testGpu } from '../support/device.ts'
import { gpuWeights, loadRunner } from '../support/load-runner.ts'
import { tinyLlama } from '../support/tiny-llama.ts'
import { collect, request } from './workload.ts'

const BLOCKS = 12
const gpu = await testGpu()
const loaded = await loadRunner(gpu, tinyLlama(), { maxSequences: 4, kvCacheBytes: BLOCKS * blockBytes() })
const { runner, spec } = loaded
const engine = new Engine(runner)
afterAll(() => {
  engine.close()
  gpu.device.destroy()
})

function blockBytes(): number {
  return 2 * 2 * 2 * 16 * 16 * 4 // keys and values, layers, heads, head_dim, positions, f32
}

const prompt = Array.from({ length: 37 }, (_, i) => 10 + ((i * 7) % 90))

async function tokensOf(asked: GenerateRequest): Promise<number[][]> {
  const choices = await collect(engine.generate(asked))
  engine.check()
  return choices.map(({ tokens }) => tokens.map(({ token }) => token))
}

describe('Engine on a GPU', () => {
  it('has few blocks', () => {
    expect(spec.layers.length).toBe(2)
    expect(runner.blockCount).toBe(BLOCKS)
  })

  it('draws for each of n choices what a run of its own draws', async () => {
    const together = await tokensOf(request({ prompt, n: 6, maxTokens: 14, sampling: { seed: 5, topK: 40 } }))
    expect(new Set(together.map(String)).size).toBe(6)
    for (const [choice, expected] of together.entries()) {
      const alone = request({ prompt, maxTokens: 14, sampling: { seed: deriveSeed(5, choice), topK: 40 } })
      expect(await tokensOf(alone)).toEqual([expected])
    }
    expect(engine.info.cachedTokens).toBe(6 * 32)
  })

  it('draws the same after blocks ran out', async () => {
    const asked = [0, 1, 2, 3].map((seed) =>
      request({
        prompt: prompt.slice(0, 4 + 5 * seed),
        maxTokens: 60,
        sampling: { seed, repetitionPenalty: 1.2, frequencyPenalty: 0.3, presencePenalty: 0.1 },
      }),
    )
    const together = await Promise.all(asked.map((each) => tokensOf(each)))
    expect(engine.info.preemptions).toBeGreaterThan(0)
    for (const [i, each] of asked.entries()) expect(await tokensOf(each)).toEqual(together[i])
  })

  it('finds the beams that a float64 forward finds, with blocks for some of them only', async () => {
    const weights = await gpuWeights(loaded)
    const known = new Map<string, Float64Array>()
    const logprobs = (ids: readonly number[]) => {
      const row = known.get(ids.join()) ?? logSoftmax(forward(spec, weights, ids).slice(-spec.vocabSize))
      known.set(ids.join(), row)
      return row
    }
    const { preemptions } = engine.info
    for (const width of [3, 6]) {
      const beams = { width, lengthPenalty: 1, earlyStopping: false }
      const asked = request({ prompt: prompt.slice(0, 14), n: width, maxTokens: 6, beams })
      expect(await tokensOf(asked)).toEqual(searchBeams({ ...asked, ...beams }, logprobs).map(({ ids }) => ids))
    }
    expect(engine.info.preemptions).toBeGreaterThan(preemptions)
  })

  it('pools the hidden states that a float64 forward has, whatever runs beside', async () => {
    const weights = await gpuWeights(loaded)
    const beside = tokensOf(request({ prompt: prompt.slice(3), maxTokens: 20 }))
    for (const ids of [prompt.slice(0, 1), prompt.slice(1, 18), [...prompt, ...prompt.slice(9), ...prompt]]) {
      const states = hiddenStates(spec, weights, ids)
      for (const pool of ['last', 'sum'] as const) {
        const generation = engine.generate(request({ prompt: ids, pool, maxTokens: 0 }))
        await collect(generation)
        const taken = pool === 'sum' ? states : states.slice(-1)
        const expected = taken.reduce((sum, state) => sum.map((x, i) => x + state[i]!))
        const scale = Math.hypot(...expected)
        expect(generation.pooled!.length).toBe(spec.hiddenSize)
        expected.forEach((x, i) => {
          expect(Math.abs(generation.pooled![i]! - x) / scale).toBeLessThan(1e-5)
        })
      }
    }
    await beside
  })

  it('scores a prompt as it scores what it draws', async () => {
    const asked = request({ prompt: prompt.slice(0, 9), maxTokens: 30, sampling: { topLogprobs: 3, temperature: 0 } })
    const [drawn] = await collect(engine.generate(asked))
    const known = [...asked.prompt, ...drawn!.tokens.map(({ token }) => token)]
    const scoring = engine.generate({ ...asked, prompt: known, maxTokens: 0, scorePrompt: true })
    await collect(scoring)
    const scores = scoring.promptScores.slice(8)
    expect(scores.map(({ token }) => token)).toEqual(known.slice(9))
    for (const [i, { logprob, top }] of scores.entries()) {
      expect(logprob).toBeCloseTo(drawn!.tokens[i]!.logprob, 4)
      expect(top.map(({ token }) => token)).toEqual(drawn!.tokens[i]!.top.map(({ token }) => token))
    }
  })
})
