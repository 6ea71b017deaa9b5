import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { GREEDY } from '../../src/engine/sampling-params.ts'
import { NEUTRAL } from '../reference/sampling.ts'
import { testGpu } from '../support/device.ts'
import { readU32 } from '../support/run-kernel.ts'
import { SamplingRig } from '../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const VOCAB = 67
let rig: SamplingRig
beforeEach(async () => {
  rig = await SamplingRig.create(gpu, VOCAB, 4)
})
afterEach(() => rig.close())

/** Ids likeliest first, a tenth apart; the others far below. */
function prefer(...ids: number[]): Float32Array<ArrayBuffer> {
  const logits = new Float32Array(VOCAB).fill(-20)
  for (const [rank, id] of ids.entries()) logits[id] = 5 - rank / 10
  return logits
}
const drawAll = async (slot: number, steps: number, first = 0) => {
  const results = Array.from({ length: steps }, (_, i) => rig.step([{ slot, draw: first + i }])) // submitted ahead
  return (await Promise.all(results)).map(([result]) => result!.token)
}
const slotToken = async (slot: number) => (await readU32(gpu, rig.state.slotTokens))[slot]

it('counts what it draws, over steps submitted ahead', async () => {
  rig.setLogits(prefer(3, 5, 8, 66))
  rig.state.open(2, { ...GREEDY, presencePenalty: 1 }, [], [])
  expect(await drawAll(2, 4)).toEqual([3, 5, 8, 66])
  rig.state.open(2, { ...GREEDY, frequencyPenalty: 0.15 }, [], [])
  // after each draw: 3 falls to 4.85, then 5 (4.9) to 4.75, 3 to 4.7, 8 (4.8) to 4.65
  expect(await drawAll(2, 4)).toEqual([3, 5, 3, 8])
})

it('starts from the prompt and the completion so far', async () => {
  rig.setLogits(prefer(3, 5, 8))
  rig.state.open(0, { ...GREEDY, repetitionPenalty: 2 }, [3, 3], [5])
  expect(await slotToken(0)).toBe(5)
  expect(await drawAll(0, 1, 1)).toEqual([8])
  rig.state.open(0, { ...GREEDY, frequencyPenalty: 1 }, [3, 3], [5, 5])
  expect(await drawAll(0, 1, 1)).toEqual([3])
})

it('stays done after a stop token, however many steps were submitted', async () => {
  rig.setLogits(prefer(7, 9))
  rig.state.open(1, { ...GREEDY, presencePenalty: 1, stopTokenIds: [9] }, [], [])
  expect(await drawAll(1, 5)).toEqual([7, 9, 9, 9, 9])
  expect(await slotToken(1)).toBe(9)
})

it('masks stop tokens until there are min_tokens', async () => {
  rig.setLogits(prefer(7, 9))
  rig.state.open(1, { ...GREEDY, minTokens: 2, stopTokenIds: [7, 11] }, [], [])
  expect(await drawAll(1, 4)).toEqual([9, 9, 7, 7])
})

it('scores without touching the slot', async () => {
  rig.setLogits(prefer(3, 5), 4)
  rig.state.open(0, { ...GREEDY, presencePenalty: 1, stopTokenIds: [5] }, [], [40])
  const scored = await rig.step([
    { slot: 0, wanted: 5 },
    { slot: 0, wanted: 3 },
  ])
  expect(scored.map(({ token }) => token)).toEqual([5, 3])
  expect(await slotToken(0)).toBe(40)
  expect(await drawAll(0, 2, 1)).toEqual([3, 5])
})

it('scores and draws in one step', async () => {
  rig.setLogits(prefer(3, 5), 4)
  rig.state.open(0, GREEDY, [], [])
  rig.state.open(1, { ...NEUTRAL, topK: 1 }, [], [])
  const got = await rig.step([{ slot: 0 }, { slot: 1, wanted: 8 }, { slot: 1 }])
  expect(got.map(({ token }) => token)).toEqual([3, 8, 3])
})

it('opens a slot anew while steps of the old sequence are queued, and keeps nothing of it', async () => {
  rig.setLogits(prefer(3, 5, 8))
  const all = {
    ...GREEDY,
    repetitionPenalty: 3,
    presencePenalty: 2,
    logitBias: new Map([
      [20, 90],
      [3, -100],
    ]),
  }
  rig.state.open(0, { ...all, stopTokenIds: [20], topLogprobs: 4 }, [5], [8])
  rig.state.setMasked(0, true) // no bit of the mask is set: nothing is allowed
  const old = [rig.step([{ slot: 0, draw: 1 }]), rig.step([{ slot: 0, draw: 2 }])]
  rig.state.open(0, { ...all, stopTokenIds: [20] }, [5], [8])
  const second = [rig.step([{ slot: 0, draw: 1 }]), rig.step([{ slot: 0, draw: 2 }])]
  rig.state.open(0, GREEDY, [], [])
  const plain = rig.step([{ slot: 0 }])
  rig.state.open(0, { ...GREEDY, presencePenalty: 1 }, [], [])
  const penalised = [rig.step([{ slot: 0 }]), rig.step([{ slot: 0, draw: 1 }])]
  rig.state.open(0, { ...GREEDY, stopTokenIds: [3] }, [], [])
  const stopped = rig.step([{ slot: 0 }])
  rig.state.open(0, GREEDY, [], [])
  const last = [rig.step([{ slot: 0 }]), rig.step([{ slot: 0, draw: 1 }])]
  const tokens = async (steps: ReturnType<SamplingRig['step']>[]) =>
    (await Promise.all(steps)).map(([result]) => result!.token)
  expect(await tokens(old)).toEqual([0, 0])
  expect(await tokens(second)).toEqual([20, 20])
  const [first] = await plain
  expect(first).toEqual({ token: 3, logprob: NaN, top: [] })
  expect(await tokens(penalised)).toEqual([3, 5])
  expect(await tokens([stopped])).toEqual([3])
  rig.setLogits(prefer(5))
  expect(await tokens(last)).toEqual([3, 3])
  expect(await drawAll(0, 1, 2)).toEqual([5]) // not done any more
})

it('forgets the stop tokens of a sequence with penalties', async () => {
  rig.setLogits(prefer(3, 5))
  rig.state.open(0, { ...GREEDY, presencePenalty: 1, stopTokenIds: [3] }, [], [])
  rig.state.open(0, GREEDY, [], [])
  expect(await drawAll(0, 1)).toEqual([3])
  rig.setLogits(prefer(5))
  expect(await drawAll(0, 1, 1)).toEqual([5])
})

it('gives its memory back', async () => {
  const before = gpu.bytesInUse
  const other = await SamplingRig.create(gpu, VOCAB, 4)
  expect(gpu.bytesInUse).toBeGreaterThan(before)
  other.close()
  expect(gpu.bytesInUse).toBe(before)
})

it('refuses a slot that is not there', () => {
  expect(() => rig.state.open(4, GREEDY, [], [])).toThrow('Cannot open slot: 0 to 3, received 4')
})
