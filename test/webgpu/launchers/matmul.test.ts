import { afterAll, describe, expect, it } from 'vitest'
import { matmul } from '../../../src/webgpu/launchers/matmul.ts'
import { paddedCols, type WeightFormat, weightLayouts } from '../../../src/weights/layouts.ts'
import { testGpu } from '../../support/device.ts'
import { matrixValues, randomMatrix } from '../../support/matrices.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const formats = Object.keys(weightLayouts) as WeightFormat[]
const shapes = [
  [1, 64, 64],
  [1, 172, 64],
  [3, 64, 172],
  [8, 576, 1536],
  [5, 33, 7],
  [9, 100, 31],
  [17, 256, 640],
  [64, 144, 76],
  [130, 64, 515],
] as const
const kernelSets = ['tall'] as const

interface Case {
  format: WeightFormat
  epilogue: 'store' | 'add' | 'swiglu'
  m: number
  cols: number
  rows: number
  biased?: boolean
  maxBinding?: number
  ofOutputs?: boolean
}

/** x as kernels want it: rows padded with zeros to a multiple of 32. */
function padded(x: Float32Array, m: number, cols: number): Float32Array<ArrayBuffer> {
  const stride = paddedCols(cols)
  const out = new Float32Array(m * stride)
  for (let i = 0; i < m; i++) out.set(x.subarray(i * cols, (i + 1) * cols), i * stride)
  return out
}

const uniformOf = (rows: number, outputs: number) =>
  gpu.createBufferWith('step', Uint32Array.of(rows, 0, outputs, 0), GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST)

/** Runs one case and returns how far it is from the f64 result, relative to the sum of the sizes of the terms. */
async function errorOf({ format, epilogue, m, cols, rows, biased = false, maxBinding, ofOutputs }: Case) {
  const paired = epilogue === 'swiglu'
  const matrix = randomMatrix(gpu, { format, rows, cols, paired }, rows + cols, maxBinding)
  if (maxBinding) expect(matrix.parts.length).toBeGreaterThan(1)
  const x = normals(m * cols, m)
  const bias = normals(rows, 5)
  const width = paired ? rows / 2 : rows
  const yStride = paddedCols(width)
  // One more row than the step has: it must stay as it is.
  const before = normals((m + 1) * yStride, 9)
  const y = gpu.createBufferWith('y', before)
  const launches = matmul(gpu, {
    matrix,
    epilogue,
    y,
    yStride,
    ofOutputs,
    maxRows: m,
    x: gpu.createBufferWith('x', padded(x, m, cols)),
    step: ofOutputs ? uniformOf(m + 3, m) : uniformOf(m, 1),
    bias: biased ? gpu.createBufferWith('bias', bias) : undefined,
  })
  await run(gpu, launches, ofOutputs ? { rows: m + 3, outputs: m } : { rows: m, outputs: 1 })
  const w = await matrixValues(gpu, matrix)
  const got = await readF32(gpu, y)
  gpu.destroyAllBuffers()
  const product = (i: number, n: number) => {
    let sum = biased ? bias[n]! : 0
    let size = 1
    for (let k = 0; k < cols; k++) {
      const term = x[i * cols + k]! * w[n * cols + k]!
      sum += term
      size += Math.abs(term)
    }
    return { sum, size }
  }
  let worst = 0
  for (let i = 0; i <= m; i++) {
    for (let n = 0; n < yStride; n++) {
      const at = i * yStride + n
      let expected = before[at]!
      let size = 1
      if (i < m && n < width) {
        const a = product(i, n)
        size = a.size
        if (epilogue === 'store') expected = a.sum
        if (epilogue === 'add') expected += a.sum
        if (epilogue === 'swiglu') {
          const up = product(i, width + n)
          expected = (a.sum / (1 + Math.exp(-a.sum))) * up.sum
          size = a.size * up.size
        }
      }
      const error = Math.abs(got[at]! - expected) / size
      worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
    }
  }
  return worst
}

for (const kernels of kernelSets) {
  describe(`matmul, ${kernels} kernels`, () => {
    for (const format of formats) {
      for (const [m, cols, rows] of shapes) {
        it(`${format}: ${m} rows of ${cols} to ${rows}`, async () => {
          expect(await errorOf({ format, epilogue: 'store', m, cols, rows })).toBeLessThan(1e-6)
        })
      }
      for (const m of [1, 2, 3, 8, 11]) {
        it(`${format}: residual, bias, ${m} rows`, async () => {
          expect(await errorOf({ format, epilogue: 'add', m, cols: 100, rows: 74, biased: true })).toBeLessThan(1e-6)
        })
        it(`${format}: SwiGLU, ${m} rows`, async () => {
          expect(await errorOf({ format, epilogue: 'swiglu', m, cols: 64, rows: 344 })).toBeLessThan(1e-6)
        })
      }
      it(`${format}: parts`, async () => {
        const maxBinding = 64 * 4 * weightLayouts[format].groupBytes
        const shape = { format, m: 5, cols: 100, maxBinding }
        expect(await errorOf({ ...shape, epilogue: 'store', rows: 131, biased: true })).toBeLessThan(1e-6)
        expect(await errorOf({ ...shape, epilogue: 'swiglu', rows: 132, biased: true })).toBeLessThan(1e-6)
      })
    }

    it('as many rows as the step has outputs', async () => {
      expect(
        await errorOf({ format: 'q4', epilogue: 'store', m: 2, cols: 64, rows: 100, ofOutputs: true }),
      ).toBeLessThan(1e-6)
    })

    it('gives a row the same bits alone and among others', async () => {
      const cols = 352
      const rows = 96
      const matrix = randomMatrix(gpu, { format: 'q4', rows, cols }, 1)
      const x = normals(33 * cols, 2)
      const results: Float32Array[] = []
      for (const m of [1, 2, 3, 5, 8, 33]) {
        const y = gpu.createBuffer('y', m * rows * 4)
        const launches = matmul(gpu, {
          matrix,
          epilogue: 'store',
          y,
          yStride: rows,
          maxRows: m,
          x: gpu.createBufferWith('x', x.subarray(0, m * cols)),
          step: uniformOf(m, 1),
        })
        await run(gpu, launches, { rows: m })
        results.push((await readF32(gpu, y)).subarray(0, rows))
      }
      for (const result of results) expect(result).toEqual(results[0])
    })
  })
}

it('refuses an epilogue that the order of rows does not fit', () => {
  const matrix = randomMatrix(gpu, { format: 'q8', rows: 8, cols: 32 }, 1)
  const buffer = gpu.createBuffer('any', 64)
  const op = { matrix, step: buffer, x: buffer, y: buffer, yStride: 32 }
  expect(() => matmul(gpu, { ...op, epilogue: 'swiglu' })).toThrow('not paired')
})
