// Trials of the embedding and of matrix products, on some rows of the model's own matrices.

import { groupsOf, unpackMatrix, weightLayouts } from '../../weights/layouts.ts'
import type { Embedding } from '../launchers/embedding.ts'
import { type NextNorm, squareStride } from '../launchers/fused-norm.ts'
import { isInHalves, type Matmul, prefillKey, variantFor, xStride } from '../launchers/matmul.ts'
import { bytesStride } from '../launchers/quantize-bytes.ts'
import type { Matrix, MatrixPart } from '../matrix.ts'
import { type Bench, type Slice, slice, type Trial, testRows, testValues, worse, write } from './trial.ts'

/** Neighbouring rows of a part, of which every term is added up. */
export interface Sample {
  readonly part: MatrixPart
  /** Of the part. */
  readonly row: number
  readonly rows: number
}

const CLUSTER = 4
export const TOLERANCE = 2e-4
/** Of products whose terms are rounded to f16, some of which are added up in f16 too. */
const TOLERANCE_OF_HALVES = 1e-3

export function embeddingTrial(bench: Bench, op: Embedding): Trial {
  const { gpu, rows } = bench
  const { matrix, slotTokens, scale = 1, stride = op.matrix.cols, out } = op
  const last = Uint32Array.of(1, 2, 3).map((token) => token % matrix.rows)
  write(gpu, slotTokens, last)
  write(gpu, out, testValues(rows.length * stride, 1))
  const samples = rows.map(({ token, slot }) => {
    const id = token ?? last[slot]!
    const part = matrix.parts.find(({ firstRow, rows }) => id >= firstRow && id < firstRow + rows)!
    return { part, row: id - part.firstRow, rows: 1 }
  })
  const handed = rows.flatMap((_, m) => nextSlices(op.next, m))
  return {
    reads: [
      slice(out, 0, rows.length * stride * 4),
      ...handed,
      ...samples.flatMap((sample) => sampleSlices(matrix, sample)),
    ],
    error: ([first, ...rest]) => {
      const got = new Float32Array(first!)
      const weights = sampleValues(matrix, samples, rest.slice(handed.length))
      const states = rows.map((_, m) => got.subarray(m * stride, (m + 1) * stride))
      let worst = op.next ? nextError(op.next, states, rest) : 0
      weights.forEach((row, i) => {
        row.forEach((w, col) => {
          worst = worse(worst, Math.abs(got[i * stride + col]! - w * scale) / (1e-6 + 1e-5 * Math.abs(w * scale)))
        })
      })
      return worst
    },
  }
}

/** A row of what is handed over to the next norm, and the norm's weight. */
function nextSlices(next: NextNorm | undefined, m: number): Slice[] {
  if (!next) return []
  const { weight, size, normed, stride, squares } = next
  const each = squareStride(size)
  return [slice(normed, m * stride * 4, size * 4), slice(squares, m * each * 4, each * 4), slice(weight, 0, size * 4)]
}

/** Of what `nextSlices` read, for each row of the residual stream. */
function nextError({ size }: NextNorm, states: readonly Float32Array[], read: readonly ArrayBuffer[]): number {
  let worst = 0
  states.forEach((state, i) => {
    const [normed, squares, weight] = read.slice(i * 3, i * 3 + 3).map((bytes) => new Float32Array(bytes))
    const sums = new Float64Array(squares!.length)
    for (let n = 0; n < size; n++) {
      const expected = state[n]! * weight![n]!
      worst = worse(worst, Math.abs(normed![n]! - expected) / (1e-6 + 1e-5 * Math.abs(expected)))
      sums[n >> 2]! += state[n]! ** 2
    }
    sums.forEach((sum, n) => {
      worst = worse(worst, Math.abs(squares![n]! - sum) / (1e-6 + 1e-5 * sum))
    })
  })
  return worst
}

/** What row m of y left to sampling. */
function bestsSlice({ matrix: { rows }, y, yStride }: Matmul, m: number): Slice {
  return slice(y, (m * yStride + rows) * 4, Math.ceil(rows / 4) * 4)
}

/** Of what `bestsSlice` read, for each row of y. */
function bestsError(rows: readonly Float32Array[], read: readonly ArrayBuffer[], size: number): number {
  const right = rows.every((row, m) => {
    const bests = new Float32Array(read[m]!)
    return bests.every((best, i) => best === Math.max(...row.subarray(i * 4, Math.min(i * 4 + 4, size))))
  })
  return right ? 0 : Infinity
}

export function matmulTrial({ gpu, shape }: Bench, op: Matmul): Trial {
  const { matrix, epilogue, scale = 1, softcap, x, y, yStride, bias, ofOutputs, input, next, bests } = op
  const quantized = weightLayouts[matrix.format].top ? op.quantized : undefined
  const count = ofOutputs ? shape.outputs : shape.rows
  const stride = xStride(matrix.cols)
  const xs = testRows(count, matrix.cols, stride, 2)
  const before = testValues(count * yStride, 3)
  write(gpu, x, xs)
  write(gpu, y, before)
  const each = input ? squareStride(input.size) : 0
  const squares = testValues(count * each, 4).map(Math.abs)
  if (input) write(gpu, input.squares, squares)
  /** What the norm before divides row m of the product by, inverted. */
  const factor = (m: number) => {
    const sum = squares.subarray(m * each, (m + 1) * each).reduce((a, b) => a + b, 0)
    return input ? 1 / Math.sqrt(sum / input.size + input.eps) : 1
  }
  const isHalved = [undefined, prefillKey(matrix)].some((key) => isInHalves(gpu, matrix, variantFor(gpu, op, key)))
  const tolerance = isHalved ? TOLERANCE_OF_HALVES : TOLERANCE
  const samples = matrix.parts.flatMap(samplesOf)
  const tried = [...new Set([0, count >> 1, count - 1])]
  const handed = tried.flatMap((m) => (bests ? [bestsSlice(op, m)] : nextSlices(next, m)))
  return {
    reads: [
      ...tried.map((m) => slice(y, m * yStride * 4, yStride * 4)),
      ...handed,
      ...(quantized ? [slice(quantized, 0, count * bytesStride(matrix.cols) * 4)] : []),
      ...(bias ? [slice(bias)] : []),
      ...samples.flatMap((sample) => sampleSlices(matrix, sample)),
    ],
    error: (read) => {
      const got = tried.map((_, i) => new Float32Array(read[i]!))
      const rest = read.slice(tried.length + handed.length)
      const rounded = quantized ? roundedRows(xs, matrix.cols, rest.shift()!) : { values: xs, error: 0 }
      const biases = bias && new Float32Array(rest[0]!)
      const weights = sampleValues(matrix, samples, rest.slice(bias ? 1 : 0))
      const physical = samples.flatMap(({ part, row, rows }) =>
        Array.from({ length: rows }, (_, i) => part.firstRow + row + i),
      )
      /** Row `i` of the samples times row m of x, and the sum of the sizes of its terms. */
      const product = (i: number, m: number, logical: number) => {
        const w = weights[i]!
        let sum = biases ? biases[logical]! : 0
        let size = Math.abs(sum)
        const by = factor(m)
        for (let k = 0; k < w.length; k++) {
          const term = w[k]! * rounded.values[m * stride + k]! * by
          sum += term
          size += Math.abs(term)
        }
        return { sum, size }
      }
      const passed = read.slice(tried.length)
      let worst = rounded.error
      if (next) worst = worse(worst, nextError(next, got, passed))
      if (bests) worst = worse(worst, bestsError(got, passed, matrix.rows))
      tried.forEach((m, t) => {
        const check = (at: number, expected: number, size: number) => {
          worst = worse(worst, Math.abs(got[t]![at]! - expected) / (1e-6 + tolerance * size))
        }
        physical.forEach((row, i) => {
          if (!matrix.paired) {
            const { sum, size } = product(i, m, row)
            const scaled = sum * scale
            const value = softcap ? softcap * Math.tanh(scaled / softcap) : scaled
            check(row, epilogue === 'add' ? before[m * yStride + row]! + value : value, size * Math.abs(scale) + 1e-2)
          } else if (row % 2 === 0) {
            const pair = row / 2
            const gate = product(i, m, pair)
            const up = product(i + 1, m, matrix.rows / 2 + pair)
            const active = epilogue === 'geglu' ? gelu(gate.sum) : gate.sum / (1 + Math.exp(-gate.sum))
            const size = 1.2 * gate.size * Math.abs(up.sum) + Math.abs(active) * up.size
            check(pair, active * up.sum, size + 1e-2)
          }
        })
      })
      return worst
    },
  }
}

/** Rows of x as the bytes that were made of them stand for, and how far these are from the nearest. */
function roundedRows(xs: Float32Array, cols: number, read: ArrayBuffer): { values: Float32Array; error: number } {
  const stride = xStride(cols)
  const pitch = bytesStride(cols)
  const bytes = new Int8Array(read)
  const floats = new Float32Array(read)
  let error = 0
  const values = xs.map((x, i) => {
    const m = Math.floor(i / stride)
    const k = i % stride
    const unit = floats[m * pitch + stride / 4 + (k >> 5)]!
    const value = bytes[m * pitch * 4 + k]! * unit
    error = worse(error, Math.abs(value - x) / (0.5001 * unit + 1e-6))
    return value
  })
  return { values, error }
}

export const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

/** The first rows of a part, its last ones, and some in between; even numbers of them from even rows on. */
function samplesOf(part: MatrixPart): Sample[] {
  const { rows } = part
  const starts = [0, Math.floor(rows / 3) & ~1, Math.floor((2 * rows) / 3) & ~1, Math.max(0, rows - CLUSTER + 1) & ~1]
  return [...new Set(starts)].map((row) => ({ part, row, rows: Math.min(CLUSTER, rows - row) }))
}

export function sampleSlices({ format, cols }: Matrix, { part, row, rows }: Sample): Slice[] {
  const groups = groupsOf(cols)
  const bytes = groups * weightLayouts[format].groupBytes
  return [
    slice(part.data, row * bytes, rows * bytes),
    ...(part.scales ? [slice(part.scales, row * groups * 4, rows * groups * 4)] : []),
  ]
}

/** What the rows of the samples hold, one after the other: [cols] each. */
export function sampleValues({ format, cols }: Matrix, samples: readonly Sample[], held: readonly ArrayBuffer[]) {
  let next = 0
  return samples.flatMap(({ part, rows }) => {
    const data = new Uint8Array(held[next++]!)
    const scales = new Uint32Array(part.scales ? held[next++]! : [])
    const values = unpackMatrix({ format, rows, cols, data, scales })
    return Array.from({ length: rows }, (_, i) => values.subarray(i * cols, (i + 1) * cols))
  })
}
