import { afterAll, describe, expect, it } from 'vitest'
import { rmsNorm } from '../../../src/webgpu/launchers/rms-norm.ts'
import { testGpu } from '../../support/device.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

function reference(x: Float32Array, weight: Float32Array, rows: readonly number[], stride: number, eps: number) {
  const hidden = weight.length
  const out = new Float32Array(rows.length * stride)
  rows.forEach((row, r) => {
    let squares = 0
    for (let i = 0; i < hidden; i++) squares += x[row * hidden + i]! ** 2
    const scale = 1 / Math.sqrt(squares / hidden + eps)
    for (let i = 0; i < hidden; i++) out[r * stride + i] = x[row * hidden + i]! * scale * weight[i]!
  })
  return out
}

describe('rms-norm', () => {
  for (const [rows, hidden] of [
    [1, 64],
    [3, 576],
    [5, 1],
    [2, 31],
    [4, 100],
    [1, 2048],
    [17, 144],
  ] as const) {
    it(`${rows} rows of ${hidden}`, async () => {
      const stride = Math.ceil(hidden / 32) * 32
      const x = normals(rows * hidden, rows + hidden)
      const weight = normals(hidden, 7)
      const out = gpu.createBuffer('out', rows * stride * 4)
      const outputs = gpu.createBufferWith('outputs', new Uint32Array(4))
      const launch = rmsNorm(gpu, {
        hidden,
        stride,
        eps: 1e-5,
        outputs,
        out,
        x: gpu.createBufferWith('x', x),
        weight: gpu.createBufferWith('weight', weight),
      })
      await run(gpu, [launch], { rows })
      const expected = reference(x, weight, [...Array(rows).keys()], stride, 1e-5)
      const got = await readF32(gpu, out)
      for (let i = 0; i < rows * stride; i++)
        expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!)))
    })
  }

  it('picks the rows of the outputs table', async () => {
    const hidden = 40
    const x = normals(6 * hidden, 3)
    const weight = normals(hidden, 4)
    const out = gpu.createBuffer('out', 2 * 64 * 4)
    const outputs = gpu.createBufferWith('outputs', Uint32Array.of(4, 0, 0, 0, 1, 0, 0, 0))
    const launch = rmsNorm(gpu, {
      hidden,
      stride: 64,
      eps: 1e-6,
      ofOutputs: true,
      outputs,
      out,
      x: gpu.createBufferWith('x', x),
      weight: gpu.createBufferWith('weight', weight),
    })
    await run(gpu, [launch], { rows: 6, outputs: 2 })
    const expected = reference(x, weight, [4, 1], 64, 1e-6)
    const got = await readF32(gpu, out)
    for (let i = 0; i < 128; i++)
      expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(expected[i]!)))
  })
})
