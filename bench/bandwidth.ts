// The adapter's memory bandwidth as a kernel can have it: a sum over a large buffer. What decode is held against.

import type { Gpu } from '../src/webgpu/gpu.ts'

const BYTES = 2 ** 26
const WIDTH = 64
const EACH = 64 // vectors a thread

const SOURCE = /* wgsl */ `
@group(0) @binding(0) var<storage, read> data: array<vec4<u32>, ${BYTES / 16}>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
@compute @workgroup_size(${WIDTH})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var sum = vec4<u32>();
  let start = group.x * ${WIDTH * EACH}u + lane;
  for (var i = 0u; i < ${EACH}u; i++) { sum += data[start + i * ${WIDTH}u]; }
  sums[group.x * ${WIDTH}u + lane] = sum.x + sum.y + sum.z + sum.w;
}`

/** Bytes a second, the best of `rounds`. */
export async function measureBandwidth(gpu: Gpu, rounds = 8): Promise<number> {
  const { device } = gpu
  const threads = BYTES / 16 / EACH
  const module = device.createShaderModule({ code: SOURCE })
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } })
  const data = gpu.createBuffer('bandwidth', BYTES)
  const sums = gpu.createBuffer('sums', threads * 4)
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [data, sums].map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  const REPEATS = 4
  let best = 0
  for (let round = 0; round < rounds; round++) {
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindGroup)
    for (let i = 0; i < REPEATS; i++) pass.dispatchWorkgroups(threads / WIDTH)
    pass.end()
    const start = performance.now()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    best = Math.max(best, (BYTES * REPEATS) / ((performance.now() - start) / 1000))
  }
  gpu.destroyBuffer(data)
  gpu.destroyBuffer(sums)
  return best
}
