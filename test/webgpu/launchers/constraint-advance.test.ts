import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TableWalker } from '../../../src/constraint/index.ts'
import { GREEDY } from '../../../src/engine/sampling-params.ts'
import {
  placeOf,
  RandomWalk,
  spellingsOf,
  tablesOf,
  smallVocabulary as v,
  withTables,
} from '../../support/constraints.ts'
import { testGpu } from '../../support/device.ts'
import { uniform } from '../../support/random.ts'
import { readU32 } from '../../support/run-kernel.ts'
import { draws, SamplingRig } from '../../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const SLOTS = 30
const END = v.eos[0]!
const walkers = withTables.map(([, spec]) => new TableWalker(tablesOf(spec)))
let rig: SamplingRig
beforeAll(async () => {
  rig = await SamplingRig.create(gpu, { vocabSize: v.size, vocabulary: spellingsOf(v) }, SLOTS)
})
afterAll(() => rig.close())

/** Logits that make each slot draw its token, however little else would. */
function prefer(tokens: readonly number[]): Float32Array<ArrayBuffer> {
  const logits = new Float32Array(tokens.length * v.size)
  for (const [slot, token] of tokens.entries()) logits[slot * v.size + token] = 10
  return logits
}

function begin(seed: number): RandomWalk[] {
  const next = uniform(seed)
  return Array.from({ length: SLOTS }, (_, slot) => {
    const walk = new RandomWalk(walkers[slot % walkers.length]!, v, next)
    rig.state.open(slot, { ...GREEDY, stopTokenIds: v.eos }, [], [])
    rig.state.constrain(slot, walk.walker.tables, placeOf(walk.state))
    return walk
  })
}

describe('constraint-advance', () => {
  it('goes where the reference walk goes, slots with different automata side by side', async () => {
    const walks = begin(1)
    const ended = new Set<number>()
    for (let step = 0; step < 30; step++) {
      const tokens = walks.map((walk, slot) => (ended.has(slot) ? END : walk.pick()))
      rig.setLogits(prefer(tokens))
      const drawn = await rig.step(draws(SLOTS, step))
      expect(drawn.map(({ token }) => token)).toEqual(tokens)
      const mask = await readU32(gpu, rig.state.mask)
      for (const [slot, walk] of walks.entries()) {
        if (!ended.has(slot))
          expect([...mask.subarray(slot * v.words, (slot + 1) * v.words)], `${slot}, ${step}`).toEqual([...walk.mask])
        if (tokens[slot] === END) ended.add(slot)
        else walk.take(tokens[slot]!)
      }
    }
  })

  it('needs no result of the step before: what is drawn among all tokens is allowed, and ends', async () => {
    const walks = begin(2)
    const next = uniform(3)
    const steps = []
    for (let step = 0; step < 60; step++) {
      rig.setLogits(prefer(walks.map(() => Math.floor(next() * v.size))))
      steps.push(rig.step(draws(SLOTS, step)))
    }
    const ended = new Set<number>()
    for (const drawn of await Promise.all(steps))
      for (const [slot, { token }] of drawn.entries()) {
        if (ended.has(slot)) continue
        expect(walks[slot]!.allows(token), `${slot}: ${token}`).toBe(true)
        if (token === END) ended.add(slot)
        else walks[slot]!.take(token)
      }
    expect(ended.size).toBeGreaterThan(2)
  })

  it('allows only ends after a token that was not allowed', async () => {
    rig.state.open(0, GREEDY, [], [])
    const { tables } = walkers[1]!
    rig.state.constrain(0, tables, placeOf(walkers[1]!.start()))
    rig.state.setMasked(0, false) // so that the wrong token can be drawn
    rig.setLogits(prefer([7]))
    await rig.step([{ slot: 0 }])
    rig.state.setMasked(0, true)
    const steps = [rig.step([{ slot: 0, draw: 1 }]), rig.step([{ slot: 0, draw: 2 }])]
    const drawn = (await Promise.all(steps)).map(([result]) => result!.token)
    expect(drawn).toEqual([END, END])
  })
})
