// Trials of routing, and of products of the experts that rows have chosen, on some rows of the model's own matrices.

import { CHOICE_WORDS, type Experts, type Route } from '../launchers/experts.ts'
import { xStride } from '../launchers/matmul.ts'
import { gelu, type Sample, sampleSlices, sampleValues, TOLERANCE } from './products.ts'
import { type Bench, slice, type Trial, testRows, testValues, worse, write } from './trial.ts'

export function routeTrial({ gpu, rows }: Bench, { count, chosen, normalised, scores, choices }: Route): Trial {
  const given = testValues(rows.length * count, 15).map((value) => value * 4)
  write(gpu, scores, given)
  return {
    reads: [slice(choices, 0, rows.length * chosen * CHOICE_WORDS * 4)],
    error: ([bytes]) => {
      const experts = new Uint32Array(bytes!)
      const weights = new Float32Array(bytes!)
      let worst = 0
      rows.forEach((_, row) => {
        const own = given.subarray(row * count, (row + 1) * count)
        const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b)
        const total = (normalised ? order.slice(0, chosen) : order).reduce((sum, i) => sum + Math.exp(own[i]!), 0)
        for (let k = 0; k < chosen; k++) {
          const at = (row * chosen + k) * CHOICE_WORDS
          if (experts[at] !== order[k]) worst = Infinity
          worst = worse(worst, Math.abs(weights[at + 1]! - Math.exp(own[order[k]!]!) / total) / 1e-4)
        }
      })
      return worst
    },
  }
}

export function expertsGateUpTrial(bench: Bench, op: Experts & { readonly activation: 'swiglu' | 'geglu' }): Trial {
  const { gpu } = bench
  const { matrix, count, chosen, x, y, yStride } = op
  const stride = xStride(matrix.cols)
  const xs = testRows(bench.rows.length, matrix.cols, stride, 16)
  write(gpu, x, xs)
  write(gpu, y, testValues(bench.rows.length * chosen * yStride, 17))
  const { tried, samples } = choose(bench, op)
  const expertRows = matrix.rows / count
  return {
    reads: [
      ...tried.map(({ pair }) => slice(y, pair * yStride * 4, yStride * 4)),
      ...samples.flatMap((sample) => sampleSlices(matrix, sample)),
    ],
    error: (read) => {
      const weights = sampleValues(matrix, samples, read.slice(tried.length))
      let worst = 0
      tried.forEach(({ row, expert }, t) => {
        const got = new Float32Array(read[t]!)
        rowsOf(samples).forEach((physical, i) => {
          if (Math.floor(physical / expertRows) !== expert || physical % 2) return
          const gate = product(weights[i]!, xs, row * stride)
          const up = product(weights[i + 1]!, xs, row * stride)
          const active = op.activation === 'geglu' ? gelu(gate.sum) : gate.sum / (1 + Math.exp(-gate.sum))
          const size = 1.2 * gate.size * Math.abs(up.sum) + Math.abs(active) * up.size + 1e-2
          const error = Math.abs(got[(physical % expertRows) / 2]! - active * up.sum)
          worst = worse(worst, error / (TOLERANCE * size))
        })
      })
      return worst
    },
  }
}

export function expertsDownTrial(bench: Bench, op: Experts & { readonly scale?: number }): Trial {
  const { gpu } = bench
  const { matrix, count, chosen, x, y, yStride, scale = 1 } = op
  const stride = xStride(matrix.cols)
  const xs = testRows(bench.rows.length * chosen, matrix.cols, stride, 18)
  const before = testValues(bench.rows.length * yStride, 19)
  write(gpu, x, xs)
  write(gpu, y, before)
  const { tried, samples } = choose(bench, op)
  const expertRows = matrix.rows / count
  const triedRows = [...new Set(tried.map(({ row }) => row))]
  return {
    reads: [
      ...triedRows.map((row) => slice(y, row * yStride * 4, yStride * 4)),
      ...samples.flatMap((sample) => sampleSlices(matrix, sample)),
    ],
    error: (read) => {
      const weights = sampleValues(matrix, samples, read.slice(triedRows.length))
      const physical = rowsOf(samples)
      let worst = 0
      triedRows.forEach((row, t) => {
        const got = new Float32Array(read[t]!)
        const sums = new Map<number, { sum: number; size: number }>()
        for (const { pair, expert, weight } of tried.filter((one) => one.row === row))
          physical.forEach((place, i) => {
            if (Math.floor(place / expertRows) !== expert) return
            const { sum, size } = product(weights[i]!, xs, pair * stride)
            const known = sums.get(place % expertRows) ?? { sum: 0, size: 1e-2 }
            sums.set(place % expertRows, { sum: known.sum + weight * sum, size: known.size + weight * size })
          })
        for (const [n, { sum, size }] of sums)
          worst = worse(worst, Math.abs(got[n]! - before[row * yStride + n]! - scale * sum) / (TOLERANCE * size))
      })
      return worst
    },
  }
}

interface Tried {
  readonly row: number
  /** Index of row and choice. */
  readonly pair: number
  readonly expert: number
  readonly weight: number
}

const CLUSTER = 4

/** Writes choices for all rows; tells those of the first and the last row, and some rows of their experts. */
function choose({ gpu, rows }: Bench, { matrix, count, chosen, choices }: Experts) {
  const words = new Uint32Array(rows.length * chosen * CHOICE_WORDS)
  const weights = new Float32Array(words.buffer)
  const tried: Tried[] = []
  for (let row = 0; row < rows.length; row++)
    for (let k = 0; k < chosen; k++) {
      const pair = row * chosen + k
      const expert = (count - 1 - row - k + count * rows.length) % count
      const weight = 1 / (2 + k)
      words[pair * CHOICE_WORDS] = expert
      weights[pair * CHOICE_WORDS + 1] = weight
      if (row === 0 || row === rows.length - 1) tried.push({ row, pair, expert, weight: Math.fround(weight) })
    }
  write(gpu, choices, words)
  const expertRows = matrix.rows / count
  const samples = [...new Set(tried.map(({ expert }) => expert))].flatMap((expert): Sample[] => {
    const first = expert * expertRows
    const part = matrix.parts.find(({ firstRow, rows }) => first >= firstRow && first < firstRow + rows)!
    const starts = new Set([0, Math.max(0, expertRows - CLUSTER + 1) & ~1])
    return [...starts].map((row) => ({
      part,
      row: first + row - part.firstRow,
      rows: Math.min(CLUSTER, expertRows - row),
    }))
  })
  return { tried, samples }
}

/** Of the whole matrix. */
const rowsOf = (samples: readonly Sample[]) =>
  samples.flatMap(({ part, row, rows }) => Array.from({ length: rows }, (_, i) => part.firstRow + row + i))

function product(weights: Float64Array, x: Float32Array, at: number) {
  let [sum, size] = [0, 0]
  for (let k = 0; k < weights.length; k++) {
    const term = weights[k]! * x[at + k]!
    sum += term
    size += Math.abs(term)
  }
  return { sum, size }
}
