// Runs launches once over named buffers and reads results back: what kernel tests share.

import { encode, type Gpu, type Launch, type StepShape } from '../../src/webgpu/gpu.ts'

export async function run(gpu: Gpu, launches: readonly Launch[], step: Partial<StepShape> = {}): Promise<void> {
  await gpu.ready()
  gpu.device.pushErrorScope('validation')
  const encoder = gpu.device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  encode(pass, launches, { rows: 1, decodeRows: 0, outputs: 0, maxKeys: 0, pools: 0, ...step })
  pass.end()
  gpu.device.queue.submit([encoder.finish()])
  const error = await gpu.device.popErrorScope()
  if (error) throw new Error(error.message)
}

/** The whole buffer as bytes. */
export async function read(gpu: Gpu, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = gpu.device.createBuffer({
    size: buffer.size,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  })
  const encoder = gpu.device.createCommandEncoder()
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size)
  gpu.device.queue.submit([encoder.finish()])
  await staging.mapAsync(GPUMapMode.READ)
  const bytes = staging.getMappedRange().slice(0)
  staging.destroy()
  return bytes
}

export const readF32 = async (gpu: Gpu, buffer: GPUBuffer) => new Float32Array(await read(gpu, buffer))
export const readU32 = async (gpu: Gpu, buffer: GPUBuffer) => new Uint32Array(await read(gpu, buffer))
