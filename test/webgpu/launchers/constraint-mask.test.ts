import { afterAll, describe, expect, it } from 'vitest'
import { TableWalker, Vocabulary } from '../../../src/constraint/index.ts'
import { GREEDY } from '../../../src/engine/sampling-params.ts'
import {
  json,
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

const walkers = withTables.map(([, spec]) => new TableWalker(tablesOf(spec)))

/** Rows of the mask, one a slot. */
async function masks(rig: SamplingRig, slots: number): Promise<number[][]> {
  const mask = await readU32(gpu, rig.state.mask)
  return Array.from({ length: slots }, (_, slot) => [...mask.subarray(slot * v.words, (slot + 1) * v.words)])
}

describe('constraint-mask', () => {
  it('equals the reference walk wherever a slot stands', async () => {
    const rig = await SamplingRig.create(gpu, { vocabSize: v.size, vocabulary: spellingsOf(v) }, 64)
    const next = uniform(1)
    for (let round = 0; round < 6; round++) {
      const walks = Array.from({ length: 64 }, (_, slot) => {
        const walk = new RandomWalk(walkers[slot % walkers.length]!, v, next)
        walk.takeSome(Math.floor(next() * 40))
        rig.state.open(slot, GREEDY, [], [])
        expect(rig.state.constrain(slot, walk.walker.tables, placeOf(walk.state))).toBe(true)
        return walk
      })
      await rig.step(draws(64, 0))
      const got = await masks(rig, 64)
      for (const [slot, walk] of walks.entries())
        expect(got[slot], withTables[slot % walkers.length]![0]).toEqual([...walk.mask])
    }
    rig.close()
  })

  it('leaves alone slots that are held to none, and rows that are scored', async () => {
    const rig = await SamplingRig.create(gpu, { vocabSize: v.size, vocabulary: spellingsOf(v), lanes: 64 }, 64)
    const walk = new RandomWalk(walkers[0]!, v, uniform(2))
    for (const slot of [0, 1, 2]) rig.state.open(slot, GREEDY, [], [])
    for (const slot of [0, 1]) rig.state.constrain(slot, walk.walker.tables, placeOf(walk.state))
    await rig.step([{ slot: 0 }, { slot: 1, wanted: 5 }, { slot: 2 }])
    const none = Array(v.words).fill(0)
    expect(await masks(rig, 3)).toEqual([[...walk.mask], none, none])
    rig.close()
  })

  it('refuses a token that pushes or notes more than it can remember, and pushes past the last frame', async () => {
    const deep = (count: number) => new TextEncoder().encode('['.repeat(count))
    const many = new Vocabulary([deep(1), deep(32), deep(33), deep(40), null], [4])
    const walker = new TableWalker(
      tablesOf(json({ $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' })),
    )
    const rig = await SamplingRig.create(gpu, { vocabSize: many.size, vocabulary: spellingsOf(many) }, 3)
    let state = walker.start()
    const allowed: number[] = []
    for (const [slot, depth] of [0, 224, 32].entries()) {
      for (let i = 0; i < depth; i++) state = walker.step(state, 0x5b)!
      rig.state.open(slot, GREEDY, [], [])
      expect(rig.state.constrain(slot, walker.tables, placeOf(state))).toBe(true)
    }
    await rig.step(draws(3, 0))
    const mask = await readU32(gpu, rig.state.mask)
    for (let slot = 0; slot < 3; slot++) allowed.push(mask[slot]!)
    expect(allowed).toEqual([0b00011, 0b00011, 0b00000])
    state = walker.step(state, 0x5b)!
    rig.state.open(0, GREEDY, [], [])
    expect(rig.state.constrain(0, walker.tables, placeOf(state))).toBe(false)
    rig.close()
  })
})
