// Every kernel of products by subgroup matrices, as it is linked for GPUs that have some, through Dawn's compiler: its null
// backend has all features and runs nothing.

import { describe, expect, it } from 'vitest'
import { DAWN_FLAGS } from '../../src/webgpu/device.ts'
import { Gpu } from '../../src/webgpu/gpu.ts'
import { type Matmul, matmul, prefillKey, prefillVariants } from '../../src/webgpu/launchers/matmul.ts'
import { createMatrix } from '../../src/webgpu/matrix.ts'
import { addMatrixKernels, matrixKernelFiles } from '../../src/webgpu/matrix-kernel-sources.ts'
import type { ActivationFormat } from '../../src/webgpu/plan.ts'
import {
  componentFor,
  SUBGROUP_MATRIX,
  type SubgroupMatrices,
  subgroupMatrices,
} from '../../src/webgpu/subgroup-matrices.ts'
import { type WeightFormat, weightLayouts } from '../../src/weights/layouts.ts'

const { create, globals } = await import('webgpu')
Object.assign(globalThis, globals)
const dawn: GPU = create([...DAWN_FLAGS, 'backend=null'])
const FEATURES = [SUBGROUP_MATRIX, 'subgroups', 'subgroup-size-control', 'shader-f16'] as GPUFeatureName[]
const adapter = await dawn.requestAdapter()
const isThere = adapter !== null && FEATURES.every((name) => adapter.features.has(name))
if (!isThere) console.warn('Skipped: this Dawn has no null backend with subgroup matrices')

async function nullGpu(subgroupMatrices: SubgroupMatrices | undefined): Promise<Gpu> {
  const adapter = await dawn.requestAdapter()
  const device = await adapter!.requestDevice({ requiredFeatures: FEATURES })
  return new Gpu(device, { subgroupMatrices })
}

const size = (m: number, n: number, k: number) => ({ m, n, k })
const GPUS: Readonly<Record<string, SubgroupMatrices>> = {
  Apple: { f32: size(8, 8, 8), threads: 128, lanes: 32 },
  'NVIDIA, AMD': { f16: size(16, 16, 16), threads: 128, lanes: 32 },
  'another of NVIDIA': { f16: size(16, 8, 16), f32: size(8, 8, 8), threads: 128, lanes: 32 },
  Intel: { f16: size(8, 16, 16), threads: 128, lanes: 32 },
  lavapipe: { f16: size(8, 8, 8), threads: 32, lanes: 8 },
  'lavapipe x': { f16: size(8, 8, 8), threads: 128 },
}
const FORMATS = Object.keys(weightLayouts) as WeightFormat[]

/** Asks for the kernels of all epilogues, with and without norms. */
function askForAll(gpu: Gpu, format: WeightFormat) {
  const buffer = (label: string) => gpu.createBuffer(label, 65_536)
  const uniform = gpu.createBuffer('step', 64, GPUBufferUsage.UNIFORM)
  const shared = { kernels: 'matrices', step: uniform, x: buffer('x'), yStride: 128, maxRows: 1 } as const
  const input = { size: 64, eps: 1e-5, squares: buffer('squares') }
  const next = { weight: buffer('weight'), size: 96, normed: buffer('normed'), stride: 96, squares: buffer('squares') }
  const ask = (op: Pick<Matmul, 'epilogue' | 'input' | 'next' | 'softcap'>) => {
    const paired = op.epilogue === 'swiglu' || op.epilogue === 'geglu'
    const matrix = createMatrix(gpu, 'matrix', { format, rows: 96, cols: 64, paired })
    matmul(gpu, { ...shared, ...op, matrix, y: buffer('y'), bias: buffer('bias') })
  }
  ask({ epilogue: 'store', softcap: 30 })
  ask({ epilogue: 'store', input })
  ask({ epilogue: 'add', next })
  ask({ epilogue: 'swiglu', input })
  ask({ epilogue: 'geglu' })
}

describe.skipIf(!isThere)('kernels by subgroup matrices', () => {
  it.for(Object.entries(GPUS))('compile as on %s', async ([, matrices]) => {
    const gpu = await nullGpu(matrices)
    await addMatrixKernels(gpu)
    expect(gpu.trusts('matmul-matrices', 'matmul-matrices-sized')).toBe(true)
    for (const format of FORMATS.filter((format) => componentFor(matrices, format))) askForAll(gpu, format)
    await gpu.ready()
    expect(gpu.kernelNames).toContain(matrices.lanes ? 'matmul-matrices-sized' : 'matmul-matrices')
  })

  it('are distrusted where the compiler takes them no more', async () => {
    const gpu = await nullGpu(GPUS.Apple!)
    for (const [from, to] of [
      ['subgroupMatrixLoad', 'subgroupMatrixFetch'],
      ['@subgroup_size(LANES)', '@subgroup_size(LANES + 1u)'],
    ] as const) {
      const files = Object.entries(matrixKernelFiles).map(([path, text]) => [path, text.replace(from, to)])
      const other = new Gpu(gpu.device, { subgroupMatrices: gpu.subgroupMatrices })
      await addMatrixKernels(other, Object.fromEntries(files))
      expect(other.trusts('matmul-matrices-sized')).toBe(false)
    }
  })
})

describe.skipIf(!isThere)('products by subgroup matrices', () => {
  it('are candidates for rows of prefill where something multiplies the weights', async () => {
    const tried = async (
      matrices: SubgroupMatrices | undefined,
      format: WeightFormat,
      activations: ActivationFormat,
    ) => {
      const gpu = await nullGpu(matrices)
      await addMatrixKernels(gpu)
      const matrix = createMatrix(gpu, 'matrix', { format, rows: 64, cols: 64 })
      return prefillVariants(gpu, matrix, activations).map(({ kernels }) => kernels)
    }
    const { Apple, Intel } = GPUS
    expect(await tried(Apple, 'f32', 'f32')).toEqual(['wide', 'matrices'])
    expect(await tried(Apple, 'q4', 'f32')).toEqual(['wide', 'halves', 'matrices'])
    expect(await tried(Intel, 'f16', 'q8')).toEqual(['wide', 'matrices'])
    expect(await tried(Intel, 'f32', 'f32')).toEqual([])
    expect(await tried(Intel, 'q8', 'q8')).toEqual([])
    expect(await tried(undefined, 'q8', 'f32')).toEqual(['wide', 'halves'])
  })

  it('are replaced where they are wrong', async () => {
    const gpu = await nullGpu(GPUS.Intel)
    await addMatrixKernels(gpu)
    const matrix = createMatrix(gpu, 'matrix', { format: 'q4', rows: 64, cols: 64 })
    gpu.tuned.set(prefillKey(matrix), { kernels: 'matrices', width: 32 })
    const buffer = gpu.createBuffer('any', 65_536, GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM)
    const op = { matrix, epilogue: 'store', step: buffer, x: buffer, yStride: 64 } as const
    const made = () => matmul(gpu, { ...op, y: gpu.createBuffer('y', 65_536) }).map(({ kernel }) => kernel.name)
    expect(made()).toContain('matmul-matrices-sized')
    gpu.distrust('matmul-matrices-sized')
    expect(made()).toContain('matmul-tiled')
    expect(made()).not.toContain('matmul-matrices-sized')
  })
})

describe('what an adapter offers', () => {
  const f32 = { componentType: 'f32', resultComponentType: 'f32', M: 8, N: 8, K: 8 }
  const f16 = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 }
  const halved = { ...f16, resultComponentType: 'f16' }
  const bytes = { ...f16, componentType: 'i8', resultComponentType: 'i32' }
  const wide = { ...f16, M: 64 }
  const offered = (configs: object[], least: number, most: number, features = FEATURES) =>
    subgroupMatrices(
      { subgroupMatrixConfigs: configs, subgroupMinSize: least, subgroupMaxSize: most } as unknown as GPUAdapterInfo,
      new Set(features) as unknown as GPUSupportedFeatures,
    )

  it('is taken where results are f32, the first that fits', () => {
    const k8 = { ...f16, K: 8 }
    expect(offered([bytes, halved, wide, k8, f16, f32], 32, 32)).toEqual({
      f16: { m: 16, n: 16, k: 8 },
      f32: { m: 8, n: 8, k: 8 },
      threads: 128,
      lanes: undefined,
    })
    expect(offered([f16], 32, 32, [SUBGROUP_MATRIX])).toBeUndefined()
    expect(offered([bytes, halved], 32, 32)).toBeUndefined()
    expect(offered([f16], 32, 32, ['shader-f16'])).toBeUndefined()
    expect(subgroupMatrices({} as GPUAdapterInfo, new Set(FEATURES) as unknown as GPUSupportedFeatures)).toBeUndefined()
  })

  it('makes four subgroups a workgroup, of a size asked for where there are several', () => {
    const of = (...range: [number, number, GPUFeatureName[]?]) => {
      const { threads, lanes } = offered([f16], ...range) ?? {}
      return [threads, lanes]
    }
    expect(of(8, 8)).toEqual([32, undefined])
    expect(of(64, 64)).toEqual([256, undefined])
    expect(of(128, 128)).toEqual([undefined, undefined])
    expect(of(32, 64)).toEqual([128, 32])
    expect(of(8, 16)).toEqual([64, 16])
    const fixed = FEATURES.filter((name) => (name as string) !== 'subgroup-size-control')
    expect(of(4, 64, fixed)).toEqual([128, undefined])
    expect(of(4, 128, fixed)).toEqual([128, undefined])
  })
})
