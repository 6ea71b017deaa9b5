import { afterAll, describe, expect, it } from 'vitest'
import { TableWalker } from '../../../src/constraint/index.ts'
import { ConstraintRig } from '../../support/constraint-rig.ts'
import { placeOf, RandomWalk, tablesOf, smallVocabulary as v, withTables } from '../../support/constraints.ts'
import { testGpu } from '../../support/device.ts'
import { uniform } from '../../support/random.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const END = v.eos[0]!
const ENDS = Array.from({ length: v.words }, (_, i) => (i === END >>> 5 ? 2 ** (END & 31) : 0))
const walkers = withTables.map(([, spec]) => new TableWalker(tablesOf(spec)))

describe('constraint-advance', () => {
  it('goes where the reference walk goes, slots with different automata side by side, and after an end nowhere', async () => {
    const slots = 2 * walkers.length
    const rig = new ConstraintRig(gpu, v, slots)
    const next = uniform(1)
    const walks = Array.from({ length: slots }, (_, slot) => {
      const walk = new RandomWalk(walkers[slot % walkers.length]!, v, next)
      rig.state.hold(slot, walk.walker.tables, placeOf(walk.state))
      return walk
    })
    const ended = new Set<number>()
    for (let step = 0; step < 40; step++) {
      const got = await rig.masks(slots)
      for (const [slot, { mask }] of walks.entries())
        expect([...got[slot]!], `slot ${slot}, step ${step}`).toEqual(ended.has(slot) ? ENDS : [...mask])
      const tokens = walks.map((walk, slot) => (ended.has(slot) ? Math.floor(next() * v.size) : walk.pick()))
      await rig.advance(tokens)
      for (const [slot, walk] of walks.entries()) {
        if (tokens[slot] === END) ended.add(slot)
        else if (!ended.has(slot)) walk.take(tokens[slot]!)
      }
    }
    expect(ended.size).toBeGreaterThan(2)
    rig.close()
  })

  it('allows only ends after a token that was not allowed, and leaves alone what is scored', async () => {
    const rig = new ConstraintRig(gpu, v, 2)
    const walk = new RandomWalk(walkers[1]!, v, uniform(1))
    for (const slot of [0, 1]) rig.state.hold(slot, walk.walker.tables, placeOf(walk.state))
    rig.want(1, 7)
    expect(walk.allows(7)).toBe(false)
    await rig.advance([7, 7])
    rig.want(1, 0xffffffff)
    expect((await rig.masks(2)).map((row) => [...row])).toEqual([ENDS, [...walk.mask]])
    rig.close()
  })
})
