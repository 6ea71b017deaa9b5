import { afterAll, describe, expect, it, vi } from 'vitest'
import type { SamplingParams } from '../../../src/engine/sampling-params.ts'
import { edit, NEUTRAL, type Said } from '../../reference/sampling.ts'
import { testGpu } from '../../support/device.ts'
import { normals, uniform } from '../../support/random.ts'
import { readF32 } from '../../support/run-kernel.ts'
import { SamplingRig } from '../../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const MASKED = -1e38 // and below
const PARTIAL_WORDS = 6 // of the kernels' struct Partial: best and sum are its words 0 and 2

/** The sum of exp of a row relative to its best, put together from its chunks. */
function sumOf(partials: Float32Array): number {
  const chunks = Array.from({ length: partials.length / PARTIAL_WORDS }, (_, i) => ({
    best: partials[i * PARTIAL_WORDS]!,
    sum: partials[i * PARTIAL_WORDS + 2]!,
  }))
  const best = Math.max(...chunks.map((chunk) => chunk.best))
  return chunks.reduce((total, chunk) => total + chunk.sum * Math.exp(chunk.best - best), 0)
}

interface Case {
  readonly params: Partial<SamplingParams>
  readonly said?: Said
}

/** Edits a row of each case in one step and compares with the float64 reference: of greedy rows just the token. */
async function compare(vocabSize: number, cases: readonly Case[], logits: Float32Array<ArrayBuffer>) {
  const rows = cases.length
  const create = vi.spyOn(gpu, 'createBuffer')
  const rig = await SamplingRig.create(gpu, vocabSize, rows)
  const made = create.mock.calls.findIndex(([label]) => label === 'sampling.partials')
  const partialsBuffer = create.mock.results[made]!.value as GPUBuffer
  create.mockRestore()
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
  const partials = await readF32(gpu, partialsBuffer)
  const partialsARow = partials.length / rows
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
    const best = Math.max(...expected)
    if (best === -Infinity) return // nothing is left to have a share
    const sum = expected.reduce((total, x) => total + Math.exp(x - best), 0)
    const got = sumOf(partials.subarray(slot * partialsARow, (slot + 1) * partialsARow))
    expect(Math.abs(got / sum - 1), JSON.stringify(params)).toBeLessThan(1e-4)
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
      const drawn: Case[] = [
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
      ]
      const greedy: Case[] = [
        ...[() => true, () => false, (id: number) => id === vocabSize - 1, mask, odd].map((allowed) => ({
          params: { temperature: 0 },
          said: { mask: allowed },
        })),
        { params: { temperature: 0 } },
        { params: { temperature: 0, logitBias }, said: { mask } },
        { params: { ...penalties, temperature: 0 }, said: { prompt, completion } },
        { params: { ...penalties, temperature: 0 }, said: { prompt, completion, mask: odd } },
        { params: { stopTokenIds, minTokens: 1, temperature: 0 }, said: { mask } },
      ]
      const cases = [...drawn, ...greedy]
      const logits = normals(cases.length * vocabSize, vocabSize, 3)
      await compare(vocabSize, cases, logits)
      // Close together, with equals.
      await compare(
        vocabSize,
        greedy,
        logits.slice(0, greedy.length * vocabSize).map((x) => Math.round(x / 2.5) / 8),
      )
    })
  }
})
