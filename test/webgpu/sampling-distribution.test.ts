import { afterAll, describe, expect, it } from 'vitest'
import type { SamplingParams } from '../../src/engine/sampling-params.ts'
import { candidates, edit, NEUTRAL } from '../reference/sampling.ts'
import { chiSquareTail, pValue } from '../support/chi-square.ts'
import { testGpu } from '../support/device.ts'
import { normals } from '../support/random.ts'
import { draws, SamplingRig } from '../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

/** `rows` × `steps` tokens, shared out among the filters; the same in every run. */
async function drawTokens(
  logits: Float32Array<ArrayBuffer>,
  filters: readonly SamplingParams[],
  rows: number,
  steps: number,
) {
  const rig = await SamplingRig.create(gpu, logits.length, rows)
  rig.setLogits(logits, rows)
  for (let slot = 0; slot < rows; slot++)
    rig.state.open(slot, { ...filters[slot % filters.length]!, seed: 1_000_003 * (slot + 1) }, [], [])
  const tokens: number[][] = filters.map(() => [])
  const submitted = Array.from({ length: steps }, (_, draw) => rig.step(draws(rows, draw)))
  for (const drawn of await Promise.all(submitted))
    drawn.forEach(({ token }, slot) => void tokens[slot % filters.length]!.push(token))
  rig.close()
  return tokens
}

const FILTERS: readonly Partial<SamplingParams>[] = [
  { temperature: 1.2, minP: 0.002, topK: 200, topP: 0.9 },
  { temperature: 0.9, topK: 20, topP: 0.95 },
  { temperature: 0.7 },
  { topP: 0.8 },
  { temperature: 1.5, topK: 40 },
  { temperature: 1.3, minP: 0.02, topP: 0.9 },
  { minP: 0.05 },
  {},
]

describe('drawn tokens follow the exact distribution', { timeout: 240_000 }, () => {
  it('chi-square has the known tail', () => {
    expect(chiSquareTail(3.841459, 1)).toBeCloseTo(0.05, 6)
    expect(chiSquareTail(13.815511, 2)).toBeCloseTo(0.001, 6)
    expect(chiSquareTail(31.410433, 20)).toBeCloseTo(0.05, 6)
    expect(chiSquareTail(49.728232, 23)).toBeCloseTo(0.001, 6)
  })

  for (const [vocabSize, scale, rows, steps, every] of [
    [512, 2, 64, 96, 1],
    [32_000, 3, 32, 24, 2],
    [151_936, 3.5, 15, 20, 3],
  ] as const) {
    it(`${vocabSize} tokens`, async () => {
      const logits = normals(vocabSize, vocabSize, scale)
      const filters = FILTERS.filter((_, i) => i % every === 0).map((filter) => ({ ...NEUTRAL, ...filter }))
      const tokens = await drawTokens(logits, filters, rows, steps)
      filters.forEach((params, i) => {
        const kept = candidates(edit(logits, params), params)
        expect(pValue(tokens[i]!, kept), JSON.stringify(params)).toBeGreaterThan(1e-4)
      })
    })
  }

  it('and would not pass for another one', async () => {
    const logits = normals(512, 3, 3)
    const params = { ...NEUTRAL, topP: 0.95 }
    const [tokens] = await drawTokens(logits, [params], 64, 128)
    const against = (other: Partial<SamplingParams>) =>
      pValue(tokens!, candidates(edit(logits, params), { ...params, ...other }), 12)
    expect(against({})).toBeGreaterThan(0.01)
    expect(against({ temperature: 1.05 })).toBeLessThan(1e-4)
    expect(against({ temperature: 0.95 })).toBeLessThan(1e-4)
    expect(against({ topP: 0.94 })).toBeLessThan(1e-4)
    expect(against({ topP: 0.97 })).toBeLessThan(1e-4)
  })
})
