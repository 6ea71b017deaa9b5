// Matrix products on the GPU against f64: what tests of their kernels share.

import { expect } from 'vitest'
import type { Gpu } from '../../src/webgpu/gpu.ts'
import { squareStride } from '../../src/webgpu/launchers/fused-norm.ts'
import { logitsStride } from '../../src/webgpu/launchers/logits-edit.ts'
import { type MatmulVariant, matmul } from '../../src/webgpu/launchers/matmul.ts'
import { paddedCols, type WeightFormat } from '../../src/weights/layouts.ts'
import { matrixValues, randomMatrix } from './matrices.ts'
import { normals } from './random.ts'
import { readF32, run } from './run-kernel.ts'

export interface ProductCase {
  kernels?: MatmulVariant['kernels']
  width?: number
  tile?: number
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
export async function productError(gpu: Gpu, test: ProductCase): Promise<number> {
  const { kernels = 'tall', format, epilogue, m, cols, rows, decodeRows = 0 } = test
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
  const tiled = kernels !== 'tall' && !ofOutputs ? decodeRows : m
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
    tile: test.tile,
    minRows: tiled,
    maxRows: tiled,
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

/** Results of `m` rows, of which `decodeRows` are of decode, [m, 96]; row `from` of the same numbers comes first. */
export async function rowsOf(
  gpu: Gpu,
  kernels: MatmulVariant['kernels'],
  m: number,
  decodeRows: number,
  { tile, from = 0 }: { tile?: number; from?: number } = {},
) {
  const [cols, rows] = [352, 96]
  const matrix = randomMatrix(gpu, { format: 'q4', rows, cols }, 1)
  const y = gpu.createBuffer('y', m * rows * 4)
  const step = { rows: m, decodeRows, outputs: 1 }
  const tiled = kernels === 'tall' ? m : decodeRows
  const launches = matmul(gpu, {
    matrix,
    epilogue: 'store',
    y,
    yStride: rows,
    kernels,
    tile,
    minRows: tiled,
    maxRows: tiled,
    x: gpu.createBufferWith('x', normals(33 * cols, 2).slice(from * cols, (from + m) * cols)),
    step: uniformOf(gpu, step),
  })
  await run(gpu, launches, step)
  const result = await readF32(gpu, y)
  gpu.destroyAllBuffers()
  return result
}

/** The first row's results when it is one of several. */
export const firstRow = async (...args: Parameters<typeof rowsOf>) => (await rowsOf(...args)).subarray(0, 96)

/** A product added to a stream, its RMS norm handed over to a second product: the worst relative error of that. */
export async function fusedNormError(
  gpu: Gpu,
  kernels: MatmulVariant['kernels'],
  m: number,
  decodeRows: number,
  hidden: number,
  { format = 'f32', tile }: { format?: WeightFormat; tile?: number } = {},
): Promise<number> {
  const [cols, rows, eps] = [64, 40, 0.1]
  const first = randomMatrix(gpu, { format, rows: hidden, cols }, 1)
  const second = randomMatrix(gpu, { format: 'q4', rows, cols: hidden }, 2)
  const stream = normals(m * hidden, 3)
  const x = normals(m * cols, 4)
  const weight = normals(hidden, 5)
  const step = { rows: m, decodeRows, outputs: 1 }
  const stride = paddedCols(hidden)
  const tiled = { minRows: Math.min(decodeRows, m), maxRows: kernels === 'tall' ? m : decodeRows }
  const shared = { kernels, tile, step: uniformOf(gpu, step), ...tiled }
  const normed = gpu.createBuffer('normed', m * stride * 4)
  const squares = gpu.createBuffer('squares', m * squareStride(hidden) * 4)
  const y = gpu.createBuffer('y', m * rows * 4)
  const residual = gpu.createBufferWith('residual', padded(stream, m, hidden))
  const next = { weight: gpu.createBufferWith('weight', weight), size: hidden, normed, stride, squares }
  const add = matmul(gpu, {
    ...shared,
    matrix: first,
    epilogue: 'add',
    x: gpu.createBufferWith('x', padded(x, m, cols)),
    y: residual,
    yStride: stride,
    next,
  })
  const input = { size: hidden, eps, squares }
  const store = matmul(gpu, { ...shared, matrix: second, epilogue: 'store', x: normed, y, yStride: rows, input })
  await run(gpu, [...add, ...store], step)
  const [w1, w2] = [await matrixValues(gpu, first), await matrixValues(gpu, second)]
  const got = await readF32(gpu, y)
  gpu.destroyAllBuffers()
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
