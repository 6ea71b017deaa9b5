import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { MockRunner, pooledStates } from '../support/mock-runner.ts'
import { collect, expectedChoices, expectedScores, request } from './workload.ts'

const tokensOf = (choices: { tokens: readonly { token: number }[] }[]) =>
  choices.map(({ tokens }) => tokens.map(({ token }) => token))

describe('Engine', () => {
  it('generates what a plain loop gives, with log-probabilities and finish reason', async () => {
    const engine = new Engine(new MockRunner())
    const asked = request({ prompt: [5, 6, 7, 8, 9], maxTokens: 20, sampling: { topLogprobs: 3 } })
    expect(await collect(engine.generate(asked))).toEqual(expectedChoices(asked))
    expect(engine.info).toMatchObject({ running: 0, waiting: 0, promptTokens: 5, completionTokens: 20 })
    expect(engine.info.blocks.used).toBe(0)
  })

  it('ends at a stop token, which it reports, but not before minTokens', async () => {
    const engine = new Engine(new MockRunner())
    const everyOther = Array.from({ length: 25 }, (_, i) => 2 * i)
    const asked = request({ maxTokens: 40, sampling: { stopTokenIds: everyOther, minTokens: 5 } })
    const [choice] = await collect(engine.generate(asked))
    expect(choice!.finishReason).toBe('stop')
    expect(choice!.tokens.length).toBeGreaterThan(5)
    expect(choice).toEqual(expectedChoices(asked)[0])
  })

  it('gives n choices from one prompt, equal to single runs with the derived seeds', async () => {
    const runner = new MockRunner()
    const engine = new Engine(runner)
    const asked = request({ prompt: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], n: 8, maxTokens: 9 })
    const choices = await collect(engine.generate(asked))
    expect(choices).toEqual(expectedChoices(asked))
    expect(runner.prefillTokens).toBe(10 + 7)
    expect(runner.copies).toBe(7)
    expect(new Set(tokensOf(choices).map(String)).size).toBe(8)
  })

  it('pools hidden states, sharing known beginnings where only the last is wanted', async () => {
    const runner = new MockRunner({ maxBatchTokens: 4 })
    const engine = new Engine(runner)
    const prompt = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    for (const pool of ['last', 'sum', 'last'] as const) {
      const generation = engine.generate(request({ prompt, pool, maxTokens: 0 }))
      expect(await collect(generation)).toEqual([{ tokens: [], finishReason: 'length' }])
      expect(generation.pooled).toEqual(pooledStates(prompt, pool))
    }
    expect(runner.prefillTokens).toBe(10 + 10 + 2)
    for (const wrong of [{ n: 2 }, { maxTokens: 1 }, { scorePrompt: true }])
      expect(() => engine.generate(request({ prompt, pool: 'last', maxTokens: 0, ...wrong }))).toThrow(
        'Cannot pool hidden states',
      )
  })

  it('pools many prompts in few steps, one after the other without waiting', async () => {
    const runner = new MockRunner({
      maxSequences: 2,
      maxBatchTokens: 32,
      delay: () => new Promise((go) => setTimeout(go)),
    })
    const engine = new Engine(runner)
    const prompts = Array.from({ length: 24 }, (_, i) => [i, i + 1, i + 2, i + 3])
    const all = prompts.map(async (prompt) => {
      const generation = engine.generate(request({ prompt, pool: 'sum', maxTokens: 0 }))
      await collect(generation)
      expect(generation.pooled).toEqual(pooledStates(prompt, 'sum'))
      engine.check()
    })
    await Promise.all(all)
    expect(runner.steps).toBe(12)
    expect(runner.mostInFlight).toBeGreaterThan(1)
    expect(engine.info.blocks.used).toBe(0)
  })

  it('scores the prompt', async () => {
    const engine = new Engine(new MockRunner({ maxOutputs: 3 }))
    for (const maxTokens of [0, 4]) {
      const asked = request({
        prompt: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        scorePrompt: true,
        maxTokens,
        n: 2,
        sampling: { topLogprobs: 2 },
      })
      const generation = engine.generate(asked)
      expect(await collect(generation)).toEqual(expectedChoices(asked))
      expect(generation.promptScores).toEqual(expectedScores(asked))
    }
  })
})
