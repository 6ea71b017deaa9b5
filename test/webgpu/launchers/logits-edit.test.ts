import { afterAll, describe, expect, it } from 'vitest'
import type { SamplingParams } from '../../../src/engine/sampling-params.ts'
import { edit, NEUTRAL, type Said } from '../../reference/sampling.ts'
import { testGpu } from '../../support/device.ts'
import { normals, uniform } from '../../support/random.ts'
import { readF32 } from '../../support/run-kernel.ts'
import { SamplingRig } from '../../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const MASKED = -1e38 // and below

/** Edits a row of each case in one step and compares with the float64 reference: of greedy rows just the token. */
async function compare(vocabSize: number, cases: readonly { params: Partial<SamplingParams>; said?: Said }[]) {
  const rows = cases.length
  const rig = await SamplingRig.create(gpu, vocabSize, rows)
  const logits = normals(rows * vocabSize, vocabSize, 0.15).map((x) => Math.round(8 * x) / 8) // close together, with equals
  rig.setLogits(logits)
  cases.forEach(({ params, said = {} }, slot) => {
    rig.state.open(slot, { ...NEUTRAL, ...params }, said.prompt ?? [], said.completion ?? [])
    if (!said.mask) return
    const words = new Uint32Array(Math.ceil(vocabSize / 32))
    for (let id = 0; id < vocabSize; id++) if (said.mask(id)) words[id >> 5]! |= 1 << (id & 31)
    gpu.device.queue.writeBuffer(rig.state.mask, slot * words.byteLength, words)
    rig.state.setMasked(slot, true)
  })
  const drawn = await rig.step(cases.map(({ said }, slot) => ({ slot, draw: said?.completion?.length ?? 0 })))
  const edited = await readF32(gpu, rig.state.edited)
  const stride = Math.ceil(vocabSize / 4) * 4
  cases.forEach(({ params, said }, slot) => {
    const expected = edit(logits.subarray(slot * vocabSize, (slot + 1) * vocabSize), { ...NEUTRAL, ...params }, said)
    if (params.temperature === 0) {
      expect(drawn[slot]!.token, JSON.stringify(params)).toBe(expected.indexOf(Math.max(...expected)))
      return
    }
    let wrong = 0
    for (let id = 0; id < stride; id++) {
      const got = edited[slot * stride + id]!
      const masked = id >= vocabSize || expected[id] === -Infinity
      if (masked ? got > MASKED : !(Math.abs(got - expected[id]!) < 1e-5 * (1 + Math.abs(expected[id]!)))) wrong++
    }
    expect(wrong, JSON.stringify(params)).toBe(0)
  })
  rig.close()
}

describe('logits-edit', () => {
  for (const vocabSize of [7, 267, 4099]) {
    it(`${vocabSize} tokens`, async () => {
      const next = uniform(vocabSize)
      const ids = (count: number) => Array.from({ length: count }, () => Math.floor(next() * vocabSize))
      const prompt = ids(vocabSize / 4)
      const completion = ids(vocabSize / 3)
      const logitBias = new Map(ids(9).map((id) => [id, 200 * next() - 100]))
      const mask = (id: number) => (id * 2654435761) % 7 < 3
      const odd = (id: number) => id % 2 === 1 && id % 64 > 40
      const stopTokenIds = [...new Set(ids(40))]
      const penalties = { repetitionPenalty: 1.3, frequencyPenalty: 0.4, presencePenalty: -0.7 }
      await compare(vocabSize, [
        { params: {} },
        { params: { repetitionPenalty: 1.5 }, said: { prompt, completion } },
        { params: { repetitionPenalty: 0.8 }, said: { prompt } },
        { params: { frequencyPenalty: 1.25 }, said: { prompt, completion } },
        { params: { presencePenalty: -2 }, said: { prompt, completion } },
        { params: { logitBias }, said: { prompt, completion } },
        { params: {}, said: { mask } },
        { params: { stopTokenIds, minTokens: completion.length + 1 }, said: { completion } },
        { params: { stopTokenIds, minTokens: completion.length }, said: { completion } },
        { params: { ...penalties, logitBias }, said: { prompt, completion, mask } },
        { params: { ...penalties, logitBias, stopTokenIds, minTokens: 1e6 }, said: { prompt, completion, mask } },
        ...[() => true, () => false, (id: number) => id === vocabSize - 1, mask, odd].map((allowed) => ({
          params: { temperature: 0 },
          said: { mask: allowed },
        })),
        { params: { temperature: 0 } },
        { params: { temperature: 0, logitBias }, said: { mask } },
        { params: { ...penalties, temperature: 0 }, said: { prompt, completion, mask: odd } },
        { params: { stopTokenIds, minTokens: 1, temperature: 0 }, said: { mask } },
      ])
    })
  }
})
