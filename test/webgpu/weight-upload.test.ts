import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type TensorSource, WeightUpload } from '../../src/webgpu/weight-upload.ts'
import {
  floatToHalf,
  halfToFloat,
  packMatrix,
  unpackMatrix,
  type WeightFormat,
  weightLayouts,
} from '../../src/weights/layouts.ts'
import { testGpu } from '../support/device.ts'
import { matrixValues } from '../support/matrices.ts'
import { normals } from '../support/random.ts'
import { readF32 } from '../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())
afterEach(() => gpu.destroyAllBuffers())

const formats = Object.keys(weightLayouts) as WeightFormat[]
type Dtype = TensorSource['dtype']

/** A checkpoint tensor of these values, and what is left of them in its dtype. */
function tensor(name: string, dtype: Dtype, rows: number, cols: number, values: Float32Array) {
  const bytes = new Uint8Array(values.length * (dtype === 'f32' ? 4 : 2))
  const view = new DataView(bytes.buffer)
  const bits = new Uint32Array(values.slice().buffer)
  const kept = values.map((value, i) => {
    if (dtype === 'f32') view.setFloat32(i * 4, value, true)
    else view.setUint16(i * 2, dtype === 'f16' ? floatToHalf(value) : bits[i]! >>> 16, true)
    if (dtype === 'f16') return halfToFloat(floatToHalf(value))
    return dtype === 'f32' ? value : new Float32Array(Uint32Array.of(bits[i]! & 0xffff0000).buffer)[0]!
  })
  const rowBytes = bytes.length / rows
  const source: TensorSource = {
    name,
    dtype,
    rows,
    cols,
    read: async (first, count) => bytes.subarray(first * rowBytes, (first + count) * rowBytes),
  }
  return { source, kept }
}

/** Largest difference between matrices in units of the row's largest step between quanta. */
function differences(
  format: WeightFormat,
  got: Float64Array,
  expected: Float64Array,
  values: Float32Array,
  cols: number,
) {
  const top = weightLayouts[format].top
  let most = 0
  let unequal = 0
  for (let i = 0; i < got.length; i++) {
    if (got[i] !== expected[i]) unequal++
    const row = values.subarray(Math.floor(i / cols) * cols, Math.floor(i / cols + 1) * cols)
    const step = top ? (Math.max(...row) - Math.min(...row)) / top : 0
    most = Math.max(most, Math.abs(got[i]! - expected[i]!) - 1.001 * step)
  }
  return { most, share: unequal / got.length }
}

describe('weight upload', () => {
  for (const format of formats) {
    for (const dtype of ['f32', 'f16', 'bf16'] as const) {
      it(`${dtype} to ${format}`, async () => {
        for (const [rows, cols] of [
          [3, 64],
          [7, 33],
          [24, 100],
          [5, 1],
        ] as const) {
          const { source, kept } = tensor('w', dtype, rows, cols, normals(rows * cols, rows * cols, 0.3))
          let bytes = 0
          const upload = new WeightUpload(gpu, { chunkBytes: 600, onProgress: (n) => (bytes += n) })
          const matrix = await upload.matrix('w', format, [source])
          await upload.finish()
          expect(bytes).toBe(rows * cols * (dtype === 'f32' ? 4 : 2))
          const got = await matrixValues(gpu, matrix)
          const expected = unpackMatrix(packMatrix(format, rows, cols, kept))
          // A GPU's rounding may fit a group a little differently, and no worse.
          const { most, share } = differences(format, got, expected, kept, cols)
          expect(most).toBeLessThanOrEqual(0)
          const loss = (held: Float64Array) => held.reduce((sum, value, i) => sum + (value - kept[i]!) ** 2, 1e-9)
          if (weightLayouts[format].top) expect(loss(got)).toBeLessThan(1.02 * loss(expected))
          else expect(share).toBeLessThan(1e-9)
        }
      })
    }
  }

  it('joins tensors one after another and in pairs, over parts', async () => {
    for (const paired of [false, true]) {
      const a = tensor('a', 'f32', 20, 40, normals(800, 1))
      const b = tensor('b', 'f32', paired ? 20 : 9, 40, normals(paired ? 800 : 360, 2))
      const upload = new WeightUpload(gpu, { chunkBytes: 500, maxBinding: 8 * 2 * 128 })
      const matrix = await upload.matrix('ab', 'f32', [a.source, b.source], { paired })
      await upload.finish()
      expect(matrix.parts.length).toBe(paired ? 5 : 4)
      expect(await matrixValues(gpu, matrix)).toEqual(Float64Array.of(...a.kept, ...b.kept))
    }
  })

  it('reads all pieces into the memory of one', async () => {
    const upload = new WeightUpload(gpu, { chunkBytes: 4000 })
    const [cols, rows] = [50, 200]
    const { source, kept } = tensor('w', 'f32', rows, cols, normals(rows * cols, 3))
    const memory = new Set<ArrayBuffer>()
    const read: TensorSource['read'] = async (first, count, { into } = {}) => {
      memory.add(into!)
      const bytes = new Uint8Array(into!, 0, count * cols * 4)
      bytes.set(await source.read(first, count))
      return bytes
    }
    const first = await upload.matrix('first', 'f32', [{ ...source, read }])
    const second = await upload.matrix('second', 'f32', [{ ...source, read }])
    await upload.finish()
    expect(memory.size).toBe(1)
    for (const matrix of [first, second]) expect(await matrixValues(gpu, matrix)).toEqual(Float64Array.from(kept))
  })

  it('halves: rounds to nearest even, subnormals too', async () => {
    const values = Float32Array.from(
      { length: 4096 },
      (_, i) => (i % 2 ? -1 : 1) * 2 ** (-26 + (i % 42)) * (1 + (i * 37) / 4096 / 37),
    )
    const ties = [
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      2 ** -25,
      3 * 2 ** -25,
      2 ** -25 * 1.0001,
      65504,
      65519,
      2 ** -14 - 2 ** -26,
      0,
      -0,
    ]
    values.set(ties)
    const { source } = tensor('w', 'f32', 64, 64, values)
    const upload = new WeightUpload(gpu)
    const matrix = await upload.matrix('w', 'f16', [source])
    await upload.finish()
    expect(await matrixValues(gpu, matrix)).toEqual(
      Float64Array.from(values, (value) => halfToFloat(floatToHalf(value))),
    )
  })

  it('keeps groups of equal, tiny and large elements', async () => {
    const values = new Float32Array(5 * 32)
    values.fill(0.40625, 0, 32)
    for (let i = 0; i < 32; i++) values[64 + i] = i % 2 ? 60000 : -60000
    values.fill(1e-9, 96, 128)
    for (let i = 0; i < 32; i++) values[128 + i] = i * 2 ** -23
    for (const format of ['q8', 'q4'] as const) {
      const { source } = tensor('w', 'f32', 5, 32, values)
      const upload = new WeightUpload(gpu)
      const matrix = await upload.matrix('w', format, [source])
      await upload.finish()
      const got = await matrixValues(gpu, matrix)
      expect([...got.subarray(0, 64)]).toEqual([...values.subarray(0, 64)])
      for (let i = 64; i < 96; i++) expect(Math.abs(got[i]! / values[i]! - 1)).toBeLessThan(2e-3)
      for (let i = 96; i < 160; i++) expect(Math.abs(got[i]! - values[i]!)).toBeLessThan(4e-6)
    }
  })

  it('names the tensor with values that are not finite or do not fit', async () => {
    for (const dtype of ['f32', 'f16', 'bf16'] as const) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const values = normals(128, 1)
        values[77] = bad
        const good = tensor('good', 'f32', 2, 64, normals(128, 2))
        const upload = new WeightUpload(gpu)
        await upload.matrix('m', 'q4', [good.source, tensor('layers.1.bad', dtype, 2, 64, values).source])
        await upload.matrix('m', 'q8', [good.source])
        await expect(upload.finish()).rejects.toThrow('layers.1.bad')
      }
    }
    for (const format of ['f16', 'q8', 'q4'] as const) {
      const upload = new WeightUpload(gpu)
      await upload.matrix('m', format, [tensor('large', 'f32', 1, 32, new Float32Array(32).fill(1e6)).source])
      await expect(upload.finish()).rejects.toThrow('large')
    }
  })

  it('refuses shapes that do not join and reads of the wrong length', async () => {
    const upload = new WeightUpload(gpu)
    const [a, b, c] = [
      [2, 32],
      [2, 33],
      [3, 32],
    ].map(([rows, cols]) => tensor('t', 'f32', rows!, cols!, new Float32Array(rows! * cols!)).source)
    await expect(upload.matrix('ab', 'f32', [a!, b!])).rejects.toThrow('t [2, 32], t [2, 33]')
    await expect(upload.matrix('ac', 'f32', [a!, c!], { paired: true })).rejects.toThrow('do not fit')
    await expect(upload.matrix('a', 'f32', [{ ...a!, read: async () => new Uint8Array(8) }])).rejects.toThrow(
      'expected 256 bytes, received 8',
    )
    upload.dispose()
  })

  it('stops when told, and gives its buffers back', async () => {
    const before = gpu.bytesInUse
    const controller = new AbortController()
    const upload = new WeightUpload(gpu, {
      signal: controller.signal,
      chunkBytes: 256,
      onProgress: () => controller.abort(),
    })
    const { source } = tensor('w', 'f32', 8, 32, normals(256, 1))
    await expect(upload.matrix('w', 'f32', [source])).rejects.toThrow('abort')
    upload.dispose()
    gpu.destroyAllBuffers()
    expect(gpu.bytesInUse).toBe(before)
  })

  it('vectors', async () => {
    const a = tensor('a', 'bf16', 1, 5, normals(5, 1))
    const b = tensor('b', 'f32', 1, 3, normals(3, 2))
    const upload = new WeightUpload(gpu)
    const buffer = await upload.vector('v', [a.source, b.source])
    expect((await readF32(gpu, buffer)).subarray(0, 8)).toEqual(Float32Array.of(...a.kept, ...b.kept))
    await expect(
      upload.vector('v', [tensor('nan', 'f16', 1, 2, Float32Array.of(1, Number.NaN)).source]),
    ).rejects.toThrow('nan')
    upload.dispose()
  })
})
