// What an adapter's subgroups can multiply by an experimental feature of Chromium's WebGPU (Dawn), and the shape in which
// kernels/lib/matmul-matrices uses it. Knows no matrix of a model.

import type { WeightFormat } from '../weights/layouts.ts'

export type Component = 'f16' | 'f32'

/** Left [m, k] times right [k, n], of such components, is [m, n] in f32. */
export interface SubgroupMatrixShape {
  readonly m: number
  readonly n: number
  readonly k: number
}

/** Of those that kernels use; by component, as the adapter offers them. */
export interface SubgroupMatrices {
  readonly f16?: SubgroupMatrixShape
  readonly f32?: SubgroupMatrixShape
  /** Of a workgroup: four subgroups. */
  readonly threads: number
  /** Lanes that subgroups are asked to have, where drivers make them of several sizes. */
  readonly lanes?: number
}

/** Chromium's GPUSubgroupMatrixConfig. */
interface Config {
  readonly componentType: string
  readonly resultComponentType: string
  readonly M: number
  readonly N: number
  readonly K: number
}
type Info = GPUAdapterInfo & { readonly subgroupMatrixConfigs?: readonly Config[] }

export const SUBGROUP_MATRIX = 'chromium-experimental-subgroup-matrix' as GPUFeatureName

/** In the guaranteed workgroup: as many threads, and results of 32 bits beside tiles of that component. */
const MOST_THREADS = 256
const MOST_RESULTS = { f16: 256, f32: 128 } as const

/**
 * Undefined where the device has none that fit.
 * @param info of the adapter: a device does not tell everywhere
 */
export function subgroupMatrices(info: GPUAdapterInfo, features: GPUSupportedFeatures): SubgroupMatrices | undefined {
  const { subgroupMatrixConfigs: configs = [], subgroupMinSize: least = 4, subgroupMaxSize: most = 128 } = info as Info
  if (!features.has(SUBGROUP_MATRIX)) return undefined
  const shapeOf = (component: Component): SubgroupMatrixShape | undefined => {
    const fitting = configs.find(
      ({ componentType, resultComponentType, M, N, K }) =>
        componentType === component &&
        resultComponentType === 'f32' &&
        [M, N].every((size) => 32 % size === 0 && size >= 4) &&
        16 % K === 0 &&
        M * N <= MOST_RESULTS[component],
    )
    return fitting && { m: fitting.M, n: fitting.N, k: fitting.K }
  }
  const f16 = features.has('shader-f16') ? shapeOf('f16') : undefined
  const f32 = shapeOf('f32')
  const usual = Math.min(most, Math.max(least, 32))
  const lanes = least < most && features.has('subgroup-size-control') ? usual : undefined
  // Subgroups have to be whole, whatever their size.
  const unit = lanes ?? most
  const threads = Math.ceil((4 * usual) / unit) * unit
  return (f16 || f32) && threads <= MOST_THREADS ? { f16, f32, threads, lanes } : undefined
}

/** What weights of a format are multiplied as: f16 where they are no more exact. */
export function componentFor(matrices: SubgroupMatrices | undefined, format: WeightFormat): Component | undefined {
  if (matrices?.f16 && format !== 'f32') return 'f16'
  return matrices?.f32 && 'f32'
}

/** How kernels/lib/matmul-matrices is linked for weights of a format. @throws {Error} where nothing multiplies them. */
export function linkSubgroupMatrices(matrices: SubgroupMatrices | undefined, format: WeightFormat) {
  const component = componentFor(matrices, format)
  if (!matrices || !component)
    throw new Error(`Cannot multiply by subgroup matrices: this device has none for weights in ${format}`)
  const { m, n, k } = matrices[component]!
  const { threads, lanes } = matrices
  return {
    name: lanes ? 'matmul-matrices-sized' : 'matmul-matrices',
    variants: { component },
    constants: {
      SUB_M: m,
      SUB_N: n,
      SUB_K: k,
      THREADS: threads,
      DEPTH: component === 'f16' ? 32 : 16,
      ...(lanes && { LANES: lanes }),
    },
  }
}
