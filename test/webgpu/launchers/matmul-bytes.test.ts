// Products whose x is rounded to bytes, against f64 arithmetic on the rounded values.

import { afterAll, describe, expect, it } from 'vitest'
import { byteKernelFiles } from '../../../src/webgpu/byte-kernel-sources.ts'
import { Gpu } from '../../../src/webgpu/gpu.ts'
import { squareStride } from '../../../src/webgpu/launchers/fused-norm.ts'
import { matmul, xStride } from '../../../src/webgpu/launchers/matmul.ts'
import { bytesStride } from '../../../src/webgpu/launchers/quantize-bytes.ts'
import { paddedCols, type WeightFormat, weightLayouts } from '../../../src/weights/layouts.ts'
import { testGpu } from '../../support/device.ts'
import { matrixValues, randomMatrix } from '../../support/matrices.ts'
import { normals } from '../../support/random.ts'
import { read, readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
const plain = new Gpu(gpu.device, { packedDot: false })
gpu.addSources(byteKernelFiles)
plain.addSources(byteKernelFiles)
afterAll(() => gpu.device.destroy())

interface Case {
  readonly on?: Gpu
  readonly kernels: 'tall' | 'wide'
  readonly tile?: number
  readonly format: WeightFormat
  readonly epilogue?: 'store' | 'add' | 'swiglu'
  readonly m: number
  readonly decodeRows?: number
  readonly cols: number
  readonly rows: number
  readonly ofOutputs?: boolean
  readonly normed?: boolean
  readonly maxBinding?: number
}

/** Runs one case: what it gave, what it had, all [m, cols] or [m, rows]. */
async function outcome(test: Case) {
  const { on = gpu, kernels, format, epilogue = 'store', m, decodeRows = 0, cols, rows, ofOutputs = false } = test
  const paired = epilogue === 'swiglu'
  const matrix = randomMatrix(on, { format, rows, cols, paired }, rows + cols, test.maxBinding)
  const stride = xStride(cols)
  const x = new Float32Array(m * stride)
  const given = normals(m * cols, 7)
  // Rows and groups of very different sizes, and a group of zeros.
  for (let i = 0; i < m; i++)
    for (let k = 0; k < cols; k++)
      x[i * stride + k] = k >> 5 === 1 ? 0 : given[i * cols + k]! * 4 ** ((i % 5) - (k >> 5))
  const bias = normals(rows, 5)
  const width = paired ? rows / 2 : rows
  const before = normals(m * paddedCols(width), 9)
  const y = on.createBufferWith('y', before)
  const quantized = on.createBuffer('quantized', m * bytesStride(cols) * 4)
  const squares = normals(m * squareStride(cols), 3).map(Math.abs)
  const step = { rows: ofOutputs ? m + 3 : m, decodeRows, outputs: ofOutputs ? m : 1 }
  const tiled = kernels === 'wide' && !ofOutputs ? decodeRows : m
  const launches = matmul(on, {
    matrix,
    epilogue,
    kernels,
    tile: test.tile,
    ofOutputs,
    y,
    yStride: paddedCols(width),
    quantized,
    x: on.createBufferWith('x', x),
    bias: on.createBufferWith('bias', bias),
    step: on.createBufferWith(
      'step',
      Uint32Array.of(step.rows, decodeRows, step.outputs, 0),
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    ),
    input: test.normed ? { size: cols, eps: 0.1, squares: on.createBufferWith('squares', squares) } : undefined,
    minRows: tiled,
    maxRows: tiled,
  })
  await run(on, launches, step)
  const got = await readF32(on, y)
  const w = await matrixValues(on, matrix)
  const words = await read(on, quantized)
  const parts = matrix.parts.length
  on.destroyAllBuffers()
  const bytes = new Int8Array(words)
  const scales = new Float32Array(words)
  const unit = (i: number, k: number) => scales[i * bytesStride(cols) + stride / 4 + (k >> 5)]!
  const rounded = x.map((_, at) => {
    const i = Math.floor(at / stride)
    const k = at % stride
    return bytes[i * bytesStride(cols) * 4 + k]! * unit(i, k)
  })
  const factor = (i: number) => {
    const sum = squares.subarray(i * squareStride(cols), (i + 1) * squareStride(cols)).reduce((a, b) => a + b, 0)
    return test.normed ? 1 / Math.sqrt(sum / cols + 0.1) : 1
  }
  const product = (i: number, n: number) => {
    let sum = bias[n]!
    let size = 1
    for (let k = 0; k < cols; k++) {
      const term = rounded[i * stride + k]! * w[n * cols + k]! * factor(i)
      sum += term
      size += Math.abs(term)
    }
    return { sum, size }
  }
  let worst = 0
  for (let i = 0; i < m; i++)
    for (let n = 0; n < width; n++) {
      const at = i * paddedCols(width) + n
      const a = product(i, n)
      let expected = a.sum
      let { size } = a
      if (epilogue === 'add') expected += before[at]!
      if (paired) {
        const up = product(i, width + n)
        expected = (a.sum / (1 + Math.exp(-a.sum))) * up.sum
        size *= up.size
      }
      const error = Math.abs(got[at]! - expected) / size
      worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
    }
  const rounding = x.map((value, at) => {
    const u = unit(Math.floor(at / stride), at % stride)
    return u === 0 ? Math.abs(value) : Math.abs(rounded[at]! - value) / u
  })
  return { got, worst, rounding: rounding.reduce((a, b) => Math.max(a, b)), parts }
}

const LIMIT = 1e-6

describe('products with bytes', () => {
  for (const format of ['q8', 'q4'] as const) {
    for (const test of [
      { kernels: 'tall', m: 1, cols: 172, rows: 64 },
      { kernels: 'tall', m: 7, cols: 31, rows: 33, epilogue: 'add' },
      { kernels: 'tall', m: 3, cols: 100, rows: 74, epilogue: 'swiglu' },
      { kernels: 'wide', m: 1, decodeRows: 1, cols: 600, rows: 77 },
      { kernels: 'wide', m: 67, decodeRows: 2, cols: 100, rows: 131, epilogue: 'add' },
      { kernels: 'wide', tile: 8, m: 7, decodeRows: 7, cols: 100, rows: 35 },
      { kernels: 'tall', tile: 8, m: 6, cols: 100, rows: 35 },
    ] as const)
      it(`${format}: ${JSON.stringify(test)}`, async () => {
        const { worst, rounding } = await outcome({ ...test, format })
        expect(rounding).toBeLessThan(0.50001)
        expect(worst).toBeLessThan(LIMIT)
      })
  }

  it('after a norm that is not yet divided by', async () => {
    const shape = { format: 'q4', cols: 100, rows: 70, normed: true } as const
    expect((await outcome({ ...shape, kernels: 'tall', m: 2 })).worst).toBeLessThan(LIMIT)
    expect((await outcome({ ...shape, kernels: 'wide', m: 36, decodeRows: 1 })).worst).toBeLessThan(LIMIT)
  })

  it('parts of a matrix, and as many rows as the step has outputs', async () => {
    const maxBinding = 64 * 4 * weightLayouts.q8.groupBytes
    for (const kernels of ['tall', 'wide'] as const) {
      const shape = { kernels, format: 'q8', m: 2, cols: 100, rows: 131, ofOutputs: true, maxBinding } as const
      const { worst, parts } = await outcome(shape)
      expect(parts).toBeGreaterThan(1)
      expect(worst).toBeLessThan(LIMIT)
    }
  })

  it.skipIf(!gpu.packedDot)('the same bits where four bytes cannot be multiplied at once', async () => {
    for (const shape of [
      { kernels: 'tall', format: 'q4', m: 1, cols: 172, rows: 64 },
      { kernels: 'wide', format: 'q8', m: 35, decodeRows: 1, cols: 172, rows: 66 },
    ] as const)
      expect((await outcome({ ...shape, on: plain })).got).toEqual((await outcome(shape)).got)
  })

  it('gives a row the same bits alone and among others', async () => {
    const first = async (kernels: 'tall' | 'wide', m: number, decodeRows: number, tile?: number) =>
      (await outcome({ kernels, tile, format: 'q4', m, decodeRows, cols: 352, rows: 96 })).got.subarray(0, 96)
    const alone = await first('tall', 1, 0)
    expect(await first('tall', 5, 0)).toEqual(alone)
    const one = await first('wide', 1, 1)
    expect(await first('wide', 9, 5)).toEqual(one)
    expect(await first('wide', 5, 5, 8)).toEqual(one)
    expect(await first('wide', 33, 0)).toEqual(await first('wide', 1, 0))
  })
})

it('of float matrices x stays as it is', () => {
  const matrix = randomMatrix(gpu, { format: 'f16', rows: 8, cols: 32 }, 1)
  const buffer = gpu.createBuffer('any', 64)
  const step = gpu.createBuffer('step', 16, GPUBufferUsage.UNIFORM)
  const op = { matrix, step, x: buffer, y: gpu.createBuffer('y', 64), yStride: 32, epilogue: 'store' } as const
  const names = matmul(gpu, { ...op, quantized: buffer }).map(({ kernel }) => kernel.name)
  expect(names).not.toContain('quantize-bytes')
})
