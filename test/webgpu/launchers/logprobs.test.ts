import { afterAll, describe, expect, it } from 'vitest'
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
      const rig = await SamplingRig.create(gpu, vocabSize, 6, vocabSize === 20_000 ? 256 : 32)
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
