// Trials of the norms, with the model's own weights, and of the pooling of what the last one gives.

import type { Norm } from '../launchers/norm.ts'
import type { Pool } from '../launchers/pool.ts'
import type { QkNorm } from '../launchers/qk-norm.ts'
import { type Bench, slice, type Trial, testRows, testValues, worse, write } from './trial.ts'

const TOLERANCE = 1e-4

export function normTrial({ gpu, rows, outputs }: Bench, op: Norm): Trial {
  const { kind, hidden, stride, eps, ofOutputs = false, added = 0, x, weight, bias, out } = op
  const xs = testRows(rows.length, hidden, stride, 4)
  const picked = ofOutputs ? outputs : rows.map((_, i) => i)
  const before = testRows(picked.length, hidden, stride, 5)
  write(gpu, x, xs)
  write(gpu, out, before)
  return {
    reads: [slice(out, 0, picked.length * stride * 4), slice(weight, 0, hidden * 4), ...(bias ? [slice(bias)] : [])],
    error: (read) => {
      const [got, weights, biases] = read.map((bytes) => new Float32Array(bytes))
      let worst = 0
      picked.forEach((row, m) => {
        const values = Float64Array.from(xs.subarray(row * stride, row * stride + hidden))
        const mean = kind === 'layer' ? values.reduce((a, b) => a + b) / hidden : 0
        const factor = rootMeanSquare(values, mean, eps)
        for (let i = 0; i < hidden; i++) {
          const y = (values[i]! - mean) * factor * weights![i]! + (biases?.[i] ?? 0)
          const expected = added === 0 ? y : before[m * stride + i]! + added * y
          const size = Math.abs(weights![i]!) * 2 + Math.abs(expected)
          worst = worse(worst, Math.abs(got![m * stride + i]! - expected) / (1e-6 + TOLERANCE * size))
        }
      })
      return worst
    },
  }
}

export function qkNormTrial({ gpu, rows }: Bench, op: QkNorm): Trial {
  const { queries, keys, sizes, eps, weight, qkv } = op
  const stride = queries + 2 * keys
  const before = testValues(rows.length * stride, 6)
  write(gpu, qkv, before)
  return {
    reads: [slice(qkv, 0, rows.length * stride * 4), slice(weight, 0, (sizes[0] + sizes[1]) * 4)],
    error: (read) => {
      const [got, weights] = read.map((bytes) => new Float32Array(bytes)) as [Float32Array, Float32Array]
      let worst = 0
      for (let row = 0; row < rows.length; row++)
        for (let at = 0; at < stride; ) {
          const [size, first] = at < queries ? [sizes[0], 0] : at < queries + keys ? [sizes[1], sizes[0]] : [keys, -1]
          const values = before.subarray(row * stride + at, row * stride + at + size)
          const factor = rootMeanSquare(values, 0, eps)
          for (let i = 0; i < size; i++) {
            const expected = first < 0 ? values[i]! : values[i]! * factor * weights[first + i]!
            worst = worse(
              worst,
              Math.abs(got[row * stride + at + i]! - expected) / (1e-6 + TOLERANCE * (1 + Math.abs(expected))),
            )
          }
          at += size
        }
      return worst
    },
  }
}

export function poolTrial({ gpu, rows, pools }: Bench, op: Pool): Trial {
  const { hidden, stride, x, pooled } = op
  const xs = testRows(rows.length, hidden, stride, 13)
  const before = testValues(slice(pooled).size / 4, 14)
  write(gpu, x, xs)
  write(gpu, pooled, before)
  return {
    reads: [slice(pooled)],
    error: ([bytes]) => {
      const got = new Float32Array(bytes!)
      let worst = 0
      for (const { slot, first, count, added } of pools)
        for (let i = 0; i < hidden; i++) {
          let sum = added ? before[slot * hidden + i]! : 0
          for (let row = first; row < first + count; row++) sum += xs[row * stride + i]!
          worst = worse(worst, Math.abs(got[slot * hidden + i]! - sum) / TOLERANCE)
        }
      return worst
    },
  }
}

/** One over it. */
function rootMeanSquare(values: ArrayLike<number>, mean: number, eps: number): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2
  return 1 / Math.sqrt(squares / values.length + eps)
}
