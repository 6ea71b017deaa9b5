// Plans: what they say a model takes against what it does take, and what they advise where that is too much.

import { afterAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import type { Gpu } from '../../src/webgpu/gpu.ts'
import { type PlanOptions, planRunner } from '../../src/webgpu/plan.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { testGpu } from '../support/device.ts'
import { loadRunner } from '../support/load-runner.ts'
import { tinyLlama } from '../support/tiny-llama.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

async function planOf(options: Partial<PlanOptions>, config = {}, on = gpu) {
  const files = resolveModelFiles(tinyLlama({ config }))
  const spec = describeModel(await readConfig(files))
  return planRunner(on, spec, await openCheckpoint(files), { weights: 'f32', kvCache: 'f32', ...options })
}

const MOE = { model_type: 'qwen3_moe', num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 64 }

describe.skipIf('window' in globalThis)('a plan', () => {
  it('tells what weights, keys and values, and steps take', async () => {
    const { estimate } = await planOf({ weights: 'q4' }, MOE)
    const loaded = await loadRunner(gpu, tinyLlama({ config: MOE }), { weights: 'q4' })
    const ratio = loaded.gpu.bytesInUse / estimate.total
    console.log(`bytes in use / estimate: ${ratio.toFixed(3)}`)
    expect(ratio).toBeGreaterThan(0.95)
    expect(ratio).toBeLessThan(1.05)
    loaded.runner.close()
  })

  it('takes fewer bits to fit, where weights are auto', async () => {
    const { estimate } = await planOf({ weights: 'auto' })
    const tight = await planOf({ weights: 'auto', memoryBytes: estimate.total - 1 })
    expect(tight.weightFormat).toBe('q8')
    expect(tight.estimate.total).toBeLessThan(estimate.total)
  })

  it('names the setting that would make it fit', async () => {
    const { estimate } = await planOf({})
    const within = (memoryBytes: number, options = {}) => planOf({ memoryBytes, ...options })
    const totalOf = async (options: Partial<PlanOptions>) => (await planOf(options)).estimate.total
    const { kvCache, total } = estimate
    await expect(within(total - 1)).rejects.toThrow(
      /^Cannot fit the model into memoryBytes \d+: it needs \d+ MB \(weights .*\); weights: 'q8' would make it fit/,
    )
    await expect(within(await totalOf({ weights: 'q4' }))).rejects.toThrow(/; weights: 'q4' would/)
    await expect(within(total - kvCache * 0.9)).rejects.toThrow(/; contextLength: 256, kvCacheBytes: \d+ would/)
    const least = { weights: 'q4', kvCacheBytes: kvCache / 16, maxSequences: 1 } as const
    await expect(within(await totalOf(least))).rejects.toThrow(
      /; weights: 'q4', contextLength: 256, kvCacheBytes: \d+, maxSequences: 1 would/,
    )
    await expect(within(1000)).rejects.toThrow(/the least it can do with is \d+ MB .*, with weights: 'q4'/)
    // What it names does fit.
    const message: string = await within(total - kvCache * 0.9).then(String, (error: Error) => error.message)
    const [, contextLength, kvCacheBytes] = /contextLength: (\d+), kvCacheBytes: (\d+)/.exec(message)!.map(Number)
    await within(total - kvCache * 0.9, { contextLength, kvCacheBytes })
  })

  it('holds sequences against what a buffer may be', async () => {
    // Two rows of 2^17 logits, each with the best of every four behind it.
    const bytes = 2 * 4 * 1.25 * 2 ** 17
    const limits = { maxStorageBufferBindingSize: bytes, maxBufferSize: bytes } as GPUSupportedLimits
    const small = Object.create(gpu, { limits: { value: limits }, software: { value: true } }) as Gpu
    await expect(planOf({ maxSequences: 16 }, { vocab_size: 2 ** 17 }, small)).rejects.toThrow(
      /maxSequences must be a whole number from 1 to 2, received 16/,
    )
    expect((await planOf({}, { vocab_size: 2 ** 17 }, small)).maxSequences).toBe(2)
  })

  it('is heeded by createEngine, and where memory runs out all the same, the error has advice too', async () => {
    const model = tinyLlama()
    const before = gpu.bytesInUse
    const { device } = gpu
    await expect(createEngine({ model, device, memoryBytes: 1000 })).rejects.toThrow(
      /Cannot fit the model into memoryB/,
    )
    const pop = device.popErrorScope.bind(device)
    const create = device.createBuffer.bind(device)
    let full = false
    device.createBuffer = (descriptor) => {
      full = descriptor.label === 'keys 0'
      return create(descriptor)
    }
    device.popErrorScope = () => (full ? pop().then(() => ({ message: 'full' }) as GPUError) : pop())
    await expect(createEngine({ model, device })).rejects.toThrow(
      /Cannot create buffer keys 0: the GPU has no \d+ bytes left: the model needs about .*; .* would make it fit/,
    )
    expect(gpu.bytesInUse).toBe(before)
  })
})
