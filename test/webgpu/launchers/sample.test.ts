import { afterAll, describe, expect, it } from 'vitest'
import type { SamplingParams } from '../../../src/engine/sampling-params.ts'
import { candidates, edit, NEUTRAL, philox, tokensAt, uniformOf } from '../../reference/sampling.ts'
import { testGpu } from '../../support/device.ts'
import { normals, uniform } from '../../support/random.ts'
import { draws, SamplingRig } from '../../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

/**
 * Draws a few tokens for each of the filters, all in the same steps, and compares each with the float64 reference's.
 * Returns how many of the draws lie far enough from the next token's share to have one right answer.
 */
async function compare(
  logits: Float32Array<ArrayBuffer>,
  filters: readonly Partial<SamplingParams>[],
  rows = 64,
  steps = 3,
  lanes = 32,
) {
  const rig = await SamplingRig.create(gpu, { vocabSize: logits.length, lanes }, rows)
  rig.setLogits(logits, rows)
  const slots = Array.from({ length: rows }, (_, slot) => ({
    ...NEUTRAL,
    ...filters[slot % filters.length],
    seed: 77 * slot + 1,
  }))
  slots.forEach((params, slot) => void rig.state.open(slot, params, [], []))
  const kept = filters.map((filter) => candidates(edit(logits, NEUTRAL), { ...NEUTRAL, ...filter }))
  let certain = 0
  for (let draw = 0; draw < steps; draw++) {
    const got = await rig.step(draws(rows, draw))
    got.forEach(({ token }, slot) => {
      const expected = tokensAt(kept[slot % filters.length]!, uniformOf(slots[slot]!.seed, draw))
      expect(expected, JSON.stringify(filters[slot % filters.length])).toContain(token)
      if (expected.length === 1) certain++
    })
  }
  rig.close()
  return certain / (rows * steps)
}

it('philox gives the known answers', () => {
  const hex = (words: number[]) => words.map((w) => w.toString(16).padStart(8, '0')).join(' ')
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8')
  const ones = 0xffffffff
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd')
})

describe('sample draws what the reference draws', { timeout: 120_000 }, () => {
  const filters: readonly Partial<SamplingParams>[] = [
    { temperature: 0 },
    {},
    { temperature: 0.6 },
    { temperature: 2 },
    { temperature: 0.001 },
    { topK: 1 },
    { topK: 5 },
    { topK: 1_000_000 },
    { topP: 0.9 },
    { topP: 0.001 },
    { minP: 0.05 },
    { minP: 1 },
    { minP: 0.02, topK: 40 },
    { topK: 50, topP: 0.8 },
    { minP: 0.01, topP: 0.85, temperature: 1.3 },
    { minP: 0.001, topK: 100, topP: 0.95, temperature: 0.8 },
  ]
  for (const vocabSize of [1, 7, 267, 4099, 32_000]) {
    it(`${vocabSize} tokens`, async () => {
      expect(await compare(normals(vocabSize, vocabSize, 2.5), filters)).toBeGreaterThan(0.9)
    })
  }
  it('267 and 4099 tokens, many lanes', async () => {
    for (const vocabSize of [267, 4099])
      expect(await compare(normals(vocabSize, 1, 2.5), filters, 64, 2, 256)).toBeGreaterThan(0.9)
  })
  it('151936 tokens', async () => {
    const wide = [{ topK: 5000, topP: 0.97 }, {}, { topP: 0.6 }, { topK: 40 }]
    expect(await compare(normals(151_936, 1, 4), wide, 8, 1)).toBeGreaterThan(0.7)
  })
})

describe('sample keeps the order of equal and of close logits', () => {
  const flat = [{ topK: 3000, topP: 0.9 }, {}, { topK: 3500 }]
  it('all logits equal', async () => {
    await compare(new Float32Array(4099).fill(3), flat)
  })
  it('a few distinct logits', async () => {
    await compare(
      normals(4099, 5).map((x) => Math.round(2 * x) / 2),
      flat,
      16,
    )
  })
  it('logits closer than a bin, on both sides of zero', async () => {
    await compare(normals(4099, 6, 1e-20), flat)
  })
  it('min_p that cuts a bin of many', async () => {
    await compare(
      Float32Array.from({ length: 4099 }, (_, i) => ((i * 7) % 4099) / 40_000),
      [{ minP: Math.exp(-0.0045) }],
    )
  })
  it('one far above the rest', async () => {
    await compare(
      normals(4099, 6).map((x, i) => (i === 17 ? 90 : x)),
      [{ topK: 100 }],
    )
  })
  /** The tokens that 64 draws give. */
  async function drawn(logits: Float32Array<ArrayBuffer>, params: Partial<SamplingParams>): Promise<number[]> {
    const rig = await SamplingRig.create(gpu, logits.length)
    rig.setLogits(logits, 64)
    for (let slot = 0; slot < 64; slot++) rig.state.open(slot, { ...NEUTRAL, ...params, seed: slot }, [], [])
    const tokens = new Set((await rig.step(draws(64, 3))).map(({ token }) => token))
    rig.close()
    return [...tokens].sort((a, b) => a - b)
  }
  it('equal logits at the edge of top_k: lowest id', async () => {
    const logits = new Float32Array(267).fill(-50)
    for (const id of [3, 9, 200, 201, 266]) logits[id] = 2
    expect(await drawn(logits, { topK: 3 })).toEqual([3, 9, 200])
  })
  it('equal shares that make up top_p exactly', async () => {
    for (const [equal, kept] of [
      [4, 2],
      [10, 5],
      [6, 3],
    ] as const) {
      const logits = new Float32Array(267).fill(-80).fill(1, 8, 8 + equal)
      expect(await drawn(logits, { topP: 0.5 })).toEqual(Array.from({ length: kept }, (_, i) => 8 + i))
    }
  })
})

describe('sample stays in range on bad logits', () => {
  const all = { temperature: 0.9, topK: 20, topP: 0.9, minP: 0.01 }
  for (const [name, logits] of Object.entries({
    'all NaN': new Float32Array(267).fill(NaN),
    'all -Infinity': new Float32Array(267).fill(-Infinity),
  })) {
    it(`${name}: the lowest id`, async () => {
      for (const params of [{ temperature: 0 }, all]) {
        const rig = await SamplingRig.create(gpu, 267, 2)
        rig.setLogits(logits, 2)
        rig.state.open(0, { ...NEUTRAL, ...params, topLogprobs: 3 }, [], [])
        expect((await rig.step([{ slot: 0 }]))[0]!.token).toBe(0)
        rig.close()
      }
    })
  }
  it('NaN, Infinity among good ones', async () => {
    const logits = normals(4099, 2, 3)
    for (let i = 0; i < 4099; i += 3) logits[i] = NaN
    await compare(logits, [all, { temperature: 0 }])
    const rig = await SamplingRig.create(gpu, 4099, 1)
    rig.setLogits(logits.map((x, i) => (i === 4097 ? Infinity : x)))
    rig.state.open(0, { ...NEUTRAL, ...all }, [], [])
    expect((await rig.step([{ slot: 0 }]))[0]!.token).toBe(4097)
    rig.close()
  })
})

describe('greedy', () => {
  it('takes the lowest id of equal logits', async () => {
    const logits = new Float32Array(4099)
    for (const id of [3000, 4098, 701]) logits[id] = 5
    const rig = await SamplingRig.create(gpu, logits.length, 1)
    rig.setLogits(logits)
    rig.state.open(0, { ...NEUTRAL, temperature: 0 }, [], [])
    expect((await rig.step([{ slot: 0 }]))[0]!.token).toBe(701)
    rig.close()
  })
})

it('the same seed draws the same token whatever the slot, the row and what else runs', async () => {
  const vocabSize = 267
  const mine = normals(vocabSize, 11, 2)
  const params = { ...NEUTRAL, seed: 4_000_000_123, temperature: 1.1, topP: 0.97 }
  const rig = await SamplingRig.create(gpu, vocabSize, 8)
  const alone: number[] = []
  rig.setLogits(mine)
  rig.state.open(0, params, [], [])
  const steps = Array.from({ length: 20 }, (_, draw) => rig.step([{ slot: 0, draw }]))
  for (const [result] of await Promise.all(steps)) alone.push(result!.token)
  const beside: number[] = []
  const rows = new Float32Array(8 * vocabSize)
  const next = uniform(5)
  for (let draw = 0; draw < 20; draw++) {
    const at = Math.floor(next() * 8)
    const slot = (at + draw) % 8
    rows.set(normals(8 * vocabSize, draw, 3))
    rows.set(mine, at * vocabSize)
    rig.setLogits(rows)
    const outputs = Array.from({ length: 8 }, (_, i) => ({
      slot: (slot + i - at + 8) % 8,
      draw: i === at ? draw : 900 + i,
    }))
    for (let i = 0; i < 8; i++) rig.state.open(i, i === slot ? params : { ...NEUTRAL, seed: i, topK: i }, [], [])
    beside.push((await rig.step(outputs))[at]!.token)
  }
  expect(beside).toEqual(alone)
  expect(new Set(alone).size).toBeGreaterThan(5)
  rig.close()
})
