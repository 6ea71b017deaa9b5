// Steps ahead of results, on a clock of the test's own.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { MockRunner } from '../support/mock-runner.ts'
import { collect, expectedChoices, request } from './workload.ts'

/** When results are seen: `stepMs` a step, one after the other, then `delayMs`, then the next multiple of `pollMs`. */
function clock({ stepMs = 1, delayMs = 0, pollMs = 0 }) {
  let freeAt = 0
  return () => {
    const now = performance.now()
    freeAt = Math.max(freeAt, now) + stepMs
    const seen = freeAt + delayMs
    const due = pollMs > 0 ? Math.ceil(seen / pollMs + 1e-9) * pollMs : seen
    return new Promise<void>((resolve) => setTimeout(resolve, due - now))
  }
}

describe('with results that come late', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  async function timed(engine: Engine, maxTokens: number): Promise<number> {
    const asked = request({ maxTokens })
    let doneAt: number | undefined
    const from = performance.now()
    const done = collect(engine.generate(asked)).then((choices) => {
      doneAt = performance.now()
      expect(choices).toEqual(expectedChoices(asked))
    })
    while (doneAt === undefined) await vi.advanceTimersByTimeAsync(1)
    await done
    return doneAt - from
  }

  it('never waits for a token: 2 ms late, three and more steps are in flight', async () => {
    const runner = new MockRunner({ contextLength: 500, blockCount: 200, delay: clock({ stepMs: 1, delayMs: 2 }) })
    const engine = new Engine(runner)
    await timed(engine, 60)
    expect(engine.info.depth).toBeGreaterThanOrEqual(3)
    expect(runner.mostInFlight).toBe(engine.info.depth)
    expect(await timed(engine, 300)).toBeLessThan(300 * 1.1 + 10)
    expect(runner.steps).toBe(360)
  })

  it('seen every 100 ms, eight steps are in flight', async () => {
    const runner = new MockRunner({ contextLength: 500, blockCount: 200, delay: clock({ stepMs: 3, pollMs: 100 }) })
    const engine = new Engine(runner)
    await timed(engine, 60)
    expect(engine.info.depth).toBe(8)
    expect(await timed(engine, 160)).toBeLessThanOrEqual((160 / 8) * 100 + 200)
    expect(runner.mostInFlight).toBe(8)
  })

  it('a request that comes meanwhile need not wait for a result', async () => {
    const runner = new MockRunner({ delay: clock({ stepMs: 3, pollMs: 100 }) })
    const engine = new Engine(runner)
    await timed(engine, 60)
    const first = collect(engine.generate(request({ maxTokens: 2 })))
    await Promise.resolve()
    const { steps } = runner
    const second = collect(engine.generate(request({ prompt: [4, 5], maxTokens: 2 })))
    await Promise.resolve()
    expect(runner.steps).toBe(steps + 2)
    await vi.advanceTimersByTimeAsync(500)
    await Promise.all([first, second])
  })
})

describe('with results that come at once', () => {
  it('lets the event loop turn all the same', async () => {
    const runner = new MockRunner({ contextLength: 2000, blockCount: 500 })
    const engine = new Engine(runner)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await collect(engine.generate(request({ maxTokens: 800 })))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })
})
