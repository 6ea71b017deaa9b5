import { afterAll, describe, expect, it } from 'vitest'
import { norm } from '../../../src/webgpu/launchers/norm.ts'
import { testGpu } from '../../support/device.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

interface Case {
  readonly kind: 'rms' | 'layer'
  readonly hidden: number
  /** Rows of x, and which of them are normalised. */
  readonly rows: number
  readonly picked?: readonly number[]
  readonly biased?: boolean
  readonly added?: number
}

async function check({ kind, hidden, rows, picked, biased, added }: Case) {
  const stride = Math.ceil(hidden / 32) * 32
  const x = normals(rows * stride, rows + hidden).map((v) => v + 0.5)
  const weight = normals(hidden, 7)
  const bias = biased ? normals(hidden, 8) : undefined
  const chosen = picked ?? [...Array(rows).keys()]
  const before = normals(chosen.length * stride, 9)
  const expected = Float64Array.from(before)
  chosen.forEach((row, r) => {
    const values = Float64Array.from(x.subarray(row * stride, row * stride + hidden))
    const mean = kind === 'layer' ? values.reduce((a, b) => a + b) / hidden : 0
    const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
    const scale = 1 / Math.sqrt(squares / hidden + 1e-5)
    values.forEach((v, i) => {
      const y = (v - mean) * scale * weight[i]! + (bias?.[i] ?? 0)
      expected[r * stride + i] = added ? before[r * stride + i]! + added * y : y
    })
  })

  const out = gpu.createBufferWith('out', before)
  const launch = norm(gpu, {
    kind,
    hidden,
    stride,
    eps: 1e-5,
    added,
    ofOutputs: picked !== undefined,
    outputs: gpu.createBufferWith('outputs', outputsOf(picked)),
    x: gpu.createBufferWith('x', x),
    weight: gpu.createBufferWith('weight', weight),
    bias: bias && gpu.createBufferWith('bias', bias),
    out,
  })
  await run(gpu, [launch], { rows, outputs: picked?.length ?? 0 })
  const got = await readF32(gpu, out)
  expected.forEach((value, i) => {
    expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)))
  })
}

/** The table that names those rows. */
const outputsOf = (picked: readonly number[] = [0]) => Uint32Array.from(picked.flatMap((row) => [row, 0, 0, 0]))

describe('norm', () => {
  const shapes = [
    [1, 64],
    [3, 576],
    [5, 1],
    [2, 31],
    [4, 100],
    [1, 2048],
    [17, 144],
  ] as const
  for (const [rows, hidden] of shapes)
    it(`of ${rows} rows of ${hidden}`, async () => {
      await check({ kind: 'rms', hidden, rows })
      await check({ kind: 'layer', hidden, rows, biased: true })
    })

  it('picks the rows of the outputs table', () => check({ kind: 'rms', hidden: 40, rows: 6, picked: [4, 1] }))
  it('without bias', () => check({ kind: 'layer', hidden: 72, rows: 3 }))
  it('adds to what is there, as often as asked', async () => {
    await check({ kind: 'rms', hidden: 72, rows: 3, added: 1 })
    await check({ kind: 'layer', hidden: 72, rows: 3, biased: true, added: 0.25 })
  })
})
