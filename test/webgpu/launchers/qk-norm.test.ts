import { afterAll, describe, expect, it } from 'vitest'
import { qkNorm } from '../../../src/webgpu/launchers/qk-norm.ts'
import { testGpu } from '../../support/device.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

async function check(rows: number, heads: number, kvHeads: number, headDim: number, whole: boolean) {
  const [queries, keys] = [heads * headDim, kvHeads * headDim]
  const sizes = whole ? ([queries, keys] as const) : ([headDim, headDim] as const)
  const weight = normals(sizes[0] + sizes[1], 3)
  const stride = queries + 2 * keys
  const qkv = normals(rows * stride, rows + headDim)
  const expected = Float64Array.from(qkv)
  for (let row = 0; row < rows; row++)
    for (let at = 0; at < queries + keys; ) {
      const [size, first] = at < queries ? [sizes[0], 0] : [sizes[1], sizes[0]]
      const segment = expected.subarray(row * stride + at, row * stride + at + size)
      const scale = 1 / Math.sqrt(segment.reduce((sum, v) => sum + v * v, 0) / size + 1e-6)
      segment.forEach((v, i) => {
        segment[i] = v * scale * weight[first + i]!
      })
      at += size
    }

  const data = gpu.createBufferWith('qkv', qkv)
  const held = gpu.createBufferWith('weight', weight)
  await run(gpu, [qkNorm(gpu, { queries, keys, sizes, eps: 1e-6, weight: held, qkv: data })], { rows })
  const got = await readF32(gpu, data)
  expected.forEach((value, i) => {
    expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)))
  })
}

describe('qk-norm', () => {
  const shapes = [
    [1, 4, 2, 16],
    [3, 2, 1, 24],
    [2, 16, 8, 128],
    [5, 3, 3, 4],
  ] as const
  for (const [rows, heads, kvHeads, headDim] of shapes) {
    it(`of each head: ${rows} rows, ${heads} heads on ${kvHeads} of ${headDim}`, () =>
      check(rows, heads, kvHeads, headDim, false))
    it(`of all heads at once: ${rows} rows, ${heads} heads on ${kvHeads} of ${headDim}`, () =>
      check(rows, heads, kvHeads, headDim, true))
  }
})
