// What shares a step with what, what is computed twice and what is not.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { Batch } from '../../src/engine/model-runner.ts'
import { Scheduler } from '../../src/engine/scheduler.ts'
import { deriveSeed } from '../../src/engine/seed.ts'
import { SequenceGroup } from '../../src/engine/sequence.ts'
import { MockRunner } from '../support/mock-runner.ts'
import { collect, expectedChoices, request } from './workload.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const range = (length: number, from = 0) => Array.from({ length }, (_, i) => (from + i) % 50)

function setup(options: ConstructorParameters<typeof MockRunner>[0] = {}, engineOptions = {}) {
  const batches: Batch[] = []
  const onStep = (batch: Batch) => {
    batches.push(batch)
    engine.check()
  }
  const runner = new MockRunner({ delay: turn, onStep, ...options })
  const engine = new Engine(runner, engineOptions)
  return { runner, engine, batches }
}

describe('seeds', () => {
  it('are the request’s own for choice 0, and others for each further one', () => {
    expect(deriveSeed(1234, 0)).toBe(1234)
    const seeds = [1, 2, 3, 0xffffffff].flatMap((seed) => range(128).map((choice) => deriveSeed(seed, choice + 1)))
    expect(new Set(seeds).size).toBeGreaterThan(4 * 50 - 1)
    for (const seed of seeds) expect(seed).toBe(seed >>> 0)
  })

  it('make a choice the same as a run of its own', async () => {
    const { engine } = setup()
    const asked = request({ n: 8, maxTokens: 12, sampling: { seed: 77 } })
    const together = await collect(engine.generate(asked))
    for (const [choice, expected] of together.entries()) {
      const alone = request({ maxTokens: 12, sampling: { seed: deriveSeed(77, choice) } })
      expect(await collect(engine.generate(alone))).toEqual([expected])
    }
  })
})

describe('prefix cache', () => {
  it('computes only what an earlier request has not', async () => {
    const { engine, runner } = setup() // blocks of 4
    const first = engine.generate(request({ prompt: range(18), maxTokens: 3 }))
    await collect(first)
    expect([first.cachedTokens, runner.prefillTokens]).toEqual([0, 18])
    const again = engine.generate(request({ prompt: range(18), maxTokens: 3 }))
    await collect(again)
    expect([again.cachedTokens, runner.prefillTokens]).toEqual([16, 18 + 2])
    const full = engine.generate(request({ prompt: range(16), maxTokens: 3 }))
    await collect(full)
    expect([full.cachedTokens, runner.prefillTokens]).toEqual([12, 18 + 2 + 4]) // the last token is computed
    const other = engine.generate(request({ prompt: [...range(9), 9, 40, 41, 42, 43], maxTokens: 3 }))
    await collect(other)
    expect([other.cachedTokens, runner.prefillTokens]).toEqual([8, 18 + 2 + 4 + 6])
    expect(engine.info.cachedTokens).toBe(16 + 12 + 8)
  })

  it('finds the completion too, up to the last token whose key and value were computed', async () => {
    const { engine } = setup()
    const prompt = range(6)
    const [turnOne] = await collect(engine.generate(request({ prompt, maxTokens: 15 })))
    const known = [...prompt, ...turnOne!.tokens.map(({ token }) => token)] // 21, of which 20 computed
    const asked = request({ prompt: [...known, 1, 2], maxTokens: 4 })
    const turnTwo = engine.generate(asked)
    expect(await collect(turnTwo)).toEqual(expectedChoices(asked))
    expect(turnTwo.cachedTokens).toBe(20)
  })

  it('shares the prompt with a request that came while it was computed', async () => {
    const { engine, runner } = setup({ maxBatchTokens: 8 })
    const asked = request({ prompt: range(40), maxTokens: 4 })
    const both = [engine.generate(asked), engine.generate({ ...asked, sampling: { ...asked.sampling, seed: 9 } })]
    await Promise.all(both.map((generation) => collect(generation)))
    expect(both[1]!.cachedTokens).toBe(36)
    expect(runner.prefillTokens).toBe(40 + 4)
  })

  it('scores a prompt that it knows all the same', async () => {
    const { engine } = setup()
    await collect(engine.generate(request({ prompt: range(18) })))
    const scored = engine.generate(request({ prompt: range(18), scorePrompt: true }))
    await collect(scored)
    expect(scored.promptScores.length).toBe(17)
    expect(scored.cachedTokens).toBe(0)
  })
})

describe('a step', () => {
  it('has the decode rows of all who run, and a bounded prefill chunk beside them', async () => {
    const { engine, batches } = setup(
      { contextLength: 500, blockCount: 200, maxBatchTokens: 40 },
      { prefillBesideDecode: 6 },
    )
    const short = [1, 2, 3].map((id) => engine.generate(request({ prompt: [id], maxTokens: 60 })))
    while (engine.info.completionTokens < 12) await turn()
    const from = batches.length
    const long = engine.generate(request({ prompt: range(120), maxTokens: 2 }))
    await Promise.all([...short, long].map((generation) => collect(generation)))
    const mixed = batches.slice(from).filter(({ decode, prefill }) => decode.length > 0 && prefill.length > 0)
    expect(mixed.length).toBeGreaterThanOrEqual(14)
    for (const { decode, prefill } of mixed) {
      expect(decode.length).toBeGreaterThanOrEqual(3)
      expect(prefill.reduce((sum, { tokens }) => sum + tokens.length, 0)).toBeLessThanOrEqual(6)
    }
  })

  it('has a whole batch of prefill tokens where nothing decodes', async () => {
    const { engine, batches } = setup({ contextLength: 500, blockCount: 200, maxBatchTokens: 40 })
    await collect(engine.generate(request({ prompt: range(100), maxTokens: 1 })))
    expect(batches.map(({ prefill }) => prefill[0]?.tokens.length)).toEqual([40, 40, 20])
  })

  it('is never made for a token beyond maxTokens', async () => {
    const { engine, runner } = setup()
    await collect(engine.generate(request({ maxTokens: 20 })))
    expect(runner.decodeRows).toBe(19)
    expect(runner.steps).toBe(20)
  })

  it('overshoots a stop by less than the depth', async () => {
    const { engine, runner } = setup({}, { maxDepth: 5 })
    let tokens = 0
    for (let seed = 0; seed < 40; seed++) {
      const asked = request({ maxTokens: 100, sampling: { seed, stopTokenIds: range(10) } })
      const [choice] = await collect(engine.generate(asked))
      tokens += choice!.tokens.length
      const rows = runner.decodeRows
      expect(rows - (tokens - seed - 1)).toBeLessThanOrEqual(4 * (seed + 1))
    }
  })
})

describe('more choices than slots', () => {
  it('run in waves, each with one token of the prompt computed again', async () => {
    const { engine, runner } = setup({ maxSequences: 3 })
    const asked = request({ prompt: range(11), n: 10, maxTokens: 7 })
    expect(await collect(engine.generate(asked))).toEqual(expectedChoices(asked))
    expect(runner.prefillTokens).toBeLessThanOrEqual(11 + 9 * 3)
  })
})

describe('when blocks run out', () => {
  it('the youngest gives way and gets the same tokens later', async () => {
    const { engine } = setup({ blockCount: 16, maxSequences: 4 }) // 64 positions
    const asked = [3, 5, 7, 9].map((seed) =>
      request({ prompt: [seed], maxTokens: 40, sampling: { seed, topLogprobs: 1 } }),
    )
    const ends: number[] = []
    const results = await Promise.all(
      asked.map(async (each, i) => {
        const choices = await collect(engine.generate(each))
        ends.push(i)
        return choices
      }),
    )
    expect(results).toEqual(asked.map((each) => expectedChoices(each)))
    expect(engine.info.preemptions).toBeGreaterThan(0)
    expect(ends).toEqual([0, 1, 2, 3])
    expect(engine.info.blocks.used).toBe(0)
  })

  it('nobody gives way while one who runs is about to end', async () => {
    // The first needs 4 blocks, the second 6, the last of them when the first one's last draw is in flight.
    const { engine } = setup({ blockCount: 9, maxSequences: 2 })
    const asked = [request({ prompt: [1], maxTokens: 16 }), request({ prompt: range(5), maxTokens: 20 })]
    const results = await Promise.all(asked.map((each) => collect(engine.generate(each))))
    expect(results).toEqual(asked.map((each) => expectedChoices(each)))
    expect(engine.info.preemptions).toBe(0)
  })

  it('nobody is placed whom the next steps would preempt', async () => {
    const { engine } = setup({ blockCount: 4, maxSequences: 2 })
    const asked = [request({ prompt: range(4), maxTokens: 4 }), request({ prompt: range(12, 20), maxTokens: 4 })]
    const results = await Promise.all(asked.map((each) => collect(engine.generate(each))))
    expect(results).toEqual(asked.map((each) => expectedChoices(each)))
    expect(engine.info.preemptions).toBe(0)
  })

  it('one who gave way comes back only when all its tokens are known', () => {
    const scheduler = new Scheduler(new MockRunner({ blockCount: 8 }))
    const [old, young] = [0, 1].map((order) => new SequenceGroup(request({ maxTokens: 28 }), order).sequences[0]!)
    scheduler.add(old!)
    scheduler.add(young!)
    while (scheduler.preemptions === 0) scheduler.schedule()
    const { draws } = young!
    expect(young!.inFlight).toBe(draws)
    scheduler.remove(old!)
    for (let token = 0; token < draws; token++) {
      expect(scheduler.schedule()).toBeUndefined()
      young!.tokens.push(token)
      young!.inFlight--
    }
    const prompt = young!.group.request.prompt.length
    expect(scheduler.schedule()!.prefill[0]).toMatchObject({
      tokens: young!.tokens,
      draw: young!.tokens.length - prompt,
    })
    scheduler.check()
  })
})

describe('a slow reader', () => {
  it('misses nothing and holds nobody up', async () => {
    const { engine } = setup()
    const asked = request({ maxTokens: 40 })
    const slow = engine.generate(asked)
    expect(await collect(engine.generate(asked))).toEqual(expectedChoices(asked))
    while (engine.info.running > 0) await turn()
    expect(await collect(slow)).toEqual(expectedChoices(asked))
  })
})
