import { afterAll, describe, expect, it } from 'vitest'
import { Gpu } from '../../../src/webgpu/gpu.ts'
import { testGpu } from '../../support/device.ts'
import { KvRig, type RigOptions, type Rows, type Sequence } from '../../support/kv-rig.ts'

const { device } = await testGpu({ floor: true })
const gpu = new Gpu(device) // launches as on a GPU, whatever the adapter
const cpu = new Gpu(device, { software: true }) // … and as on a software adapter
afterAll(() => device.destroy())

const at = (sequence: Sequence, position: number): Rows => ({ sequence, start: position, end: position + 1 })

function expectRow(rig: KvRig, got: Float32Array, sequence: Sequence, position: number, tolerance: number) {
  const expected = rig.expected(sequence, position)
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(got[i]! - expected[i]!)
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error)
  }
  expect(worst, `position ${position} of slot ${sequence.slot}`).toBeLessThan(tolerance)
  for (let i = expected.length; i < got.length; i++) expect(got[i]).toBe(-1) // what is rounded up is left alone
}

/** One step of decode rows of those lengths and of those prefill chunks, all checked (a few rows of each chunk). */
async function check(
  options: Omit<RigOptions, 'maxLength' | 'maxSequences'>,
  lengths: readonly number[],
  chunks: readonly (readonly [start: number, end: number])[] = [],
  on = gpu,
) {
  const ends = [...lengths, ...chunks.map(([, end]) => end)]
  const rig = new KvRig(on, { ...options, maxLength: Math.max(...ends), maxSequences: ends.length })
  const sequences = ends.map((end) => rig.sequence(end))
  const parts = sequences.map(
    (s, i) => [s, i < lengths.length ? lengths[i]! - 1 : chunks[i - lengths.length]![0]] as const,
  )
  await rig.fill(parts)
  const decode = lengths.map((length, i) => at(sequences[i]!, length - 1))
  const prefill = chunks.map(([start, end], i) => ({ sequence: sequences[lengths.length + i]!, start, end }))
  const got = await rig.step(decode, prefill)
  const tolerance = options.format === 'f16' ? 1e-3 : 2e-5
  for (const [i, { sequence, start }] of decode.entries()) expectRow(rig, got[i]!, sequence, start, tolerance)
  let row = decode.length
  for (const { sequence, start, end } of prefill) {
    const wanted = new Set([0, 1, 2, 3, 4, (end - start) >> 1, end - start - 2, end - start - 1])
    for (const i of wanted) if (i >= 0 && i < end - start) expectRow(rig, got[row + i]!, sequence, start + i, tolerance)
    row += end - start
  }
  rig.destroy()
}

const LENGTHS = [1, 5, 16, 17, 127, 128, 129, 300, 1000]
const CHUNKS = [
  [0, 37],
  [3, 4],
  [40, 75],
] as const

describe('attention', () => {
  for (const [heads, kvHeads, headDim, blockSize, format] of [
    [8, 4, 8, 16, 'f32'],
    [9, 3, 64, 16, 'f16'],
    [2, 1, 128, 32, 'f32'],
    [4, 4, 16, 16, 'f16'],
    [14, 2, 24, 16, 'f32'],
    [16, 1, 48, 256, 'f16'],
    [5, 1, 4, 4, 'f32'],
    [3, 1, 80, 16, 'f32'],
    [6, 3, 96, 16, 'f16'],
    [2, 2, 256, 16, 'f32'],
    [6, 2, 12, 64, 'f32'],
  ] as const)
    it(`${heads} heads on ${kvHeads} of ${headDim}, ${format}, blocks of ${blockSize}`, () =>
      check({ heads, kvHeads, headDim, blockSize, format }, headDim === 64 ? LENGTHS : [1, 17, 128, 129, 300], CHUNKS))

  for (const [heads, kvHeads, more] of [
    [6, 2, { rotaryDim: 8 }],
    [7, 1, { rotaryDim: 16, interleaved: true, format: 'f16' }],
    [16, 2, { rotaryDim: 16, window: 3 }],
  ] as const)
    it(`${heads} heads on ${kvHeads} rotate and are put into the cache in decode as in prefill`, async () => {
      const shape = { heads, kvHeads, headDim: 16, maxLength: 300, maxSequences: 1, ...more }
      const rigs = [false, true].map((alone) => new KvRig(gpu, { ...shape, alone }))
      const [a, b] = rigs.map((rig) => rig.sequence(300, 7))
      const tolerance = 'format' in more ? 1e-3 : 1e-5
      for (const [i, rig] of rigs.entries()) await rig.fill([[i ? b! : a!, 126]])
      for (let position = 126; position < 130; position++) {
        const [got] = await rigs[0]!.step([at(a!, position)], [])
        const [expected] = await rigs[1]!.step([at(b!, position)], [])
        expect(Math.max(...got!.map((value, i) => Math.abs(value - expected![i]!)))).toBeLessThan(tolerance)
      }
      for (const rig of rigs) rig.destroy()
    })

  it('launched as on a software adapter', async () => {
    await check(
      { heads: 9, kvHeads: 3, headDim: 64 },
      [...LENGTHS, 1500],
      [
        [0, 500],
        [3, 4],
        [300, 410],
      ],
      cpu,
    )
    await check({ heads: 14, kvHeads: 2, headDim: 8, format: 'f16' }, LENGTHS, CHUNKS, cpu)
  })

  for (const window of [1, 7, 130])
    it(`window of ${window}`, () =>
      check(
        { heads: 4, kvHeads: 2, headDim: 16, window },
        [1, 7, 8, 129, 500],
        [
          [0, 150],
          [300, 311],
        ],
      ))

  it('softcap', () =>
    check(
      { heads: 4, kvHeads: 2, headDim: 16, softcap: 2.5 },
      [1, 200],
      [
        [0, 20],
        [100, 110],
      ],
    ))

  it('more tiles than splits', () => check({ heads: 2, kvHeads: 1, headDim: 8 }, [32 * 128, 32 * 128 + 1, 9000]))

  for (const on of [gpu, cpu])
    it(`gives a row the same bits alone and beside others, software ${on.software}`, async () => {
      const heads = on.software ? 6 : 14
      const rig = new KvRig(on, { heads, kvHeads: 2, headDim: 16, maxLength: 600, maxSequences: 10 })
      const sequences = [600, 3, 130, 17, 260, 1, 444, 90, 77, 140].map((length) => rig.sequence(length))
      const ends = sequences.map((s) => s.q.length / (heads * 16))
      await rig.fill(sequences.map((s, i) => [s, ends[i]! - 1] as const))
      const decode = sequences.slice(0, 8).map((s, i) => at(s, ends[i]! - 1))
      const prefill = [
        { sequence: sequences[8]!, start: 50, end: 77 },
        { sequence: sequences[9]!, start: 0, end: 140 },
      ]
      const together = await rig.step(decode, prefill)
      for (const [i, rows] of decode.entries()) expect((await rig.step([rows], []))[0]).toEqual(together[i])
      expect(await rig.step([], [prefill[0]!])).toEqual(together.slice(8, 8 + 27))
      expect(await rig.step([], [prefill[1]!])).toEqual(together.slice(8 + 27))
      rig.destroy()
    })

  it('gives a prompt the same bits in one chunk and in many', async () => {
    const rig = new KvRig(gpu, { heads: 3, kvHeads: 1, headDim: 24, maxLength: 200, maxSequences: 2 })
    const whole = rig.sequence(200, 7)
    const cut = rig.sequence(200, 7)
    const expected = await rig.step([], [{ sequence: whole, start: 0, end: 200 }])
    const got: Float32Array[] = []
    for (const [start, end] of [
      [0, 1],
      [1, 50],
      [50, 51],
      [51, 128],
      [128, 200],
    ] as const)
      got.push(...(await rig.step([], [{ sequence: cut, start, end }])))
    expect(got).toEqual(expected)
    rig.destroy()
  })
})
