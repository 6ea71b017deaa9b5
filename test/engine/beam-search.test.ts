// Beam search through the whole engine against a plain loop, on a model that is a hash of what it has seen.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_BEAMS } from '../../src/engine/beam-search.ts'
import { Engine } from '../../src/engine/engine.ts'
import { EngineClosedError, RequestRefusedError, RunnerFailedError } from '../../src/engine/errors.ts'
import type { BeamOptions, GenerateRequest } from '../../src/engine/generation.ts'
import { type Hypothesis, searchBeams } from '../reference/beam-search.ts'
import { MockRunner } from '../support/mock-runner.ts'
import { uniform } from '../support/random.ts'
import { type Choice, collect, expectedChoices, request, VOCAB } from './workload.ts'

const STOPS = [3, 9]
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Log-probabilities after some ids, peaked like a model's; the stop tokens are often likely. */
function distribution(ids: readonly number[]): number[] {
  const next = uniform(ids.reduce((seed, id) => (Math.imul(seed, 31) + id + 1) | 0, 7))
  return logSoftmax(Array.from({ length: VOCAB }, (_, id) => 5 * next() + (STOPS.includes(id) ? 1.5 : 0)))
}

function logSoftmax(logits: readonly number[]): number[] {
  const log = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))
  return logits.map((x) => x - log)
}

const beams = (parts: Partial<BeamOptions> = {}): BeamOptions => ({
  width: 4,
  lengthPenalty: 1,
  earlyStopping: false,
  ...parts,
})

function reference({ sampling, ...asked }: GenerateRequest, logprobs = distribution): Hypothesis[] {
  const { stopTokenIds: stops, minTokens } = sampling
  return searchBeams({ ...asked, ...asked.beams!, stops, minTokens }, logprobs)
}

function expectSame(choices: readonly Choice[], expected: readonly Hypothesis[]): void {
  expect(choices.map(({ tokens }) => tokens.map(({ token }) => token))).toEqual(expected.map(({ ids }) => ids))
  expect(choices.map(({ finishReason }) => finishReason)).toEqual(
    expected.map(({ stopped }) => (stopped ? 'stop' : 'length')),
  )
  for (const [i, { tokens }] of choices.entries())
    expect(tokens.reduce((sum, { logprob }) => sum + logprob, 0)).toBeCloseTo(expected[i]!.logprob, 9)
}

function setup(options: ConstructorParameters<typeof MockRunner>[0] = {}) {
  const onStep = () => engine.check()
  const runner = new MockRunner({ delay: turn, onStep, blockCount: 256, logprobs: distribution, ...options })
  const engine = new Engine(runner)
  return { runner, engine }
}

function expectIdle(engine: Engine): void {
  engine.check()
  expect(engine.info).toMatchObject({ running: 0, waiting: 0 })
  expect(engine.info.blocks.used).toBe(0)
}

describe('beam search', () => {
  for (const earlyStopping of [true, false, 'never'] as const)
    it(`is the plain loop's, widths 1–8 and penalties, early stopping ${earlyStopping}`, async () => {
      const { engine } = setup()
      let stopped = 0
      let best = 0
      for (let width = 1; width <= 8; width++)
        for (const lengthPenalty of [0, 0.5, 1, 2, -1])
          for (const prompt of [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11], [width]]) {
            const options = beams({ width, lengthPenalty, earlyStopping })
            const asked = request({ prompt, n: Math.ceil(width / 2), maxTokens: 12, beams: options })
            const stopping = { ...asked, sampling: { ...asked.sampling, stopTokenIds: STOPS } }
            const expected = reference(stopping)
            expectSame(await collect(engine.generate(stopping)), expected)
            expectSame(await collect(engine.generate(asked)), reference(asked))
            stopped += expected.filter((one) => one.stopped).length
            best += Number(expected[0]!.stopped)
          }
      expect(stopped).toBeGreaterThan(50)
      expect(best).toBeGreaterThan(20)
      expectIdle(engine)
    })

  it('prefers the lower beam, then the lower token, where sums are equal', async () => {
    const logprobs = (ids: readonly number[]) => distribution(ids).map((logprob) => Math.ceil(logprob / 2)) // sums tie
    const { engine } = setup({ logprobs })
    for (let width = 1; width <= 8; width++) {
      const asked = request({ n: width, beams: beams({ width }), sampling: { stopTokenIds: STOPS } })
      expectSame(await collect(engine.generate(asked)), reference(asked, logprobs))
    }
  })

  it('is as wide as may be, with fewer slots than beams and steps of one row', async () => {
    for (const sizes of [{ maxSequences: 32 }, { maxSequences: 3 }, { maxSequences: 1 }, { maxBatchTokens: 1 }]) {
      const { engine } = setup(sizes)
      const asked = request({ n: 5, beams: beams({ width: MAX_BEAMS }), sampling: { stopTokenIds: STOPS } })
      expectSame(await collect(engine.generate(asked)), reference(asked))
      expectIdle(engine)
    }
  })

  it('ends no answer before minTokens', async () => {
    const { engine } = setup()
    const asked = request({ n: 4, maxTokens: 12, beams: beams(), sampling: { stopTokenIds: STOPS, minTokens: 6 } })
    const choices = await collect(engine.generate(asked))
    expectSame(choices, reference(asked))
    for (const { tokens } of choices) expect(tokens.length).toBeGreaterThan(6)
  })

  it('follows a logit bias on likely tokens, by the distribution that it makes', async () => {
    const { engine } = setup()
    const logitBias = new Map([
      [3, 2],
      [17, -100],
      [20, 1],
    ])
    const biased = (ids: readonly number[]) =>
      logSoftmax(distribution(ids).map((logprob, id) => logprob + (logitBias.get(id) ?? 0)))
    const asked = request({ n: 4, maxTokens: 12, beams: beams(), sampling: { stopTokenIds: STOPS, logitBias } })
    const idsOf = (choices: readonly Choice[]) => choices.map(({ tokens }) => tokens.map(({ token }) => token))
    const choices = await collect(engine.generate(asked))
    expect(idsOf(choices)).toEqual(reference(asked, biased).map(({ ids }) => ids))
    expect(idsOf(choices)).not.toEqual(reference(asked).map(({ ids }) => ids))
    const first = choices[0]!.tokens[0]!
    expect(first.logprob).toBe(distribution(asked.prompt)[first.token]) // told as the model has it
  })

  it('reports alternatives, prompt scores and cached tokens', async () => {
    const { engine } = setup({ blockSize: 2 })
    const asked = request({ scorePrompt: true, beams: beams(), sampling: { topLogprobs: 10 } })
    const generation = engine.generate(asked)
    const [choice] = await collect(generation)
    expect(generation.promptScores).toHaveLength(2)
    for (const { top } of choice!.tokens) expect(top).toHaveLength(10)
    const again = engine.generate(request({ beams: beams() }))
    await collect(again)
    expect(again.cachedTokens).toBe(2)
    expect(engine.info.completionTokens).toBe(16)
  })

  it('shares blocks: copies only what two beams write to', async () => {
    const { engine, runner } = setup({ maxSequences: 8 })
    const prompt = Array.from({ length: 40 }, (_, i) => i)
    await collect(engine.generate(request({ prompt, maxTokens: 9, beams: beams({ width: 8 }) })))
    expect(runner.prefillTokens).toBe(40 + 8 * 8)
    expect(runner.copies).toBeLessThan(8 * 8)
    expect(engine.info.preemptions).toBe(0)
  })

  it('gives nothing where nothing may be generated', async () => {
    const { engine, runner } = setup()
    const generation = engine.generate(request({ maxTokens: 0, n: 2, beams: beams() }))
    expect(await collect(generation)).toEqual([0, 1].map(() => ({ tokens: [], finishReason: 'length' })))
    expect(runner.steps).toBe(0)
  })

  it('refuses a width below n or above its limit', () => {
    const { engine } = setup()
    for (const width of [1, MAX_BEAMS + 1, 2.5])
      expect(() => engine.generate(request({ n: 2, beams: beams({ width }) }))).toThrow(RequestRefusedError)
  })
})

describe('beam search that does not come to its end', () => {
  const asked = request({ maxTokens: 60, n: 2, beams: beams() })

  it('frees everything at once when aborted, left, or all its answers are stopped', async () => {
    for (const how of ['abort', 'leave', 'stop']) {
      const { engine } = setup()
      const controller = new AbortController()
      const generation = engine.generate({ ...asked, signal: controller.signal })
      const iterator = generation[Symbol.asyncIterator]()
      for (let i = 0; i < 20; i++) await turn()
      expect(engine.info.running).toBe(4)
      if (how === 'abort') controller.abort(new Error('enough'))
      if (how === 'leave') await iterator.return!()
      if (how === 'stop') {
        generation.stop(0)
        expect(engine.info.running).toBe(4)
        generation.stop(1)
      }
      expectIdle(engine)
      if (how === 'abort') await expect(iterator.next()).rejects.toThrow('enough')
      else expect(await iterator.next()).toEqual({ done: true, value: undefined })
    }
  })

  it('keeps the answers that were not stopped', async () => {
    const { engine } = setup()
    const short = request({ n: 3, beams: beams() })
    const generation = engine.generate(short)
    generation.stop(1)
    const choices = await collect(generation)
    expect(choices[1]).toEqual({ tokens: [], finishReason: 'stop' })
    const [first, , third] = reference(short)
    expectSame([choices[0]!, choices[2]!], [first!, third!])
  })

  it('ends with the reason when the engine is closed or its runner fails', async () => {
    for (const failAt of [0, 1, 2, 9]) {
      const { engine } = setup({ failAt })
      await expect(collect(engine.generate(asked))).rejects.toThrow(RunnerFailedError)
      expectIdle(engine)
    }
    const { engine } = setup()
    const ended = collect(engine.generate(asked))
    for (let i = 0; i < 20; i++) await turn()
    engine.close()
    await expect(ended).rejects.toThrow(EngineClosedError)
    expectIdle(engine)
  })
})

describe('beam search in company', () => {
  const workload = fc.record({
    requests: fc.array(
      fc.record({
        width: fc.integer({ min: 0, max: 6 }), // 0: no beams
        prompt: fc.constantFrom([1], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9], [20, 21]),
        maxTokens: fc.integer({ min: 1, max: 20 }),
        earlyStopping: fc.constantFrom<boolean | 'never'>(true, false, 'never'),
        stopTokenIds: fc.constantFrom([], STOPS),
        scorePrompt: fc.boolean(),
        abortAfter: fc.option(fc.integer({ min: 1, max: 40 }), { freq: 4 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    blockSize: fc.constantFrom(1, 2, 4),
    positions: fc.integer({ min: 32, max: 80 }),
    maxSequences: fc.integer({ min: 1, max: 8 }),
    maxBatchTokens: fc.integer({ min: 1, max: 24 }),
    maxOutputs: fc.integer({ min: 1, max: 12 }),
    seed: fc.integer(),
  })

  it('finds the same whatever runs beside it, however few blocks and slots there are', async () => {
    let preemptions = 0
    let copies = 0
    await fc.assert(
      fc.asyncProperty(workload, async ({ requests, positions, blockSize, seed, ...sizes }) => {
        const next = uniform(seed)
        const delay = async () => {
          for (let turns = Math.floor(next() * 4); turns > 0; turns--) await turn()
        }
        const blockCount = Math.ceil(positions / blockSize)
        const { engine, runner } = setup({ ...sizes, blockSize, blockCount, delay, vocabSize: VOCAB })
        await Promise.all(
          requests.map(async ({ width, abortAfter, earlyStopping, stopTokenIds, ...parts }) => {
            const options = width > 0 ? { n: Math.ceil(width / 2), beams: beams({ width, earlyStopping }) } : {}
            const asked = request({ ...parts, ...options, sampling: { stopTokenIds } })
            const controller = new AbortController()
            const collected = collect(engine.generate({ ...asked, signal: controller.signal }))
            if (abortAfter !== null) {
              for (let i = 0; i < abortAfter; i++) await turn()
              controller.abort(new Error('enough'))
            }
            const choices = await collected.catch((error) => {
              if (error.message !== 'enough') throw error
            })
            if (!choices) return
            if (width > 0) expectSame(choices, reference(asked))
            else expect(tokensOf(choices)).toEqual(tokensOf(expectedChoices(asked)))
          }),
        )
        expectIdle(engine)
        preemptions += engine.info.preemptions
        copies += runner.copies
      }),
      { numRuns: 150, seed: 5 },
    )
    expect(preemptions).toBeGreaterThan(200)
    expect(copies).toBeGreaterThan(500)
  })

  const tokensOf = (choices: readonly Choice[]) => choices.map(({ tokens }) => tokens.map(({ token }) => token))
})
