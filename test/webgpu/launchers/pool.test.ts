import { afterAll, describe, expect, it } from 'vitest'
import { pool } from '../../../src/webgpu/launchers/pool.ts'
import { testGpu } from '../../support/device.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

const SLOTS = 5

/** Chunks [first row, rows, slot, added] over rows of random states, against sums in float64. */
async function check(hidden: number, chunks: readonly (readonly [number, number, number, number])[]) {
  const stride = Math.ceil(hidden / 32) * 32
  const rows = Math.max(...chunks.map(([first, count]) => first + count))
  const x = normals(rows * stride, rows + hidden)
  const before = normals(SLOTS * hidden, 3)
  const expected = Float64Array.from(before)
  for (const [first, count, slot, added] of chunks)
    for (let i = 0; i < hidden; i++) {
      let sum = added ? before[slot * hidden + i]! : 0
      for (let row = first; row < first + count; row++) sum += x[row * stride + i]!
      expected[slot * hidden + i] = sum
    }
  const pooled = gpu.createBufferWith('pooled', before)
  const launch = pool(gpu, {
    hidden,
    stride,
    pools: gpu.createBufferWith('pools', Uint32Array.from(chunks.flat())),
    x: gpu.createBufferWith('x', x),
    pooled,
  })
  await run(gpu, [launch], { rows, pools: chunks.length })
  const got = await readF32(gpu, pooled)
  expected.forEach((value, i) => {
    expect(Math.abs(got[i]! - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)))
  })
}

describe('pool', () => {
  for (const hidden of [1, 31, 64, 100, 576])
    it(`of states of ${hidden}`, () =>
      check(hidden, [
        [0, 1, 2, 0],
        [1, 37, 4, 0],
        [38, 5, 0, 12],
      ]))

  it('of one row, the last', () => check(72, [[16, 1, 1, 0]]))
  it('of many rows, added to what is there', () => check(72, [[3, 300, 3, 1]]))
})
