// The kernels of products by subgroup matrices: loaded where a device has these and variants are timed.

import type { Gpu } from './gpu.ts'
import type { KernelFiles } from './kernel-sources.ts'
import { linkSubgroupMatrices } from './subgroup-matrices.ts'
import { link } from './wgsl-link.ts'

export const matrixKernelFiles: KernelFiles = import.meta.glob<string>('../../kernels/**/*matrices*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
})

/**
 * Where the device has subgroup matrices. What is experimental changes: where one of the kernels does not compile, they are
 * distrusted.
 */
export async function addMatrixKernels(gpu: Gpu, files = matrixKernelFiles): Promise<void> {
  const { device, subgroupMatrices } = gpu
  if (!subgroupMatrices) return
  gpu.addSources(files)
  const { name, variants, constants } = linkSubgroupMatrices(subgroupMatrices, 'q4')
  const usual = { weights: 'q4', input: 'plain', epilogue: 'store', next: 'none' }
  const code = link(gpu.sources, name, { ...usual, ...variants }, constants)
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ label: name, code })
  const error = await device.popErrorScope()
  if (error) return gpu.distrust(name)
  const compiled = device.createComputePipelineAsync({
    label: name,
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  })
  await compiled.catch(() => gpu.distrust(name))
}
