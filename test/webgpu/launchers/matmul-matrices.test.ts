// Products by subgroup matrices against f64: with the built-ins where the device has them, and everywhere with a stand-in for
// these in ordinary WGSL, so that whatever else the kernel does is tried on every adapter.

import { afterAll, describe, expect, it } from 'vitest'
import { Gpu } from '../../../src/webgpu/gpu.ts'
import type { KernelFiles } from '../../../src/webgpu/kernel-sources.ts'
import { matrixKernelFiles } from '../../../src/webgpu/matrix-kernel-sources.ts'
import { SUBGROUP_MATRIX, type SubgroupMatrices } from '../../../src/webgpu/subgroup-matrices.ts'
import { testGpu } from '../../support/device.ts'
import { firstRow, fusedNormError, type ProductCase, productError } from '../../support/products.ts'

const real = await testGpu({ features: ['subgroups', 'subgroup-size-control', 'shader-f16', SUBGROUP_MATRIX] })
const { device, subgroupMatrices } = real
afterAll(() => device.destroy())

const standIns: KernelFiles = import.meta.glob<string>('../../support/kernels/**/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
})

function withMatrices(subgroupMatrices: SubgroupMatrices): Gpu {
  const gpu = new Gpu(device, { subgroupMatrices })
  gpu.addSources(matrixKernelFiles)
  return gpu
}

/** As if the device had such matrices, and so many subgroups in a workgroup. */
function standIn(subgroupMatrices: SubgroupMatrices, subgroups = 4): Gpu {
  const gpu = withMatrices(subgroupMatrices)
  const files = Object.entries(standIns).map(([path, text]) => [path, text.replace('= 4u;', `= ${subgroups}u;`)])
  gpu.addSources(Object.fromEntries(files))
  return gpu
}

/** As the self-test has them, of products whose terms are f16 or f32. */
const LIMITS = { f16: 1e-3, f32: 1e-6 } as const
const componentOf = ({ subgroupMatrices }: Gpu) => (subgroupMatrices!.f16 ? 'f16' : 'f32')

const errorOf = (gpu: Gpu, test: Omit<ProductCase, 'kernels'>) => productError(gpu, { kernels: 'matrices', ...test })

const onApple = standIn({ f32: { m: 8, n: 8, k: 8 }, threads: 128 })
const onNvidia = standIn({ f16: { m: 16, n: 16, k: 16 }, threads: 128 })

describe('matmul by subgroup matrices, with a stand-in for their built-ins', () => {
  it('in f32, with an RMS norm between two products', async () => {
    expect(await fusedNormError(onApple, 'matrices', 67, 2, 76)).toBeLessThan(LIMITS.f32)
  })

  it('in f16, with an epilogue of pairs, by more subgroups than there are quarters', async () => {
    const gpu = standIn({ f16: { m: 16, n: 8, k: 16 }, threads: 64 }, 8)
    const shape = {
      format: 'q4',
      epilogue: 'swiglu',
      m: 70,
      decodeRows: 1,
      cols: 200,
      rows: 100,
      biased: true,
    } as const
    expect(await errorOf(gpu, shape)).toBeLessThan(LIMITS.f16)
  })

  it('of numbers too small and too large for f16, by fewer subgroups', async () => {
    const gpu = standIn({ f16: { m: 8, n: 16, k: 16 }, threads: 32 }, 2)
    const shape = { format: 'q8', epilogue: 'add', m: 70, cols: 76, rows: 75, scale: 1e9 } as const
    // Relative to the terms before the product is scaled, and 1: those of the small numbers are some 25 once they are scaled.
    expect(await errorOf(gpu, { ...shape, scaledX: 1e-9 })).toBeLessThan(25 * LIMITS.f16)
    expect(await errorOf(gpu, { ...shape, scaledX: 1e20 })).toBeLessThan(1e9 * LIMITS.f16)
  })

  it('gives a row the same bits alone and among others', async () => {
    expect(await firstRow(onNvidia, 'matrices', 33, 0)).toEqual(await firstRow(onNvidia, 'matrices', 1, 0))
  })

  it('refuses weights that no matrix multiplies', async () => {
    const shape = { format: 'f32', epilogue: 'store', m: 1, cols: 32, rows: 8 } as const
    await expect(errorOf(onNvidia, shape)).rejects.toThrow('this device has none for weights in f32')
  })
})

describe.skipIf(!subgroupMatrices)('matmul by subgroup matrices', () => {
  const cases = [
    { format: 'q4', m: 3, cols: 33, rows: 8, epilogue: 'swiglu' },
    { format: 'q4', m: 1, cols: 600, rows: 131, epilogue: 'store', maxBinding: 64 * 19 * 16 },
    { format: 'q8', m: 130, decodeRows: 1, cols: 100, rows: 131, epilogue: 'add', biased: true },
    { format: 'f16', m: 66, decodeRows: 3, cols: 76, rows: 132, epilogue: 'swiglu', biased: true },
  ] as const
  for (const test of cases)
    it(JSON.stringify(test), async () => {
      const gpu = withMatrices(subgroupMatrices!)
      expect(await errorOf(gpu, test)).toBeLessThan(LIMITS[componentOf(gpu)])
      expect(await errorOf(gpu, { ...test, scaledX: 1e6 })).toBeLessThan(LIMITS[componentOf(gpu)])
    })

  it('with an RMS norm between two products', async () => {
    const gpu = withMatrices(subgroupMatrices!)
    expect(await fusedNormError(gpu, 'matrices', 67, 2, 330, { format: 'f16' })).toBeLessThan(LIMITS[componentOf(gpu)])
  })

  it('of a size asked for, and of other numbers of subgroups', async () => {
    const { subgroupMinSize } = device.adapterInfo
    const shape = { format: 'q4', epilogue: 'store', m: 70, cols: 96, rows: 77 } as const
    const lanes = device.features.has('subgroup-size-control' as GPUFeatureName) ? subgroupMinSize : undefined
    for (const [threads, pinned] of [[4, lanes], [2], [1], [8]] as const) {
      const gpu = withMatrices({ ...subgroupMatrices!, threads: threads * subgroupMinSize!, lanes: pinned })
      expect(await errorOf(gpu, shape)).toBeLessThan(LIMITS[componentOf(gpu)])
    }
  })

  it('gives a row the same bits alone and among others', async () => {
    const gpu = withMatrices(subgroupMatrices!)
    expect(await firstRow(gpu, 'matrices', 33, 0)).toEqual(await firstRow(gpu, 'matrices', 1, 0))
  })
})
