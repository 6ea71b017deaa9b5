// Weights of any shape, made on the GPU from a seed: nothing is downloaded, uploaded or converted.

import type { MatrixRole, ModelSpec, VectorRole } from '../src/model/spec.ts'
import type { Gpu } from '../src/webgpu/gpu.ts'
import { createMatrix, type Matrix } from '../src/webgpu/matrix.ts'
import { type LinearWeights, type ModelWeights, outerFormat } from '../src/webgpu/model-weights.ts'
import { floatToHalf, type WeightFormat, weightLayouts } from '../src/weights/layouts.ts'

/** Elements are spread evenly over (-SPREAD, SPREAD). */
const SPREAD = 0.05
const WIDTH = 64
const PER_THREAD = 16

/** A word of `data` from random bits, by format. */
const WORDS: Readonly<Record<WeightFormat, string>> = {
  f32: `bitcast<u32>(f32(bits) * ${(2 * SPREAD) / 2 ** 32} - ${SPREAD})`,
  f16: `pack2x16float(vec2(f32(bits & 0xffffu), f32(bits >> 16u)) * ${(2 * SPREAD) / 2 ** 16} - ${SPREAD})`,
  q8: 'bits',
  q4: 'bits',
}

const source = (word: string) => /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@group(0) @binding(1) var<uniform> seed: vec4<u32>;
fn random(i: u32) -> u32 { // PCG (Jarzynski & Olano 2020)
  let state = i * 747796405u + 2891336453u;
  let v = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (v >> 22u) ^ v;
}
@compute @workgroup_size(${WIDTH})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let first = (id.y * groups.x * ${WIDTH}u + id.x) * ${PER_THREAD}u;
  let end = min(first + ${PER_THREAD}u, arrayLength(&data));
  for (var i = first; i < end; i++) {
    let bits = random(i ^ random(seed.x));
    data[i] = ${word};
  }
}`

export async function randomWeights(
  gpu: Gpu,
  spec: ModelSpec,
  format: WeightFormat,
  seed: number,
): Promise<ModelWeights> {
  const { device } = gpu
  const pipelines = new Map<string, GPUComputePipeline>()
  const uniform = gpu.createBuffer('seed', 16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST)
  let next = seed
  const fill = async (buffer: GPUBuffer, word: string) => {
    let pipeline = pipelines.get(word)
    if (!pipeline) {
      const module = device.createShaderModule({ code: source(word) })
      pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } })
      pipelines.set(word, pipeline)
    }
    device.queue.writeBuffer(uniform, 0, Uint32Array.of(next++, 0, 0, 0))
    const entries = [buffer, uniform].map((buffer, binding) => ({ binding, resource: { buffer } }))
    const groups = Math.ceil(buffer.size / 4 / PER_THREAD / WIDTH)
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }))
    pass.dispatchWorkgroups(Math.min(groups, 4096), Math.ceil(groups / 4096))
    pass.end()
    device.queue.submit([encoder.finish()])
  }
  const matrix = async (label: string, role: MatrixRole, as: WeightFormat, paired = false): Promise<Matrix> => {
    const rows = role.rows.reduce((a, b) => a + b)
    const made = createMatrix(gpu, label, { format: as, rows, cols: role.cols, paired })
    const { top = 1 } = weightLayouts[as]
    const pair = floatToHalf((2 * SPREAD) / top) | (floatToHalf(-SPREAD) << 16)
    for (const { data, scales } of made.parts) {
      await fill(data, WORDS[as])
      if (scales) await fill(scales, `${pair >>> 0}u`)
    }
    return made
  }
  // Norms of 1 keep logits as spread as a trained model's: a flat distribution costs sampling more.
  const vector = (role: VectorRole, value: number) =>
    gpu.createBufferWith(role.names.join(), new Float32Array(role.rows.reduce((a, b) => a + b)).fill(value))
  const linear = async (label: string, role: MatrixRole, paired = false): Promise<LinearWeights> => ({
    matrix: await matrix(label, role, format, paired),
  })

  const embedding = await matrix('embedding', spec.embedding, outerFormat(format))
  const layers: ModelWeights['layers'][number][] = []
  for (const { inputNorm, qkv, output, mlpNorm, gateUp, down } of spec.layers)
    layers.push({
      inputNorm: { weight: vector(inputNorm!.weight, 1) },
      qkv: await linear('qkv', qkv.weight),
      output: await linear('output', output.weight),
      mlpNorm: { weight: vector(mlpNorm!.weight, 1) },
      gateUp: await linear('gate·up', gateUp.weight, true),
      down: await linear('down', down.weight),
    })
  const finalNorm = { weight: vector(spec.finalNorm.weight, 1) }
  const head = spec.head ? await matrix('head', spec.head, outerFormat(format)) : embedding
  await device.queue.onSubmittedWorkDone()
  gpu.destroyBuffer(uniform)
  return { embedding, layers, finalNorm, head }
}
