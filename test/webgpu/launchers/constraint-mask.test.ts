import { afterAll, describe, expect, it } from 'vitest'
import { TableWalker, Vocabulary } from '../../../src/constraint/index.ts'
import { ConstraintRig } from '../../support/constraint-rig.ts'
import { json, placeOf, RandomWalk, tablesOf, smallVocabulary as v, withTables } from '../../support/constraints.ts'
import { testGpu } from '../../support/device.ts'
import { uniform } from '../../support/random.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const walkers = withTables.map(([, spec]) => new TableWalker(tablesOf(spec)))

describe('constraint-mask', () => {
  for (const lanes of [32, 256])
    it(`${lanes} threads: equals the reference walk wherever a slot stands`, async () => {
      const rig = new ConstraintRig(gpu, v, 64, lanes)
      const next = uniform(lanes)
      for (let round = 0; round < 6; round++) {
        const walks = Array.from({ length: 64 }, (_, slot) => {
          const walk = new RandomWalk(walkers[slot % walkers.length]!, v, next)
          walk.takeSome(Math.floor(next() * 40))
          expect(rig.state.hold(slot, walk.walker.tables, placeOf(walk.state))).toBe(true)
          return walk
        })
        const got = await rig.masks(64)
        for (const [slot, { mask }] of walks.entries())
          expect([...got[slot]!], withTables[slot % walkers.length]![0]).toEqual([...mask])
      }
      rig.close()
    })

  it('leaves alone slots that are held to none, and rows that are scored', async () => {
    const rig = new ConstraintRig(gpu, v, 64)
    const walk = new RandomWalk(walkers[0]!, v, uniform(2))
    for (const slot of [0, 1, 2]) rig.state.hold(slot, walk.walker.tables, placeOf(walk.state))
    rig.want(1, 5)
    rig.state.release(2)
    const none = Array(v.words).fill(0)
    expect((await rig.masks(4)).map((row) => [...row])).toEqual([[...walk.mask], none, none, none])
    rig.close()
  })

  it('refuses a token that pushes more than it can remember, and pushes past the last frame', async () => {
    const deep = (count: number) => new TextEncoder().encode('['.repeat(count))
    const many = new Vocabulary([deep(1), deep(32), deep(33), deep(40), null], [4])
    const walker = new TableWalker(
      tablesOf(json({ $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' })),
    )
    const rig = new ConstraintRig(gpu, many, 3)
    let state = walker.start()
    for (const [slot, depth] of [0, 224, 32].entries()) {
      for (let i = 0; i < depth; i++) state = walker.step(state, 0x5b)!
      expect(rig.state.hold(slot, walker.tables, placeOf(state))).toBe(true)
    }
    expect((await rig.masks(3)).map(([word]) => word)).toEqual([0b00011, 0b00011, 0b00000])
    expect(rig.state.hold(0, walker.tables, placeOf(walker.step(state, 0x5b)!))).toBe(false)
    rig.close()
  })

  it('refuses a token of more than 255 bytes', async () => {
    const long = new Vocabulary([...[255, 256].map((length) => new Uint8Array(length).fill(0x20)), null], [2])
    const walker = new TableWalker(tablesOf({ kind: 'regex', regex: ' *' }))
    const rig = new ConstraintRig(gpu, long, 1)
    rig.state.hold(0, walker.tables, placeOf(walker.start()))
    expect([...(await rig.masks(1))[0]!]).toEqual([0b101])
    rig.close()
  })
})
