// Whole models with random weights, held to automata: nothing waits for a result, and all that is drawn conforms.

import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { TableWalker } from '../../src/constraint/index.ts'
import type { SampledToken } from '../../src/engine/model-runner.ts'
import { NEUTRAL } from '../reference/sampling.ts'
import { placeOf, RandomWalk, spellingsOf, tablesOf, smallVocabulary as v, withTables } from '../support/constraints.ts'
import { testGpu } from '../support/device.ts'
import { loadRunner } from '../support/load-runner.ts'
import { uniform } from '../support/random.ts'
import { tinyLlama } from '../support/tiny-llama.ts'

const SLOTS = withTables.length
const END = v.eos[0]!
const gpu = await testGpu({ floor: true })
const { runner } = await loadRunner(gpu, tinyLlama({ config: { vocab_size: v.size } }), {
  vocabulary: spellingsOf(v),
  maxSequences: SLOTS,
})
afterAll(() => {
  runner.close()
  gpu.device.destroy()
})
afterEach(() => vi.restoreAllMocks())

const walkers = withTables.map(([, spec]) => new TableWalker(tablesOf(spec)))
const prompt = [72, 101, 108, 108, 111]

/** All steps are submitted before the first result is awaited. Tokens by slot, and how often a buffer was mapped. */
async function generate(held: boolean, seed: number, steps: number): Promise<{ tokens: number[][]; mapped: number }> {
  const mapAsync = vi.spyOn(GPUBuffer.prototype, 'mapAsync')
  const slots = Array.from({ length: SLOTS }, (_, slot) => slot)
  for (const slot of slots) {
    runner.openSlot(slot, { ...NEUTRAL, seed: seed + slot, stopTokenIds: v.eos, minTokens: 30 }, prompt, [])
    const walker = walkers[slot]!
    if (held) expect(runner.constrainSlot(slot, walker.tables, placeOf(walker.start()))).toBe(true)
    const each = Math.ceil((prompt.length + steps) / runner.blockSize)
    runner.setBlocks(
      slot,
      0,
      Array.from({ length: each }, (_, i) => slot * each + i),
    )
  }
  const prefill = slots.map((slot) => ({ slot, start: 0, tokens: prompt, draw: 0 }))
  const results: Promise<readonly SampledToken[]>[] = [runner.submit({ decode: [], prefill })]
  for (let draw = 1; draw < steps; draw++) {
    const position = prompt.length + draw - 1
    results.push(runner.submit({ decode: slots.map((slot) => ({ slot, position, draw })), prefill: [] }))
  }
  const drawn = await Promise.all(results)
  const mapped = mapAsync.mock.calls.length
  mapAsync.mockRestore()
  return { tokens: slots.map((slot) => drawn.map((step) => step[slot]!.token)), mapped }
}

describe('a runner with constraints', () => {
  it('draws only what each automaton allows, many steps ahead, and maps no more than free decode', async () => {
    const steps = 60
    const free = await generate(false, 1, steps)
    expect(free.mapped).toBe(steps)
    let ended = 0
    for (const seed of [100, 200]) {
      const { tokens, mapped } = await generate(true, seed, steps)
      expect(mapped).toBe(steps)
      for (const [slot, list] of tokens.entries()) {
        const walk = new RandomWalk(walkers[slot]!, v, uniform(1))
        const end = list.indexOf(END)
        for (const [i, token] of list.slice(0, end < 0 ? steps : end).entries()) {
          expect(walk.allows(token), `${withTables[slot]![0]}, token ${i}`).toBe(true)
          walk.take(token)
        }
        if (end < 0) continue
        expect(walk.allows(END), withTables[slot]![0]).toBe(true)
        // min_tokens holds back the end as long as anything else may come.
        if (end < 30) expect(walk.mask.every((word, i) => word === (i === END >>> 5 ? 1 << (END & 31) : 0))).toBe(true)
        expect(list.slice(end).every((token) => token === END)).toBe(true)
        ended++
      }
    }
    expect(ended).toBeGreaterThan(SLOTS / 2)
  })
})
