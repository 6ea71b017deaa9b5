// The self-test on this machine's driver, and on drivers that get a kernel wrong.

import { beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { tokenSpellings } from '../../src/text/token-spellings.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { byteKernelFiles } from '../../src/webgpu/byte-kernel-sources.ts'
import { Gpu } from '../../src/webgpu/gpu.ts'
import { matmul } from '../../src/webgpu/launchers/matmul.ts'
import { createMatrix } from '../../src/webgpu/matrix.ts'
import { loadWeights } from '../../src/webgpu/model-weights.ts'
import { type ActivationFormat, planRunner } from '../../src/webgpu/plan.ts'
import { WebGpuRunner } from '../../src/webgpu/runner.ts'
import { type SelfTestReport, selfTest } from '../../src/webgpu/self-test.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { readJson } from '../../src/weights/json.ts'
import type { WeightFormat } from '../../src/weights/layouts.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { testGpu } from '../support/device.ts'
import { type TinyOptions, tinyLlama } from '../support/tiny-llama.ts'

const { device } = await testGpu({ features: ['subgroups'] })
const createShaderModule = device.createShaderModule.bind(device)
beforeEach(() => {
  device.createShaderModule = createShaderModule
})

/** A driver that takes one piece of a kernel for another. */
function misread(kernel: string, from: string | RegExp, to: string): void {
  const before = device.createShaderModule
  device.createShaderModule = (descriptor) => {
    if (descriptor.label !== kernel) return before(descriptor)
    const code = descriptor.code.replace(from, to)
    if (code === descriptor.code) throw new Error(`Cannot break ${kernel}: it has no ${from}`)
    return before({ ...descriptor, code })
  }
}

interface Tried {
  readonly report: SelfTestReport
  /** Kernels compiled for the self-test, and then for the runner. */
  readonly compiled: readonly [forTest: number, forRunner: number]
  /** Bytes that the self-test left allocated. */
  readonly left: number
}

async function tried(
  options: TinyOptions,
  weights: WeightFormat,
  profile: { software: boolean; packedDot?: boolean },
  activations?: ActivationFormat,
): Promise<Tried> {
  const gpu = new Gpu(device, profile)
  const files = resolveModelFiles(tinyLlama(options))
  const spec = describeModel(await readConfig(files))
  const checkpoint = await openCheckpoint(files)
  const plan = planRunner(gpu, spec, checkpoint, { weights, kvCache: 'auto', activations, maxSequences: 4 })
  gpu.addSources(byteKernelFiles)
  try {
    const held = await loadWeights(gpu, spec, checkpoint, { format: weights })
    const before = gpu.bytesInUse
    const conversions = gpu.kernelCount
    const tokenizer = createTokenizer(await readJson(files, 'tokenizer.json'))
    const vocabulary = tokenSpellings(tokenizer, spec.vocabSize, [1])
    const report = await selfTest(gpu, { spec, weights: held, plan, vocabulary })
    const left = gpu.bytesInUse - before
    const forTest = gpu.kernelCount - conversions
    new WebGpuRunner(gpu, { ...plan, spec, weights: held, vocabulary })
    await gpu.ready()
    return { report, left, compiled: [forTest, gpu.kernelCount - conversions - forTest] }
  } finally {
    gpu.destroyAllBuffers()
  }
}

/** Layers with and without experts take turns. */
const EXPERTS = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 32, mlp_only_layers: [1] }
const qwen = { config: { model_type: 'qwen3_moe', attention_bias: true, num_hidden_layers: 3, ...EXPERTS } }
const CPU = { software: true }
const GPU_LIKE = { software: false }

// The kernels are tried in pages too, whenever an engine is made there; here driver faults are told by replacing text.
describe.skipIf('window' in globalThis)('self-test', () => {
  it('replaces what a driver gets wrong, and tries all that the runner takes', async () => {
    misread('matmul-quad', 'quadBroadcast(v, 3u)', 'quadBroadcast(v, 2u)')
    misread('norm', 'half /= 2u', 'half /= 4u')
    misread('attention-prefill', 'const SCALE: f32 = ', 'const SCALE: f32 = 1.01 * ')
    misread('logits-edit', 'for (var i = 0u; i < WIDTH; i++)', 'for (var i = 1u; i < WIDTH; i++)')
    misread('constraint-advance', 'places[place + PLACE_DEPTH] = depth', 'places[place + PLACE_DEPTH] = from_depth')
    // The safe variants have one lane, or fewer than hardware runs in step.
    const wrong = device.createShaderModule
    device.createShaderModule = (descriptor) =>
      (/const WIDTH: u32 = (1|8)u;/.test(descriptor.code) && descriptor.label !== 'matmul-quad'
        ? createShaderModule
        : wrong)(descriptor)
    const { report, compiled, left } = await tried(qwen, 'q8', CPU)
    const names = report.replaced.map(({ kernel }) => kernel)
    const quads = device.features.has('subgroups') ? ['matmul-quad'] : []
    for (const name of [...quads, 'norm', 'attention-prefill', 'logits-edit', 'constraint-advance'])
      expect(names).toContain(name)
    for (const name of ['embedding', 'rope-append', 'copy-blocks', 'matmul-tall', 'experts-down'])
      expect(names).not.toContain(name)
    for (const { error } of report.replaced) expect(error).toBeGreaterThan(1)
    expect(compiled[1]).toBe(0)
    expect(left).toBe(0)
  })

  it.each([
    ['rope-append', 'x * turns.cos', 'x * turns.sin'],
    ['convert-weights', 'conversion.first +', 'conversion.first + 1u +'],
    ['copy-blocks', 'pairs[id.y]', 'pairs[id.y].yx'],
  ])('says so where there is no other variant: %s', async (kernel, from, to) => {
    misread(kernel, from, to)
    await expect(tried(qwen, 'q8', CPU)).rejects.toThrow(
      `Cannot run on this adapter: its driver computes ${kernel} wrongly`,
    )
  })

  it('multiplies bytes one by one where a driver gets four at once wrong', async () => {
    device.createShaderModule = (descriptor) =>
      createShaderModule({ ...descriptor, code: descriptor.code.replace('dot4I8Packed(a, b)', '1 + $&') })
    const { report, compiled } = await tried({}, 'q8', { software: true, packedDot: true }, 'q8')
    expect(report.replaced.map(({ kernel }) => kernel).sort()).toEqual(['matmul-tall', 'quantize-bytes'])
    expect(compiled[1]).toBe(0)
  })

  it.each([
    ['constraint-mask', 'depth--;', '', CPU],
    ['constraint-mask', 'depth--;', '', GPU_LIKE],
    ['constraint-mask', 'if (ends != 0u', 'if (ends == 0u', CPU],
    ['constraint-mask', 'answer = PERHAPS;', '', CPU],
    ['constraint-mask', 'answer = PERHAPS;', '', GPU_LIKE],
    ['constraint-advance', 'name / 32u] |= 1u <<', 'name / 32u] |= 0u <<', CPU],
  ])('finds what is wrong in %s: %s', async (kernel, from, to, device) => {
    misread(kernel, from, to)
    const { report, compiled } = await tried(qwen, 'q8', device)
    expect(new Set(report.replaced.map(({ kernel }) => kernel))).toEqual(
      new Set(['constraint-mask', 'constraint-advance']),
    )
    expect(compiled[1]).toBe(0)
  })

  it('takes safe products where those for GPUs are wrong', () => {
    const gpu = new Gpu(device)
    const matrix = createMatrix(gpu, 'matrix', { format: 'q8', rows: 64, cols: 64 })
    const [step, x, y] = ['step', 'x', 'y'].map((label) => gpu.createBuffer(label, 1024, 0xc8))
    const names = () =>
      matmul(gpu, { matrix, epilogue: 'store', step: step!, x: x!, y: y!, yStride: 64 }).map(
        ({ kernel }) => kernel.name,
      )
    expect(names()).toContain('matvec-wide')
    gpu.distrust('matvec-wide')
    expect(names().every((name) => name === 'matmul-tall' || name === 'matmul-quad')).toBe(true)
    gpu.destroyAllBuffers()
  })
})
