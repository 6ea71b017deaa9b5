import { afterAll, describe, expect, it } from 'vitest'
import type { Gpu } from '../../../src/webgpu/gpu.ts'
import { halfKernelFiles } from '../../../src/webgpu/half-kernel-sources.ts'
import { matmul } from '../../../src/webgpu/launchers/matmul.ts'
import { type WeightFormat, weightLayouts } from '../../../src/weights/layouts.ts'
import { testGpu } from '../../support/device.ts'
import { randomMatrix } from '../../support/matrices.ts'
import { firstRow, fusedNormError, type ProductCase, productError, rowsOf } from '../../support/products.ts'

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

const errorOf = ({ gpu = plain, ...test }: ProductCase & { gpu?: Gpu }) => productError(gpu, test)

const LIMIT = 1e-6
/** As the self-test has it. */
const LIMIT_OF_HALVES = 1e-3

describe('an RMS norm between two products', () => {
  it('that threads make alone', async () => {
    expect(await fusedNormError(plain, 'tall', 2, 1, 76)).toBeLessThan(LIMIT)
  })
  it('that workgroups make', async () => {
    expect(await fusedNormError(plain, 'wide', 67, 2, 330)).toBeLessThan(LIMIT)
  })
  it('of eight rows at a time', async () => {
    expect(await fusedNormError(plain, 'wide', 7, 7, 330, { tile: 8 })).toBeLessThan(LIMIT)
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

describe.skipIf(!quads.has('subgroups'))('matmul, lanes added up by subgroups', () => {
  const shape = { gpu: quads, kernels: 'subgroups', epilogue: 'store' } as const
  it.each([32, 64, 96])('%d lanes', async (width) => {
    const decode = { ...shape, width, cols: 352, rows: 75, biased: true }
    for (const [format, m] of [
      ['q4', 1],
      ['f32', 2],
      ['f16', 7],
    ] as const)
      expect(await errorOf({ ...decode, format, m, decodeRows: m })).toBeLessThan(LIMIT)
  })
  it('eight rows at a time, the best of every four, SwiGLU', async () => {
    const decode = { ...shape, cols: 100, rows: 74, m: 8, decodeRows: 8 }
    expect(await errorOf({ ...decode, format: 'q8', m: 70, tile: 8 })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...decode, format: 'q4', ofOutputs: true, bests: true })).toBeLessThan(LIMIT)
    expect(await errorOf({ ...decode, format: 'q4', epilogue: 'swiglu', m: 3, decodeRows: 3 })).toBeLessThan(LIMIT)
  })
  it('an RMS norm before', async () => {
    expect(await fusedNormError(quads, 'subgroups', 7, 6, 330)).toBeLessThan(LIMIT)
  })
  it('gives a row the same bits alone and among others', async () => {
    const alone = await firstRow(quads, 'subgroups', 1, 1)
    for (const m of [2, 3, 5, 8]) expect(await firstRow(quads, 'subgroups', m, m)).toEqual(alone)
  })
})

describe('matmul, eight rows in one reading of the weights', () => {
  const shape = { tile: 8, epilogue: 'add', cols: 600, rows: 77, biased: true, ofOutputs: true } as const
  for (const format of formats)
    it(`${format}: workgroups together, threads alone`, async () => {
      for (const m of format === 'q4' ? [5, 8, 19] : [7])
        expect(await errorOf({ ...shape, kernels: 'wide', format, m })).toBeLessThan(LIMIT)
      expect(await errorOf({ ...shape, kernels: 'tall', format, m: 6 })).toBeLessThan(LIMIT)
    })

  it('of many lanes, in f16, in quads', async () => {
    expect(await errorOf({ ...shape, kernels: 'wide', width: 96, format: 'q4', m: 6 })).toBeLessThan(LIMIT)
    const on = { ...shape, gpu: quads, format: 'q4', m: 6 } as const
    if (quads.has('shader-f16')) expect(await errorOf({ ...on, kernels: 'halves' })).toBeLessThan(LIMIT_OF_HALVES)
    if (quads.has('subgroups')) expect(await errorOf({ ...on, kernels: 'tall' })).toBeLessThan(LIMIT)
  })

  it('gives each row the same bits alone and among others', async () => {
    for (const [kernels, gpu] of [
      ['wide', plain],
      ['tall', plain],
      ...(quads.has('shader-f16') ? [['halves', quads] as const] : []),
    ] as const) {
      const [eight, ten] = [
        await rowsOf(gpu, kernels, 8, 8, { tile: 8 }),
        await rowsOf(gpu, kernels, 10, 9, { tile: 8 }),
      ]
      for (let from = 0; from < 8; from++) {
        const alone = await rowsOf(gpu, kernels, 1, 1, { from })
        expect(eight.subarray(from * 96, from * 96 + 96)).toEqual(alone)
        expect(ten.subarray(from * 96, from * 96 + 96)).toEqual(alone)
      }
    }
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
