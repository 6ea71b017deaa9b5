// Routing and the products of experts against f64, over formats, odd sizes and matrices in parts.

import { afterAll, describe, expect, it } from 'vitest'
import { Gpu } from '../../../src/webgpu/gpu.ts'
import { CHOICE_WORDS, expertsDown, expertsGateUp, route } from '../../../src/webgpu/launchers/experts.ts'
import { createMatrix, type Matrix } from '../../../src/webgpu/matrix.ts'
import { packMatrix, paddedCols, type WeightFormat } from '../../../src/weights/layouts.ts'
import { testGpu } from '../../support/device.ts'
import { matrixValues } from '../../support/matrices.ts'
import { normals } from '../../support/random.ts'
import { read, readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
/** As on a GPU: lanes side by side. */
const wide = new Gpu(gpu.device)
afterAll(() => gpu.device.destroy())

/** Experts one after the other, rows as they lie. */
function stacked(on: Gpu, format: WeightFormat, count: number, together: number, cols: number, parts: number): Matrix {
  const rows = count * together
  const groupBytes = { f32: 128, f16: 64, q8: 32, q4: 16 }[format]
  const partBytes = Math.ceil(count / parts) * together * (paddedCols(cols) / 32) * groupBytes
  const paired = together % 2 === 0
  const matrix = createMatrix(on, 'experts', { format, rows, cols, paired, together }, partBytes)
  const values = normals(rows * cols, rows + cols, 0.5)
  for (const part of matrix.parts) {
    const packed = packMatrix(format, part.rows, cols, values.subarray(part.firstRow * cols))
    on.device.queue.writeBuffer(part.data, 0, packed.data)
    if (part.scales) on.device.queue.writeBuffer(part.scales, 0, packed.scales)
  }
  return matrix
}

const uniform = (rows: number) => gpu.createBufferWith('step', Uint32Array.of(rows, 0, 0, 0), 0x40 | 0x8)

it.each([
  [5, 4, 2, true],
  [3, 70, 8, false],
  [2, 1, 1, false],
] as const)('route: %i rows, the best of %i: %i, normalised %s', async (rows, count, chosen, normalised) => {
  const values = normals(rows * count, count, 2)
  values[1 % count] = values[0]!
  const choices = gpu.createBuffer('choices', rows * chosen * 8)
  const scores = gpu.createBufferWith('scores', values)
  await run(gpu, [route(gpu, { count, chosen, normalised, scores, choices })], { rows })
  const bytes = await read(gpu, choices)
  const [experts, weights] = [new Uint32Array(bytes), new Float32Array(bytes)]
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * count, (row + 1) * count)
    const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b)
    const total = (normalised ? order.slice(0, chosen) : order).reduce((sum, i) => sum + Math.exp(own[i]!), 0)
    order.slice(0, chosen).forEach((expert, k) => {
      const at = (row * chosen + k) * CHOICE_WORDS
      expect(experts[at]).toBe(expert)
      expect(weights[at + 1]).toBeCloseTo(Math.exp(own[expert]!) / total, 5)
    })
  }
})

describe.each([
  { format: 'f32', rows: 3, count: 5, chosen: 2, hidden: 72, inner: 13, parts: 2 },
  { format: 'f16', rows: 2, count: 2, chosen: 1, hidden: 31, inner: 32, parts: 1 },
  { format: 'q8', rows: 5, count: 7, chosen: 3, hidden: 64, inner: 44, parts: 3 },
  { format: 'q4', rows: 1, count: 4, chosen: 4, hidden: 96, inner: 64, parts: 2 },
] as const)('$format, $count experts, $chosen a row, $hidden × $inner, $parts parts', (shape) => {
  const { format, rows, count, chosen, hidden, inner, parts } = shape
  const on = format === 'f32' || format === 'q4' ? wide : gpu
  const picks = Array.from({ length: rows * chosen }, (_, i) => (i * 3 + Math.floor(i / chosen)) % count)
  const weights = picks.map((_, i) => Math.fround(1 / (i + 2)))
  const choices = gpu.createBufferWith(
    'choices',
    new Uint32Array(picks.flatMap((expert, i) => [expert, new Uint32Array(Float32Array.of(weights[i]!).buffer)[0]!])),
  )
  /** x as kernels want it. */
  const input = (count: number, cols: number, seed: number) => {
    const [values, stride] = [normals(count * cols, seed), paddedCols(cols)]
    const padded = new Float32Array(count * stride)
    for (let i = 0; i < count; i++) padded.set(values.subarray(i * cols, (i + 1) * cols), i * stride)
    return { values, buffer: gpu.createBufferWith('x', padded) }
  }
  const dot = (w: Float64Array, row: number, x: Float32Array, at: number, cols: number) => {
    let sum = 0
    for (let k = 0; k < cols; k++) sum += w[row * cols + k]! * x[at * cols + k]!
    return sum
  }

  it('gate and up', async () => {
    const matrix = stacked(gpu, format, count, 2 * inner, hidden, parts)
    expect(matrix.parts.length).toBe(parts)
    const x = input(rows, hidden, 4)
    const yStride = paddedCols(inner)
    const y = gpu.createBuffer('y', rows * chosen * yStride * 4)
    const op = { matrix, count, chosen, choices, step: uniform(rows), x: x.buffer, y, yStride }
    await run(on, expertsGateUp(on, { ...op, activation: 'swiglu' }), { rows })
    const w = await matrixValues(gpu, matrix, 2 * inner)
    const got = await readF32(gpu, y)
    for (let pair = 0; pair < rows * chosen; pair++)
      for (let i = 0; i < yStride; i++) {
        const first = picks[pair]! * 2 * inner + i
        const [gate, up] = [first, first + inner].map((row) =>
          i < inner ? dot(w, row, x.values, Math.floor(pair / chosen), hidden) : 0,
        ) as [number, number]
        expect(Math.abs(got[pair * yStride + i]! - (gate / (1 + Math.exp(-gate))) * up)).toBeLessThan(2e-3)
      }
  })

  it('down', async () => {
    const matrix = { ...stacked(gpu, format, count, hidden, inner, parts), paired: false }
    const x = input(rows * chosen, inner, 5)
    const yStride = paddedCols(hidden)
    const before = normals(rows * yStride, 6)
    const y = gpu.createBufferWith('y', before)
    const op = { matrix, count, chosen, choices, step: uniform(rows), x: x.buffer, y, yStride, scale: 0.5 }
    await run(on, expertsDown(on, op), { rows })
    const w = await matrixValues(gpu, matrix)
    const got = await readF32(gpu, y)
    for (let row = 0; row < rows; row++)
      for (let n = 0; n < yStride; n++) {
        let expected = before[row * yStride + n]!
        for (let k = 0; k < chosen && n < hidden; k++) {
          const pair = row * chosen + k
          expected += 0.5 * weights[pair]! * dot(w, picks[pair]! * hidden + n, x.values, pair, inner)
        }
        expect(Math.abs(got[row * yStride + n]! - expected)).toBeLessThan(1e-3)
      }
  })
})
