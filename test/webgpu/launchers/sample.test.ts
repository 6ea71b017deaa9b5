import { afterAll, describe, expect, it } from 'vitest'
import type { SamplingParams } from '../../../src/engine/sampling-params.ts'
import { candidates, edit, NEUTRAL, philox, tokensAt, uniformOf } from '../../reference/sampling.ts'
import { testGpu } from '../../support/device.ts'
import { normals, uniform } from '../../support/random.ts'
import { draws, SamplingRig } from '../../support/sampling-rig.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

/** Draws `rows` × `steps` tokens, each with its own seed, and compares each with the float64 reference's. */
async function compare(logits: Float32Array<ArrayBuffer>, filters: Partial<SamplingParams>, rows = 32, steps = 2) {
  const rig = new SamplingRig(gpu, logits.length, rows)
  const params = { ...NEUTRAL, ...filters }
  rig.setLogits(logits, rows)
  for (let slot = 0; slot < rows; slot++) rig.state.open(slot, { ...params, seed: 77 * slot + 1 }, [], [])
  const kept = candidates(edit(logits, params), params)
  let certain = 0
  for (let draw = 0; draw < steps; draw++) {
    const got = await rig.step(draws(rows, draw))
    got.forEach(({ token }, slot) => {
      const expected = tokensAt(kept, uniformOf(77 * slot + 1, draw))
      expect(expected).toContain(token)
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

describe('sample draws what the reference draws', () => {
  const filters: Record<string, Partial<SamplingParams>> = {
    greedy: { temperature: 0 },
    'temperature 1': {},
    'temperature 0.6': { temperature: 0.6 },
    'temperature 2': { temperature: 2 },
    'temperature 0.001': { temperature: 0.001 },
    'top_k 1': { topK: 1 },
    'top_k 5': { topK: 5 },
    'top_k past the vocabulary': { topK: 1_000_000 },
    'top_p 0.9': { topP: 0.9 },
    'top_p 0.001': { topP: 0.001 },
    'min_p 0.05': { minP: 0.05 },
    'min_p 1': { minP: 1 },
    'min_p, top_k': { minP: 0.02, topK: 40 },
    'top_k, top_p': { topK: 50, topP: 0.8 },
    'min_p, top_p': { minP: 0.01, topP: 0.85, temperature: 1.3 },
    'min_p, top_k, top_p': { minP: 0.001, topK: 100, topP: 0.95, temperature: 0.8 },
  }
  for (const vocabSize of [1, 7, 267, 4099]) {
    for (const [name, params] of Object.entries(filters)) {
      it(`${name}, ${vocabSize} tokens`, async () => {
        expect(await compare(normals(vocabSize, vocabSize, 2.5), params)).toBeGreaterThan(0.9)
      })
    }
  }

  it('top_k, top_p, 151936 tokens', async () => {
    expect(await compare(normals(151_936, 1, 4), { topK: 5000, topP: 0.97 }, 4, 2)).toBeGreaterThan(0.7)
  })
})

describe('sample keeps the order of equal and of close logits', () => {
  const flat = { topK: 6000, topP: 0.9 }
  it('all logits equal', async () => {
    await compare(new Float32Array(9001).fill(3), flat, 16)
  })
  it('a few distinct logits', async () => {
    await compare(
      normals(9001, 5).map((x) => Math.round(2 * x) / 2),
      flat,
      16,
    )
  })
  it('logits closer than a bin, on both sides of zero', async () => {
    await compare(normals(9001, 6, 1e-20), flat, 16)
  })
  it('one far above the rest', async () => {
    await compare(
      normals(9001, 6).map((x, i) => (i === 17 ? 90 : x)),
      { topK: 100 },
      16,
    )
  })
  it('equal logits at the edge of top_k: lowest id', async () => {
    const logits = new Float32Array(600).fill(-50)
    for (const id of [3, 9, 500, 501, 599]) logits[id] = 2
    const kept = new Set<number>()
    const rig = new SamplingRig(gpu, logits.length)
    rig.setLogits(logits, 64)
    for (let slot = 0; slot < 64; slot++) rig.state.open(slot, { ...NEUTRAL, topK: 3, seed: slot }, [], [])
    for (const { token } of await rig.step(draws(64, 0))) kept.add(token)
    expect([...kept].sort((a, b) => a - b)).toEqual([3, 9, 500])
    rig.close()
  })
  it('equal shares that make up top_p exactly', async () => {
    for (const [equal, wanted] of [
      [4, 2],
      [10, 5],
      [6, 3],
    ] as const) {
      const logits = new Float32Array(32).fill(-80).fill(1, 8, 8 + equal)
      const rig = new SamplingRig(gpu, logits.length)
      rig.setLogits(logits, 64)
      for (let slot = 0; slot < 64; slot++) rig.state.open(slot, { ...NEUTRAL, topP: 0.5, seed: slot }, [], [])
      const kept = new Set((await rig.step(draws(64, 3))).map(({ token }) => token))
      expect([...kept].sort((a, b) => a - b)).toEqual(Array.from({ length: wanted }, (_, i) => 8 + i))
      rig.close()
    }
  })
})

describe('sample stays in range on bad logits', () => {
  const all = { temperature: 0.9, topK: 20, topP: 0.9, minP: 0.01 }
  for (const [name, logits] of Object.entries({
    'all NaN': new Float32Array(300).fill(NaN),
    'all -Infinity': new Float32Array(300).fill(-Infinity),
  })) {
    it(`${name}: the lowest id`, async () => {
      for (const params of [{ temperature: 0 }, all]) {
        const rig = new SamplingRig(gpu, 300, 2)
        rig.setLogits(logits, 2)
        rig.state.open(0, { ...NEUTRAL, ...params, topLogprobs: 3 }, [], [])
        expect((await rig.step([{ slot: 0 }]))[0]!.token).toBe(0)
        rig.close()
      }
    })
  }
  it('NaN, Infinity among good ones', async () => {
    const logits = normals(5000, 2, 3)
    for (let i = 0; i < 5000; i += 3) logits[i] = NaN
    await compare(logits, all)
    await compare(logits, { temperature: 0 })
    const rig = new SamplingRig(gpu, 5000, 1)
    rig.setLogits(logits.map((x, i) => (i === 4321 ? Infinity : x)))
    rig.state.open(0, { ...NEUTRAL, ...all }, [], [])
    expect((await rig.step([{ slot: 0 }]))[0]!.token).toBe(4321)
    rig.close()
  })
})

describe('greedy', () => {
  it('takes the lowest id of equal logits', async () => {
    const logits = new Float32Array(20_000)
    for (const id of [13_000, 7001, 19_999]) logits[id] = 5
    const rig = new SamplingRig(gpu, logits.length, 1)
    rig.setLogits(logits)
    rig.state.open(0, { ...NEUTRAL, temperature: 0 }, [], [])
    expect((await rig.step([{ slot: 0 }]))[0]!.token).toBe(7001)
    rig.close()
  })
})

it('the same seed draws the same token whatever the slot, the row and what else runs', async () => {
  const vocabSize = 700
  const mine = normals(vocabSize, 11, 2)
  const params = { ...NEUTRAL, seed: 4_000_000_123, temperature: 1.1, topP: 0.97 }
  const rig = new SamplingRig(gpu, vocabSize, 8)
  const alone: number[] = []
  rig.setLogits(mine)
  rig.state.open(0, params, [], [])
  for (let draw = 0; draw < 20; draw++) alone.push((await rig.step([{ slot: 0, draw }]))[0]!.token)
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
