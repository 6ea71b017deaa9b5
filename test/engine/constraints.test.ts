// Sequences held to constraints: masks made from known tokens only, what is drawn checked again, dead ends, walks that a
// runner gives up, beams. The constraint here is one of token ids, made by hand.

import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { GenerateRequest, TokenEvent } from '../../src/engine/generation.ts'
import type { Automaton, TokenConstraint } from '../../src/engine/token-constraint.ts'
import { NEUTRAL } from '../reference/sampling.ts'
import { MockRunner } from '../support/mock-runner.ts'

const END = 9

/** Each next token is one to three more than the last, from 10 on; it may end after `least` tokens, and not go past `most`. */
function climbing(least: number, most = Infinity): TokenConstraint {
  type State = { readonly last: number; readonly count: number; readonly over?: true }
  const next = ({ last, count, over }: State) => (over || count >= most ? [] : [last + 1, last + 2, last + 3])
  const mayEnd = ({ count, over }: State) => over === true || count >= least
  return {
    start: () => ({ last: 9, count: 0 }),
    advance(state, token) {
      const at = state as State
      if (token === END) return mayEnd(at) && !at.over ? { ...at, over: true } : undefined
      return next(at).includes(token) ? { last: token, count: at.count + 1 } : undefined
    },
    mask(state, words) {
      words.fill(0)
      const at = state as State
      const allowed = at.over ? [] : [...next(at), ...(mayEnd(at) ? [END] : [])]
      for (const token of allowed) words[token >>> 5]! |= 1 << (token & 31)
    },
    mayEnd: (state) => mayEnd(state as State),
  }
}

const request = (constraint: TokenConstraint, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt: [1, 2, 3],
  sampling: { ...NEUTRAL, seed: 5, stopTokenIds: [END] },
  maxTokens: 12,
  n: 1,
  constraint,
  ...more,
})

async function run(engine: Engine, ask: GenerateRequest) {
  const generation = engine.generate(ask)
  const choices: TokenEvent[][] = Array.from({ length: ask.n }, () => [])
  for await (const events of generation) for (const event of events) choices[event.choice]!.push(event)
  engine.check()
  return { tokens: choices.map((events) => events.map(({ token }) => token)), reasons: generation.finishReasons }
}

function climbs(tokens: readonly number[]): boolean {
  return tokens.every(
    (token, i) => token === END || (token > (tokens[i - 1] ?? 9) && token <= (tokens[i - 1] ?? 9) + 3),
  )
}

describe('masks from the CPU', () => {
  test('hold every choice, and a draw waits for the token before', async () => {
    const runner = new MockRunner({ vocabSize: 64 })
    const engine = new Engine(runner)
    const { tokens, reasons } = await run(engine, request(climbing(3), { n: 4 }))
    for (const choice of tokens) expect(climbs(choice), String(choice)).toBe(true)
    expect(new Set(tokens.map(String)).size).toBeGreaterThan(1)
    expect(reasons.every((reason) => reason === 'stop' || reason === 'length')).toBe(true)
    expect(runner.mostInFlight).toBeLessThanOrEqual(4)
    expect(engine.info.constrained).toEqual({ byRunner: 0, byMask: 4 })
  })

  test('beside them others go on being submitted ahead', async () => {
    let tick = 0
    const runner = new MockRunner({
      vocabSize: 64,
      delay: () => new Promise((resolve) => setTimeout(resolve, tick++ % 3)),
    })
    const engine = new Engine(runner)
    const free = { ...request(climbing(0)), constraint: undefined, maxTokens: 60 }
    const [held] = await Promise.all([run(engine, request(climbing(2, 30), { maxTokens: 20 })), run(engine, free)])
    expect(climbs(held.tokens[0]!)).toBe(true)
    expect(runner.mostInFlight).toBeGreaterThan(1)
  })

  test('after a preemption they go on where they were', async () => {
    const runner = new MockRunner({ vocabSize: 128, blockCount: 8, blockSize: 4 })
    const engine = new Engine(runner)
    const asks = [1, 2, 3, 4].map((seed) =>
      run(engine, request(climbing(20), { maxTokens: 14, sampling: { ...NEUTRAL, seed, stopTokenIds: [END] } })),
    )
    for (const { tokens } of await Promise.all(asks)) expect(climbs(tokens[0]!)).toBe(true)
    expect(engine.info.preemptions).toBeGreaterThan(0)
  })

  test('nothing left: stop where it may end, length where not', async () => {
    const engine = new Engine(new MockRunner({ vocabSize: 64 }))
    const none = { ...NEUTRAL, seed: 1, stopTokenIds: [] }
    const withoutEnd = (constraint: TokenConstraint): TokenConstraint => ({
      ...constraint,
      mask(state, words) {
        constraint.mask(state, words)
        words[0]! &= ~(1 << END)
      },
    })
    const complete = await run(engine, request(withoutEnd(climbing(4, 4)), { sampling: none }))
    expect(complete.tokens[0]).toHaveLength(4)
    expect(complete.reasons).toEqual(['stop'])
    const dead = await run(engine, request(withoutEnd(climbing(5, 4)), { sampling: none }))
    expect(dead.tokens[0]).toHaveLength(4)
    expect(dead.reasons).toEqual(['length'])
  })

  test('a runner that does not heed them fails', async () => {
    class Deaf extends MockRunner {
      override submit(batch: Parameters<MockRunner['submit']>[0]) {
        const deaf = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ ...row, mask: undefined }))
        return super.submit({ decode: deaf(batch.decode), prefill: deaf(batch.prefill) })
      }
    }
    const engine = new Engine(new Deaf({ vocabSize: 64 }))
    await expect(run(engine, request(climbing(3)))).rejects.toThrow(/the mask of a draw forbids token/)
  })
})

test('beams hold to it', async () => {
  const runner = new MockRunner({
    vocabSize: 32,
    logprobs: (tokens) => Array.from({ length: 32 }, (_, id) => -((id * 7 + tokens.length * 3) % 32)),
  })
  const engine = new Engine(runner)
  const beams = { width: 4, lengthPenalty: 1, earlyStopping: false }
  const { tokens } = await run(engine, request(climbing(3, 6), { n: 3, beams, maxTokens: 8 }))
  expect(tokens).toHaveLength(3)
  for (const choice of tokens) {
    expect(climbs(choice), String(choice)).toBe(true)
    expect(choice.at(-1)).toBe(END)
    expect(choice.length).toBeGreaterThan(3)
  }
  expect(new Set(tokens.map(String)).size).toBe(3)
})

test('a walk that the runner gives up is taken over, and what it drew meanwhile dropped', async () => {
  /** Walks only the first three tokens; then draws what it likes. */
  class Forgetful extends MockRunner {
    readonly #held = new Map<number, { left: number; state: object }>()
    override openSlot(...args: Parameters<MockRunner['openSlot']>) {
      this.#held.delete(args[0])
      super.openSlot(...args)
    }
    constrainSlot(slot: number, _: Automaton, place: object): boolean {
      this.#held.set(slot, { left: 3, state: place })
      return true
    }
    override submit(batch: Parameters<MockRunner['submit']>[0]) {
      const walk = <T extends { slot: number; draw?: number; mask?: Uint32Array }>(rows: readonly T[]) =>
        rows.map((row) => {
          const held = this.#held.get(row.slot)
          if (!held || row.draw === undefined || held.left-- <= 0) return row
          const mask = new Uint32Array(2)
          constraint.mask(held.state, mask)
          const token = mask.findIndex((word) => word !== 0) * 32 + 31 - Math.clz32(mask.find((word) => word !== 0)!)
          held.state = constraint.advance(held.state, token)!
          const only = new Uint32Array(2)
          only[token >>> 5] = 1 << (token & 31)
          return { ...row, mask: only }
        })
      return super.submit({ decode: walk(batch.decode), prefill: walk(batch.prefill) })
    }
  }
  const constraint: TokenConstraint = {
    ...climbing(20),
    automaton: {} as Automaton,
    place: (state) => state as ReturnType<NonNullable<TokenConstraint['place']>>,
  }
  const runner = new Forgetful({ vocabSize: 64 })
  const engine = new Engine(runner)
  const { tokens, reasons } = await run(engine, request(constraint))
  expect(tokens[0]).toHaveLength(12)
  expect(climbs(tokens[0]!), String(tokens[0])).toBe(true)
  expect(reasons).toEqual(['length'])
  expect(engine.info.constrained.byRunner).toBe(1)
  expect(engine.info.constrained.byMask).toBe(1)
})
