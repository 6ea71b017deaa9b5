import { afterAll, describe, expect, it } from 'vitest'
import type { Gpu } from '../../../src/webgpu/gpu.ts'
import { halfKernelFiles } from '../../../src/webgpu/half-kernel-sources.ts'
import { squareStride } from '../../../src/webgpu/launchers/fused-norm.ts'
import { logitsStride } from '../../../src/webgpu/launchers/logits-edit.ts'
import { type MatmulVariant, matmul } from '../../../src/webgpu/launchers/matmul.ts'
import { paddedCols, type WeightFormat, weightLayouts } from '../../../src/weights/layouts.ts'
import { testGpu } from '../../support/device.ts'
import { matrixValues, randomMatrix } from '../../support/matrices.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const plain = await testGpu({ floor: true })
const quads = await testGpu({ floor: true, features: ['subgroups', 'shader-f16'] })
quads.addSources(halfKernelFiles)
afterAll(() => {
  plain.device.destroy()
  quads.device.destroy()
})

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

interface Case {
  gpu?: Gpu
  kernels?: MatmulVariant['kernels']
  width?: number
  format: WeightFormat
  epilogue: 'store' | 'add' | 'swiglu' | 'geglu'
  scale?: number
  softcap?: number
  m: number
  cols: number
  rows: number
  biased?: boolean
  maxBinding?: number
  ofOutputs?: boolean
  /** Rows of y have the best of every four behind them. */
  bests?: boolean
  decodeRows?: number
  /** Multiplies x. */
  scaledX?: number
}

/** x as kernels want it: rows padded with zeros to a multiple of 32. */
function padded(x: Float32Array, m: number, cols: number): Float32Array<ArrayBuffer> {
  const stride = paddedCols(cols)
  const out = new Float32Array(m * stride)
  for (let i = 0; i < m; i++) out.set(x.subarray(i * cols, (i + 1) * cols), i * stride)
  return out
}

const uniformOf = (gpu: Gpu, { rows, decodeRows, outputs }: Record<'rows' | 'decodeRows' | 'outputs', number>) =>
  gpu.createBufferWith(
    'step',
    Uint32Array.of(rows, decodeRows, outputs, 0),
    GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  )

/** Runs one case and returns how far it is from the f64 result, relative to the sum of the sizes of the terms. */
async function errorOf(test: Case) {
  const { gpu = plain, kernels = 'tall', format, epilogue, m, cols, rows, decodeRows = 0 } = test
  const { biased = false, maxBinding, ofOutputs = false, bests = false } = test
  const paired = epilogue === 'swiglu' || epilogue === 'geglu'
  const { scale, softcap } = test
  const matrix = randomMatrix(gpu, { format, rows, cols, paired }, rows + cols, maxBinding)
  if (maxBinding) expect(matrix.parts.length).toBeGreaterThan(1)
  const x = normals(m * cols, m, test.scaledX)
  const bias = normals(rows, 5)
  const width = paired ? rows / 2 : rows
  const yStride = bests ? logitsStride(width) : paddedCols(width)
  // One more row than the step has: it must stay as it is.
  const before = normals((m + 1) * yStride, 9)
  const y = gpu.createBufferWith('y', before)
  const step = { rows: ofOutputs ? m + 3 : m, decodeRows, outputs: ofOutputs ? m : 1 }
  const launches = matmul(gpu, {
    matrix,
    epilogue,
    scale,
    softcap,
    y,
    yStride,
    ofOutputs,
    bests,
    kernels,
    width: test.width,
    maxRows: kernels !== 'tall' && !ofOutputs ? decodeRows : m,
    x: gpu.createBufferWith('x', padded(x, m, cols)),
    step: uniformOf(gpu, step),
    bias: biased ? gpu.createBufferWith('bias', bias) : undefined,
  })
  await run(gpu, launches, step)
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
        const scaled = a.sum * (scale ?? 1)
        if (epilogue === 'store') expected = softcap ? softcap * Math.tanh(scaled / softcap) : scaled
        if (epilogue === 'add') expected += scaled
        if (paired) {
          const up = product(i, width + n)
          const inner = Math.sqrt(2 / Math.PI) * (a.sum + 0.044715 * a.sum ** 3)
          const gate = epilogue === 'geglu' ? (1 + Math.tanh(inner)) / 2 : 1 / (1 + Math.exp(-a.sum))
          expected = a.sum * gate * up.sum
          size = a.size * up.size
        }
      } else if (i < m && bests) {
        const four = i * yStride + (n - width) * 4
        expected = Math.max(...got.subarray(four, Math.min(four + 4, i * yStride + width)))
      }
      const error = Math.abs(got[at]! - expected) / size
      worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
    }
  }
  return worst
}

/** The first row's results when it is one of `m` rows, of which `decodeRows` are of decode. */
async function firstRow(gpu: Gpu, kernels: MatmulVariant['kernels'], m: number, decodeRows: number) {
  const [cols, rows] = [352, 96]
  const matrix = randomMatrix(gpu, { format: 'q4', rows, cols }, 1)
  const y = gpu.createBuffer('y', m * rows * 4)
  const step = { rows: m, decodeRows, outputs: 1 }
  const launches = matmul(gpu, {
    matrix,
    epilogue: 'store',
    y,
    yStride: rows,
    kernels,
    maxRows: kernels === 'tall' ? m : decodeRows,
    x: gpu.createBufferWith('x', normals(33 * cols, 2).subarray(0, m * cols)),
    step: uniformOf(gpu, step),
  })
  await run(gpu, launches, step)
  const result = (await readF32(gpu, y)).subarray(0, rows)
  gpu.destroyAllBuffers()
  return result
}

const LIMIT = 1e-6
/** As the self-test has it. */
const LIMIT_OF_HALVES = 1e-3

/** A product added to a stream, its RMS norm handed over to a second product: the worst relative error of that. */
async function fusedNormError(kernels: 'tall' | 'wide', m: number, decodeRows: number, hidden: number) {
  const [cols, rows, eps] = [64, 40, 0.1]
  const first = randomMatrix(plain, { format: 'f32', rows: hidden, cols }, 1)
  const second = randomMatrix(plain, { format: 'q4', rows, cols: hidden }, 2)
  const stream = normals(m * hidden, 3)
  const x = normals(m * cols, 4)
  const weight = normals(hidden, 5)
  const step = { rows: m, decodeRows, outputs: 1 }
  const stride = paddedCols(hidden)
  const shared = { kernels, step: uniformOf(plain, step), maxRows: 2 }
  const normed = plain.createBuffer('normed', m * stride * 4)
  const squares = plain.createBuffer('squares', m * squareStride(hidden) * 4)
  const y = plain.createBuffer('y', m * rows * 4)
  const residual = plain.createBufferWith('residual', padded(stream, m, hidden))
  const next = { weight: plain.createBufferWith('weight', weight), size: hidden, normed, stride, squares }
  const add = matmul(plain, {
    ...shared,
    matrix: first,
    epilogue: 'add',
    x: plain.createBufferWith('x', padded(x, m, cols)),
    y: residual,
    yStride: stride,
    next,
  })
  const input = { size: hidden, eps, squares }
  const store = matmul(plain, { ...shared, matrix: second, epilogue: 'store', x: normed, y, yStride: rows, input })
  await run(plain, [...add, ...store], step)
  const [w1, w2] = [await matrixValues(plain, first), await matrixValues(plain, second)]
  const got = await readF32(plain, y)
  plain.destroyAllBuffers()
  let worst = 0
  for (let i = 0; i < m; i++) {
    const sums = Array.from({ length: hidden }, (_, n) => {
      let sum = stream[i * hidden + n]!
      for (let k = 0; k < cols; k++) sum += x[i * cols + k]! * w1[n * cols + k]!
      return sum
    })
    const rms = Math.sqrt(sums.reduce((a, b) => a + b * b, 0) / hidden + eps)
    for (let r = 0; r < rows; r++) {
      const terms = sums.map((sum, n) => (sum / rms) * weight[n]! * w2[r * hidden + n]!)
      const size = terms.reduce((a, b) => a + Math.abs(b), 1)
      worst = Math.max(worst, Math.abs(got[i * rows + r]! - terms.reduce((a, b) => a + b, 0)) / size)
    }
  }
  return worst
}

describe('an RMS norm between two products', () => {
  it('that threads make alone', async () => {
    expect(await fusedNormError('tall', 2, 1, 76)).toBeLessThan(LIMIT)
  })
  it('that workgroups make', async () => {
    expect(await fusedNormError('wide', 67, 2, 330)).toBeLessThan(LIMIT)
  })
})

describe('the best of every four logits', () => {
  const shape = { epilogue: 'store', cols: 64, rows: 267, ofOutputs: true, bests: true } as const
  it('by threads alone, of all and of parts', async () => {
    for (const m of [1, 2, 5]) expect(await errorOf({ ...shape, format: 'q8', m, softcap: 2 })).toBeLessThan(LIMIT)
    const maxBinding = 64 * 2 * weightLayouts.f16.groupBytes
    expect(await errorOf({ ...shape, format: 'f16', m: 3, maxBinding, biased: true })).toBeLessThan(LIMIT)
  })
  it('by workgroups', async () => {
    for (const m of [1, 2, 5]) expect(await errorOf({ ...shape, kernels: 'wide', format: 'q4', m })).toBeLessThan(LIMIT)
  })
})

describe('matmul, a thread a few results', () => {
  for (const format of formats) {
    for (const [m, cols, rows] of shapes) {
      it(`${format}: ${m} rows of ${cols} to ${rows}`, async () => {
        expect(await errorOf({ format, epilogue: 'store', m, cols, rows })).toBeLessThan(LIMIT)
      })
    }
    for (const m of [1, 2, 11]) {
      it(`${format}: residual with bias, SwiGLU, ${m} rows`, async () => {
        expect(await errorOf({ format, epilogue: 'add', m, cols: 100, rows: 74, biased: true })).toBeLessThan(LIMIT)
        expect(await errorOf({ format, epilogue: 'swiglu', m, cols: 64, rows: 344 })).toBeLessThan(LIMIT)
      })
    }
    it(`${format}: parts`, async () => {
      const maxBinding = 64 * 4 * weightLayouts[format].groupBytes
      const shape = { format, m: 2, cols: 100, maxBinding, biased: true }
      expect(await errorOf({ ...shape, epilogue: 'store', rows: 131 })).toBeLessThan(LIMIT)
      expect(await errorOf({ ...shape, epilogue: 'swiglu', rows: 132 })).toBeLessThan(LIMIT)
    })
  }

  it('GeGLU, and products that are scaled and capped', async () => {
    const shape = { format: 'f32', m: 3, cols: 100, rows: 74, biased: true } as const
    expect(await errorOf({ ...shape, epilogue: 'geglu' })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...shape, epilogue: 'add', scale: 0.25 })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...shape, epilogue: 'store', scale: 0.25 })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...shape, epilogue: 'store', scale: 0.5, softcap: 2 })).toBeLessThan(LIMIT)
  })

  it('as many rows as the step has outputs', async () => {
    const shape = { format: 'q4', m: 2, cols: 64, rows: 100, ofOutputs: true } as const
    expect(await errorOf({ ...shape, epilogue: 'store' })).toBeLessThan(LIMIT)
  })

  it('gives a row the same bits alone and among others', async () => {
    const alone = await firstRow(plain, 'tall', 1, 0)
    for (const m of [2, 3, 5, 33]) expect(await firstRow(plain, 'tall', m, 1)).toEqual(alone)
  })
})

describe.skipIf(!quads.has('subgroups'))('matmul, x loaded once a quad', () => {
  for (const [m, cols, rows] of [
    [1, 172, 64],
    [5, 33, 7],
    [17, 256, 640],
  ] as const) {
    it(`${m} rows of ${cols} to ${rows}`, async () => {
      expect(await errorOf({ gpu: quads, format: 'q4', epilogue: 'store', m, cols, rows })).toBeLessThan(LIMIT)
    })
  }

  it('gives the same bits as without', async () => {
    expect(await firstRow(quads, 'tall', 5, 1)).toEqual(await firstRow(plain, 'tall', 1, 0))
  })
})

describe('matmul, workgroups together', () => {
  for (const format of formats) {
    it(`${format}: rows of decode, of prefill`, async () => {
      const shape = { kernels: 'wide', format, biased: true } as const
      expect(await errorOf({ ...shape, epilogue: 'store', m: 1, decodeRows: 1, cols: 600, rows: 77 })).toBeLessThan(
        LIMIT,
      )
      expect(await errorOf({ ...shape, epilogue: 'add', m: 67, decodeRows: 1, cols: 100, rows: 131 })).toBeLessThan(
        LIMIT,
      )
    })
  }

  it('of every size worth trying', async () => {
    const shape = { format: 'q4', epilogue: 'store', m: 1, decodeRows: 1, cols: 600, rows: 77 } as const
    for (const width of [64, 96]) expect(await errorOf({ ...shape, kernels: 'wide', width })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...shape, kernels: 'tall', width: 32 })).toBeLessThan(LIMIT)
  })

  it('SwiGLU and parts', async () => {
    const shape = { kernels: 'wide', format: 'q4', epilogue: 'swiglu', maxBinding: 64 * 4 * 16, biased: true } as const
    expect(await errorOf({ ...shape, m: 4, decodeRows: 2, cols: 100, rows: 132 })).toBeLessThan(LIMIT)
  })

  it('as many rows as the step has outputs', async () => {
    const shape = { kernels: 'wide', format: 'q4', m: 2, cols: 64, rows: 100, ofOutputs: true } as const
    expect(await errorOf({ ...shape, epilogue: 'store' })).toBeLessThan(LIMIT)
  })

  it('gives a row the same bits alone and among others', async () => {
    const decode = await firstRow(plain, 'wide', 1, 1)
    for (const [m, decodeRows] of [
      [2, 2],
      [33, 1],
      [9, 5],
    ] as const)
      expect(await firstRow(plain, 'wide', m, decodeRows)).toEqual(decode)
    const prefill = await firstRow(plain, 'wide', 1, 0)
    expect(await firstRow(plain, 'wide', 33, 0)).toEqual(prefill)
  })
})

describe.skipIf(!quads.has('shader-f16'))('matmul, products in f16', () => {
  const cases = [
    { m: 1, decodeRows: 1, cols: 600, rows: 77 },
    { m: 70, decodeRows: 1, cols: 100, rows: 131, epilogue: 'add' },
    { m: 4, decodeRows: 2, cols: 100, rows: 132, epilogue: 'swiglu' },
  ] as const
  for (const format of ['q8', 'q4'] as const)
    for (const test of cases)
      it(`${format}: ${JSON.stringify(test)}`, async () => {
        const shape = { gpu: quads, kernels: 'halves', format, biased: true, epilogue: 'store', ...test } as const
        expect(await errorOf(shape)).toBeLessThan(LIMIT_OF_HALVES)
        expect(await errorOf({ ...shape, scaledX: 1e6 })).toBeLessThan(LIMIT_OF_HALVES)
      })

  it('gives a row the same bits alone and among others', async () => {
    expect(await firstRow(quads, 'halves', 9, 5)).toEqual(await firstRow(quads, 'halves', 1, 1))
    expect(await firstRow(quads, 'halves', 33, 0)).toEqual(await firstRow(quads, 'halves', 1, 0))
  })
})

describe('matmul, rows of decode alone and rows of prefill together', () => {
  it('add, with both kinds of rows', async () => {
    const shape = { kernels: 'mixed', format: 'q4', epilogue: 'add', cols: 100, rows: 74, biased: true } as const
    for (const decodeRows of [0, 1, 3]) expect(await errorOf({ ...shape, m: 7, decodeRows })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...shape, m: 2, decodeRows: 2 })).toBeLessThan(LIMIT)
  })

  it('gives the same bits as each', async () => {
    expect(await firstRow(plain, 'mixed', 5, 1)).toEqual(await firstRow(plain, 'tall', 1, 0))
    expect(await firstRow(plain, 'mixed', 5, 0)).toEqual(await firstRow(plain, 'wide', 5, 0))
  })
})

it('refuses an epilogue that the order of rows does not fit', () => {
  const matrix = randomMatrix(plain, { format: 'q8', rows: 8, cols: 32 }, 1)
  const buffer = plain.createBuffer('any', 64)
  const op = { matrix, step: buffer, x: buffer, y: buffer, yStride: 32 }
  expect(() => matmul(plain, { ...op, epilogue: 'swiglu' })).toThrow('not paired')
})
