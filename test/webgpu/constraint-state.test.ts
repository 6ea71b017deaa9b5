import { afterAll, describe, expect, it } from 'vitest'
import { TableWalker } from '../../src/constraint/index.ts'
import { GREEDY } from '../../src/engine/sampling-params.ts'
import type { Automaton } from '../../src/engine/token-constraint.ts'
import { json, placeOf, RandomWalk, spellingsOf, tablesOf, smallVocabulary as v } from '../support/constraints.ts'
import { testGpu } from '../support/device.ts'
import { uniform } from '../support/random.ts'
import { readU32 } from '../support/run-kernel.ts'
import { type RigOutput, SamplingRig } from '../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const SLOTS = 4
const END = v.eos[0]!
const vocabulary = spellingsOf(v)
const letters = (regex: string): TableWalker => new TableWalker(tablesOf({ kind: 'regex', regex }))
const wordsOf = (...ids: number[]): Uint32Array => {
  const words = new Uint32Array(v.words)
  for (const id of ids) words[id >>> 5]! |= 1 << (id & 31)
  return words
}

/** A rig whose logits fall with the id: the lowest of the allowed ids is drawn. */
async function rigOf(tableBytes?: number): Promise<SamplingRig> {
  const rig = await SamplingRig.create(gpu, { vocabSize: v.size, vocabulary, tableBytes }, SLOTS)
  rig.setLogits(
    Float32Array.from({ length: v.size }, (_, id) => -id / 100),
    SLOTS,
  )
  return rig
}
const constrain = (rig: SamplingRig, slot: number, walker: TableWalker, params = GREEDY): boolean => {
  rig.state.open(slot, params, [], [])
  return rig.state.constrain(slot, walker.tables, placeOf(walker.start()))
}
const drawn = async (steps: Promise<{ token: number }[]>[]): Promise<number[]> =>
  (await Promise.all(steps)).map(([result]) => result!.token)

describe('constraints on the GPU', () => {
  it('a mask from the CPU holds for its step only, whatever is submitted ahead', async () => {
    const rig = await rigOf()
    rig.state.open(0, GREEDY, [], [])
    rig.state.open(1, GREEDY, [], [])
    const outputs: RigOutput[] = [
      { slot: 0, mask: wordsOf(40, 41) },
      { slot: 0, mask: wordsOf(277, 200) },
      { slot: 0, mask: wordsOf(31).subarray(0, 1) }, // what it has no word for is not allowed
      { slot: 0, mask: wordsOf(END) },
    ]
    expect(await drawn(outputs.map((output) => rig.step([output])))).toEqual([40, 200, 31, END])
    expect(await drawn([rig.step([{ slot: 1 }])])).toEqual([0])
    rig.state.open(0, GREEDY, [], [])
    expect(await drawn([rig.step([{ slot: 0 }])])).toEqual([0])
    rig.close()
  })

  it('a slot opened anew keeps nothing of its automaton, though steps of the old one are queued', async () => {
    const rig = await rigOf()
    const steps: Promise<{ token: number }[]>[] = []
    const step = (draw: number) => steps.push(rig.step([{ slot: 0, draw }]))
    constrain(rig, 0, letters('bc+'))
    step(0)
    step(1)
    constrain(rig, 0, letters('d[xy]z'))
    step(0)
    step(1)
    step(2)
    rig.state.open(0, GREEDY, [], [])
    step(0)
    expect(await drawn(steps)).toEqual([...'bcdxz'].map((c) => c.charCodeAt(0)).concat(0))
    rig.close()
  })

  it('uploads an automaton once, drops the one unused longest where room is needed, never one in use', async () => {
    const walkers = ['a', 'b', 'c', 'd'].map((c) => letters(`${c}[0-9]{3000}`))
    const { next, meta, retStart, ret, masks } = walkers[0]!.tables
    const bytes = 4 * (264 + next.length + meta.length + retStart.length + ret.length + masks.length)
    const rig = await rigOf(3 * bytes + 64)
    const before = gpu.bytesInUse
    const first = async (slot: number) => drawn([rig.step([{ slot }])])
    expect([0, 1, 2].map((slot) => constrain(rig, slot, walkers[slot]!))).toEqual([true, true, true])
    expect(gpu.bytesInUse).toBeGreaterThan(before) // grown
    const grown = gpu.bytesInUse
    expect(constrain(rig, 3, walkers[3]!)).toBe(false)
    expect(constrain(rig, 3, walkers[0]!)).toBe(true)
    expect(await Promise.all([0, 1, 2, 3].map(first))).toEqual([[97], [98], [99], [97]])
    rig.state.open(1, GREEDY, [], [])
    expect(constrain(rig, 2, walkers[3]!)).toBe(true) // in the place of the second
    expect(await Promise.all([0, 2, 3].map(first))).toEqual([[48], [100], [48]])
    rig.state.open(0, GREEDY, [], [])
    expect(constrain(rig, 1, walkers[1]!)).toBe(true) // in the place of the third: the first has another slot
    expect(await Promise.all([1, 2, 3].map(first))).toEqual([[98], [48], [48]])
    expect(gpu.bytesInUse).toBe(grown)
    rig.close()
  })

  it('refuses what it can not hold', async () => {
    const rig = await rigOf(8 * 1024)
    const walker = letters('a')
    rig.state.open(0, GREEDY, [], [])
    const many: Automaton = { ...walker.tables, words: 9 }
    expect(rig.state.constrain(0, many, placeOf(walker.start()))).toBe(false)
    expect(constrain(rig, 0, letters('[0-9]{3000}'))).toBe(false)
    expect(await drawn([rig.step([{ slot: 0, mask: wordsOf(9) }])])).toEqual([9])
    rig.close()
    const without = await SamplingRig.create(gpu, v.size, SLOTS)
    expect(constrain(without, 0, walker)).toBe(false)
    without.close()
  })

  it('the constraint wins over min_tokens where it leaves nothing but ends, only there', async () => {
    const rig = await rigOf()
    const params = { ...GREEDY, stopTokenIds: [END, 98], minTokens: 100 }
    for (const temperature of [0, 1]) {
      constrain(rig, 0, letters('ac*'), { ...params, temperature })
      const steps = Array.from({ length: 5 }, (_, draw) => rig.step([{ slot: 0, draw }]))
      expect(await drawn(steps)).toEqual([97, 99, 99, 99, 99])
      constrain(rig, 0, letters('ca'), { ...params, temperature })
      expect(await drawn([0, 1, 2].map((draw) => rig.step([{ slot: 0, draw }])))).toEqual([99, 97, END])
      rig.state.open(1, { ...params, temperature }, [], [])
      expect(await drawn([rig.step([{ slot: 1, mask: wordsOf(98) }])])).toEqual([98])
      rig.state.open(1, { ...params, temperature }, [], [])
      expect(await drawn([rig.step([{ slot: 1, mask: wordsOf(98, 277) }])])).toEqual([END === 277 ? 98 : 277])
    }
    rig.close()
  })

  it('deep frames are kept apart from slot to slot', async () => {
    const walker = new TableWalker(
      tablesOf(json({ $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' })),
    )
    const rig = await rigOf()
    const depths = [250, 3, 117]
    const walks = depths.map((depth, slot) => {
      const walk = new RandomWalk(walker, v, uniform(slot))
      for (let i = 0; i < depth; i++) walk.take(0x5b)
      rig.state.open(slot, GREEDY, [], [])
      rig.state.constrain(slot, walker.tables, placeOf(walk.state))
      return walk
    })
    // Brackets close, and only those that are open: the end comes after as many.
    rig.setLogits(
      Float32Array.from({ length: v.size }, (_, id) => (id === 0x5d ? 9 : 0)),
      SLOTS,
    )
    const steps = Array.from({ length: 251 }, (_, draw) => rig.step([0, 1, 2].map((slot) => ({ slot, draw }))))
    const tokens = await Promise.all(steps)
    for (const [slot, depth] of depths.entries()) {
      const closing = tokens.slice(0, depth).map((step) => step[slot]!.token)
      expect(closing.every((token) => token === 0x5d)).toBe(true)
      expect(tokens[depth]?.[slot]?.token).toBe(END)
      expect(walks[slot]!.allows(0x5d)).toBe(true)
    }
    expect((await readU32(gpu, rig.state.mask)).length).toBe(SLOTS * v.words)
    rig.close()
  })
})
