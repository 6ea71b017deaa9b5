import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { GenerateRequest } from '../../src/engine/generation.ts'
import { MockRunner, pooledStates } from '../support/mock-runner.ts'
import { uniform } from '../support/random.ts'
import { collect, expectedChoices, expectedScores, request, VOCAB } from './workload.ts'

// Few distinct prompts, built from shared pieces, so that prefixes are met again.
const piece = fc.constantFrom([1, 2, 3, 4], [5], [6, 7, 8], [9, 10, 11, 12, 13, 14, 15, 16])
const prompt = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.flat())

const anyRequest = fc
  .record({
    prompt,
    maxTokens: fc.oneof(
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 24 }) },
    ),
    n: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 7 }) }),
    scorePrompt: fc.boolean(),
    pool: fc.constantFrom(...Array.from({ length: 8 }, () => undefined), 'last' as const, 'sum' as const),
    sampling: fc.record({
      seed: fc.integer({ min: 0, max: 5 }),
      stopTokenIds: fc.constantFrom([], [3], [3, 9, 27, 31]),
      minTokens: fc.constantFrom(0, 0, 6),
      topLogprobs: fc.constantFrom(undefined, 2),
    }),
  })
  .map((parts) => request(parts.pool ? { ...parts, maxTokens: 0, n: 1, scorePrompt: false } : parts))

const workload = fc.record({
  seed: fc.integer(),
  requests: fc.array(
    fc.record({
      request: anyRequest,
      /** Turns of the event loop before it is asked. */
      after: fc.integer({ min: 0, max: 30 }),
      leave: fc.constantFrom('no', 'no', 'no', 'stop', 'break', 'abort'),
      /** Events seen before it leaves. */
      leaveAfter: fc.integer({ min: 0, max: 12 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  blockSize: fc.constantFrom(1, 2, 4, 8),
  positions: fc.integer({ min: 64, max: 100 }),
  maxSequences: fc.integer({ min: 1, max: 8 }),
  maxBatchTokens: fc.integer({ min: 1, max: 24 }),
  maxOutputs: fc.integer({ min: 1, max: 12 }),
  maxDepth: fc.integer({ min: 1, max: 8 }),
})

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('Engine under random workloads', () => {
  it('gives every request what it gives alone, keeps its books and ends with no block in use', async () => {
    let preemptions = 0
    let hits = 0
    let copies = 0
    await fc.assert(
      fc.asyncProperty(workload, async ({ seed, requests, positions, maxDepth, blockSize, ...sizes }) => {
        const next = uniform(seed)
        const delay = async () => {
          for (let turns = Math.floor(next() * 4); turns > 0; turns--) await turn()
        }
        const runner = new MockRunner({
          ...sizes,
          vocabSize: VOCAB,
          blockSize,
          blockCount: Math.ceil(positions / blockSize),
          delay,
          onStep: () => engine.check(),
        })
        const engine = new Engine(runner, { maxDepth })
        await Promise.all(
          requests.map(async ({ request, after, leave, leaveAfter }) => {
            for (let i = 0; i < after; i++) await turn()
            await (leave === 'no' ? runToEnd(engine, request) : runAndLeave(engine, request, leave, leaveAfter))
            engine.check()
          }),
        )
        expect(engine.info).toMatchObject({ state: 'ready', running: 0, waiting: 0 })
        expect(engine.info.blocks.used).toBe(0)
        expect(runner.mostInFlight).toBeLessThanOrEqual(maxDepth)
        preemptions += engine.info.preemptions
        hits += engine.info.cachedTokens
        copies += runner.copies
      }),
      { numRuns: 500, seed: 20 },
    )
    // The workloads reached what they are meant to reach.
    expect(preemptions).toBeGreaterThan(50)
    expect(hits).toBeGreaterThan(1000)
    expect(copies).toBeGreaterThan(100)
  })
})

async function runToEnd(engine: Engine, request: GenerateRequest): Promise<void> {
  const generation = engine.generate(request)
  expect(await collect(generation)).toEqual(expectedChoices(request))
  expect(generation.pooled).toEqual(request.pool && pooledStates(request.prompt, request.pool))
  expect(generation.promptScores).toEqual(request.scorePrompt ? expectedScores(request) : [])
}

/** Ends a request early. What came until then must be the beginning of what it would have given. */
async function runAndLeave(engine: Engine, request: GenerateRequest, how: string, after: number): Promise<void> {
  const expected = expectedChoices(request)
  const controller = new AbortController()
  const generation = engine.generate({ ...request, signal: controller.signal })
  const seen = expected.map(() => 0)
  const stopped = new Set<number>()
  let events = 0
  const leave = () => {
    if (how === 'abort') controller.abort(new Error('enough'))
    else if (how === 'stop')
      for (let choice = 0; choice < request.n; choice += 2) {
        generation.stop(choice)
        stopped.add(choice)
      }
  }
  const read = async () => {
    for await (const batch of generation) {
      for (const { choice, finishReason, ...token } of batch) {
        expect(stopped.has(choice)).toBe(false)
        expect(token).toEqual(expected[choice]!.tokens[seen[choice]!++])
      }
      events++
      if (events === after) leave()
      if (events >= after && how === 'break') break
    }
  }
  if (after === 0) leave()
  const aborts = () => controller.signal.aborted
  await read().catch((error) => {
    if (!aborts() || error.message !== 'enough') throw error
  })
  if (how !== 'stop') return
  expected.forEach((choice, i) => {
    if (stopped.has(i)) expect(seen[i]).toBeLessThanOrEqual(choice.tokens.length)
    else expect(seen[i]).toBe(choice.tokens.length)
  })
}
