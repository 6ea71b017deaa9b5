import { afterAll, describe, expect, it } from 'vitest'
import { GREEDY } from '../../../src/engine/sampling-params.ts'
import { logSoftmax, NEUTRAL } from '../../reference/sampling.ts'
import { testGpu } from '../../support/device.ts'
import { normals } from '../../support/random.ts'
import { SamplingRig } from '../../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

/** Ids by falling log-probability, equal ones by rising id. */
const ranked = (logprobs: Float64Array) => [...logprobs.keys()].sort((a, b) => logprobs[b]! - logprobs[a]! || a - b)

describe('logprobs', () => {
  for (const vocabSize of [7, 4099, 20_000]) {
    it(`${vocabSize} tokens: drawn, scored, likeliest, under raw logits`, async () => {
      const rig = await SamplingRig.create(gpu, { vocabSize, lanes: vocabSize === 20_000 ? 256 : 32 }, 6)
      const logits = normals(6 * vocabSize, vocabSize, 4).map((x, i) => (i < 2 * vocabSize ? Math.round(x) : x))
      rig.setLogits(logits)
      const tops = [20, 5, 0, undefined, 3, 20]
      tops.forEach((topLogprobs, slot) => {
        const logitBias = new Map([[slot, 100]])
        rig.state.open(slot, { ...NEUTRAL, topLogprobs, logitBias, temperature: 0.7, topK: 3 }, [], [])
      })
      const wanted = [undefined, undefined, undefined, undefined, vocabSize - 1, 3]
      const got = await rig.step(wanted.map((id, slot) => ({ slot, wanted: id })))
      got.forEach(({ token, logprob, top, rank }, row) => {
        const logprobs = logSoftmax(logits.subarray(row * vocabSize, (row + 1) * vocabSize))
        expect(token).toBe(wanted[row] ?? row) // the bias leaves no other
        const greater = logprobs.filter((x) => x > logprobs[token]!).length
        expect(rank).toBe(wanted[row] === undefined ? undefined : greater + 1)
        if (tops[row] === undefined) {
          expect(logprob).toBeNaN()
          expect(top).toEqual([])
          return
        }
        expect(Math.abs(logprob - logprobs[token]!)).toBeLessThan(2e-5)
        const count = Math.min(tops[row], vocabSize)
        expect(top.map((t) => t.token)).toEqual(ranked(logprobs).slice(0, count))
        for (const t of top) expect(Math.abs(t.logprob - logprobs[t.token]!)).toBeLessThan(2e-5)
      })
      rig.close()
    })
  }

  for (const vocabSize of [70, 9000])
    it(`${vocabSize} tokens: the likeliest that a mask allows, under raw logits, where those are asked`, async () => {
      const rig = await SamplingRig.create(gpu, vocabSize, 4)
      const logits = normals(4 * vocabSize, vocabSize, 3).map((x) => Math.round(4 * x) / 4)
      rig.setLogits(logits)
      const allowed = [(id: number) => id % 3 === 1, (id: number) => id > vocabSize - 4, () => true, () => false]
      for (const [slot, allows] of allowed.entries()) {
        rig.state.open(slot, { ...GREEDY, topLogprobs: 9, topAllowed: true }, [], [])
        const mask = new Uint32Array(Math.ceil(vocabSize / 32))
        for (let id = 0; id < vocabSize; id++) if (allows(id)) mask[id >>> 5]! |= 1 << (id & 31)
        const [got] = await rig
          .step([...Array(slot).fill({ slot: 3, wanted: 0 }), { slot, mask }])
          .then((r) => r.slice(slot))
        const logprobs = logSoftmax(logits.subarray(slot * vocabSize, (slot + 1) * vocabSize))
        const expected = ranked(logprobs).filter(allows).slice(0, 9)
        expect(got!.top.map(({ token }) => token)).toEqual(expected)
        for (const { token, logprob } of got!.top) expect(Math.abs(logprob - logprobs[token]!)).toBeLessThan(2e-5)
        expect(got!.token).toBe(expected[0] ?? 0)
      }
      rig.close()
    })

  it('all logits equal, and large', async () => {
    const rig = await SamplingRig.create(gpu, 4099, 2)
    rig.setLogits(new Float32Array(2 * 4099).fill(1e4))
    rig.state.open(0, { ...NEUTRAL, topLogprobs: 20 }, [], [])
    const [scored] = await rig.step([{ slot: 0, wanted: 4098 }])
    expect(scored!.logprob).toBeCloseTo(-Math.log(4099), 5)
    expect(scored!.top.map(({ token }) => token)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    rig.close()
  })
})
