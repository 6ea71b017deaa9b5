// How requests end other than by their own length: refused, stopped, aborted, left, closed, failed.

import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import {
  ContextLengthError,
  EngineClosedError,
  QueueFullError,
  RequestRefusedError,
  RunnerFailedError,
} from '../../src/engine/errors.ts'
import { MockRunner } from '../support/mock-runner.ts'
import { collect, expectedChoices, request } from './workload.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const idle = { running: 0, waiting: 0 }

function setup(options: ConstructorParameters<typeof MockRunner>[0] = {}, engineOptions = {}) {
  const runner = new MockRunner({ delay: turn, onStep: () => engine.check(), ...options })
  const engine = new Engine(runner, engineOptions)
  return { runner, engine }
}

describe('a request that can never run', () => {
  it('is refused with the limit that it breaks', () => {
    const { engine } = setup({ contextLength: 32, blockCount: 6, blockSize: 4 })
    const refused = (parts: Parameters<typeof request>[0]) => expect(() => engine.generate(request(parts)))
    refused({ prompt: [] }).toThrow(RequestRefusedError)
    refused({ prompt: [1, 50] }).toThrow('ids are 0 … 49, received 50')
    refused({ prompt: [1, 1.5] }).toThrow(RequestRefusedError)
    refused({ n: 0 }).toThrow('received 0')
    refused({ maxTokens: -1 }).toThrow('received -1')
    refused({ prompt: [1, 2, 3], maxTokens: 23 }).toThrow(ContextLengthError)
    refused({ prompt: [1, 2, 3], maxTokens: 23 }).toThrow('at most 25 tokens fit, received a prompt of 3 and 23')
    expect(engine.info).toMatchObject(idle)
  })

  it('runs at the very limit', async () => {
    const { engine } = setup({ contextLength: 32, blockCount: 6, blockSize: 4 })
    const asked = request({ prompt: [1, 2, 3], maxTokens: 22, n: 3 })
    expect(await collect(engine.generate(asked))).toEqual(expectedChoices(asked))
  })

  it('is refused while the queue is full, by requests, not by choices', async () => {
    const { engine } = setup({ maxSequences: 1 }, { maxQueue: 2 })
    const asked = request({ n: 5 })
    const generations = [engine.generate(asked), engine.generate(asked)]
    expect(() => engine.generate(asked)).toThrow(QueueFullError)
    await turn() // the first has begun
    generations.push(engine.generate(asked))
    expect(() => engine.generate(asked)).toThrow(QueueFullError)
    for (const generation of generations) expect(await collect(generation)).toEqual(expectedChoices(asked))
    expect(engine.info).toMatchObject(idle)
  })
})

describe('maxTokens 0', () => {
  it('ends at once, without a step', async () => {
    const { engine, runner } = setup()
    for (const parts of [{}, { prompt: [4], scorePrompt: true }]) {
      const generation = engine.generate(request({ maxTokens: 0, n: 2, ...parts }))
      expect(await collect(generation)).toEqual([0, 1].map(() => ({ tokens: [], finishReason: 'length' })))
      expect(generation.finishReasons).toEqual(['length', 'length'])
    }
    expect(runner.steps).toBe(0)
  })
})

describe('abort', () => {
  it('throws the reason at once where the signal was aborted before', () => {
    const { engine } = setup()
    const signal = AbortSignal.abort(new Error('too late'))
    expect(() => engine.generate(request({ signal }))).toThrow('too late')
  })

  it('drops what was not taken, throws the reason once, and frees everything at once', async () => {
    const { engine } = setup()
    const controller = new AbortController()
    const generation = engine.generate(request({ maxTokens: 50, n: 3, signal: controller.signal }))
    const iterator = generation[Symbol.asyncIterator]()
    await iterator.next()
    await turn()
    expect(engine.info.blocks.used).toBeGreaterThan(0)
    controller.abort('enough')
    expect(engine.info.blocks.used).toBe(0)
    engine.check()
    await expect(iterator.next()).rejects.toBe('enough')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('wakes a loop that waits', async () => {
    const { engine } = setup({ delay: () => new Promise(() => {}) })
    const controller = new AbortController()
    const next = collect(engine.generate(request({ signal: controller.signal })))
    await turn()
    controller.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    expect(engine.info.blocks.used).toBe(0)
  })

  it('ends all requests of one signal through one listener', async () => {
    const { engine } = setup({ delay: () => new Promise(() => {}) })
    const controller = new AbortController()
    const { signal } = controller
    const all = Array.from({ length: 20 }, () => collect(engine.generate(request({ signal }))))
    for (const one of all) one.catch(() => {})
    expect(getEventListeners(signal, 'abort').length).toBe(1)
    await turn()
    controller.abort(new Error('enough'))
    for (const one of all) await expect(one).rejects.toThrow('enough')
    expect(engine.info.blocks.used).toBe(0)
    expect(getEventListeners(signal, 'abort').length).toBe(0)
  })

  it('comes too late after the last token, and leaves no listener', async () => {
    const { engine } = setup()
    const controller = new AbortController()
    const asked = request({ signal: controller.signal })
    const generation = engine.generate(asked)
    expect(getEventListeners(controller.signal, 'abort').length).toBe(1)
    while (engine.info.running + engine.info.waiting > 0) await turn()
    expect(getEventListeners(controller.signal, 'abort').length).toBe(0)
    controller.abort()
    expect(await collect(generation)).toEqual(expectedChoices(asked))
  })
})

describe('stop and break', () => {
  it('lets no event of a stopped choice through, not even one that waits to be taken', async () => {
    const { engine } = setup()
    const asked = request({ n: 2, maxTokens: 30 })
    const generation = engine.generate(asked)
    while (engine.info.completionTokens < 20) await turn() // nothing is taken
    generation.stop(0)
    expect(engine.info.running).toBe(1)
    const [first, second] = await collect(generation)
    expect(first).toEqual({ tokens: [], finishReason: 'stop' })
    expect(second).toEqual(expectedChoices(asked)[1])
    expect(() => generation.stop(2)).toThrow('there are 2, received 2')
  })

  it('goes on with the other choices where the one that computes the prompt is stopped', async () => {
    const { engine } = setup({ maxBatchTokens: 2 })
    const asked = request({ prompt: [1, 2, 3, 4, 5, 6, 7, 8, 9], n: 3 })
    const generation = engine.generate(asked)
    await turn()
    generation.stop(0)
    expect((await collect(generation)).slice(1)).toEqual(expectedChoices(asked).slice(1))
  })

  it('frees everything when the loop is left, and calculates little more', async () => {
    const { engine, runner } = setup()
    for await (const events of engine.generate(request({ maxTokens: 100 }))) if (events.length > 0) break
    expect(engine.info).toMatchObject(idle)
    expect(engine.info.blocks.used).toBe(0)
    const { steps } = runner
    for (let i = 0; i < 50; i++) await turn()
    expect(runner.steps).toBe(steps)
    expect(engine.info.inFlight).toBe(0)
  })
})

describe('close and failure', () => {
  const outcomes = (generations: ReturnType<Engine['generate']>[]) =>
    Promise.all(
      generations.map((generation) =>
        collect(generation).then(
          () => 'ended',
          (error: Error) => error,
        ),
      ),
    )

  it('ends all requests with the reason when closed', async () => {
    const { engine, runner } = setup({ maxSequences: 2 })
    const generations = [1, 2, 3].map(() => engine.generate(request({ n: 2, maxTokens: 50 })))
    const ends = outcomes(generations)
    await turn()
    engine.close()
    for (const error of await ends) expect(error).toBeInstanceOf(EngineClosedError)
    expect(runner.closed).toBe(true)
    expect(() => engine.generate(request())).toThrow(EngineClosedError)
    expect(engine.info).toMatchObject({ ...idle, state: 'closed', inFlight: 0 })
    engine.check()
    engine.close()
  })

  it('ends all requests, and every later one, with what the runner threw', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    for (const failAt of [0, 1, 7, 20]) {
      const { engine, runner } = setup({ maxSequences: 2, failAt })
      const ends = outcomes([1, 2, 3].map(() => engine.generate(request({ n: 2, maxTokens: 50 }))))
      for (const error of await ends) {
        expect(error).toBeInstanceOf(RunnerFailedError)
        expect(error).toMatchObject({ message: 'Cannot generate: the runner failed, received device lost' })
      }
      expect(() => engine.generate(request())).toThrow(RunnerFailedError)
      expect(engine.info).toMatchObject({ ...idle, state: 'failed', inFlight: 0 })
      engine.check()
      const { steps } = runner
      for (let i = 0; i < 20; i++) await turn()
      expect(runner.steps).toBe(steps)
      engine.close()
      expect(runner.closed).toBe(true)
    }
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('fails where the runner throws outright, or gives too few results', async () => {
    class Throwing extends MockRunner {
      override openSlot(): void {
        throw new Error('no such slot')
      }
    }
    class Short extends MockRunner {
      override submit(): Promise<[]> {
        return Promise.resolve([])
      }
    }
    for (const [runner, message] of [
      [new Throwing(), 'no such slot'],
      [new Short(), '1 outputs, received 0'],
    ] as const) {
      const engine = new Engine(runner)
      await expect(collect(engine.generate(request()))).rejects.toThrow(message)
      expect(engine.info.state).toBe('failed')
    }
  })
})
