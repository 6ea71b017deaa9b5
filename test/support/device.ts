// A WebGPU device for tests, the same call in Node (Dawn through npm's webgpu) and in a page.

import { DAWN_FLAGS, describe } from '../../src/webgpu/device.ts'
import { Gpu } from '../../src/webgpu/gpu.ts'

/**
 * With the adapter's own limits, or the WebGPU specification's default limits where `floor` is set. Of `features`, those
 * that the adapter has.
 */
export async function testGpu({ floor = false, features = [] as string[] } = {}): Promise<Gpu> {
  const gpu = await webgpu()
  const adapter = await gpu.requestAdapter()
  if (!adapter) throw new Error('Cannot test kernels: no WebGPU adapter')
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize } = adapter.limits
  const device = await adapter.requestDevice({
    requiredFeatures: features.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    requiredLimits: floor ? {} : { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize },
  })
  device.onuncapturederror = ({ error }) => console.error(`WebGPU: ${error.message}`)
  const packedDot = gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product')
  const { software, subgroupMatrices } = describe(adapter.info, device)
  return new Gpu(device, { software, packedDot, subgroupMatrices })
}

let dawn: GPU | undefined // kept: Dawn's devices die with the instance that made them

async function webgpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu) return navigator.gpu
  const { create, globals } = await import(/* @vite-ignore */ 'webgpu')
  Object.assign(globalThis, globals)
  dawn ??= create(DAWN_FLAGS) as GPU
  return dawn
}
