// Whole models on the GPU against a float64 forward on the weights as the GPU holds them.

import { describe, expect, it } from 'vitest'
import { GREEDY } from '../../src/engine/sampling-params.ts'
import { forward } from '../reference/llama.ts'
import { testGpu } from '../support/device.ts'
import { gpuWeights, largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'
import { uniform } from '../support/random.ts'
import { type TinyOptions, tinyLlama } from '../support/tiny-llama.ts'

const gpu = await testGpu()

const tokensOf = (count: number, vocabSize: number, seed: number) => {
  const next = uniform(seed)
  return Array.from({ length: count }, () => Math.floor(next() * vocabSize))
}

const models: Record<string, TinyOptions> = {
  'grouped queries, tied': {},
  'one key head a query head, untied, bf16 file': {
    dtype: 'BF16',
    config: { num_key_value_heads: 4, tie_word_embeddings: false },
  },
  'biases everywhere, sharded': { shards: 3, config: { attention_bias: true, mlp_bias: true } },
  'odd sizes: hidden 144, inner 76, head_dim 24, vocabulary 267': {
    config: {
      hidden_size: 144,
      intermediate_size: 76,
      head_dim: 24,
      num_attention_heads: 6,
      num_key_value_heads: 2,
      vocab_size: 267,
    },
  },
  'llama3 rope scaling': {
    config: {
      rope_theta: 500000,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 64,
      },
    },
  },
}

/** What the reference data's small models, all of hidden size 64, leave untried. */
const ofOtherArchitectures: Record<string, TinyOptions> = {
  'products on a residual stream that is padded, norms after them': {
    config: { model_type: 'olmo2', hidden_size: 72 },
  },
  'two kinds of positions, windows, caps, padded': {
    config: {
      model_type: 'gemma3_text',
      hidden_size: 80,
      sliding_window: 20,
      sliding_window_pattern: 2,
      query_pre_attn_scalar: 16,
      attn_logit_softcapping: 5,
      final_logit_softcapping: 8,
    },
  },
  'experts in q8, one layer without': {
    config: {
      model_type: 'qwen3_moe',
      hidden_size: 72,
      num_experts: 6,
      num_experts_per_tok: 3,
      moe_intermediate_size: 44,
      num_hidden_layers: 3,
      mlp_only_layers: [1],
    },
  },
  'fused weights in q8': { config: { model_type: 'phi3', hidden_size: 72, intermediate_size: 40 } },
}

describe('the WebGPU runner', () => {
  for (const [name, options] of Object.entries(ofOtherArchitectures))
    it(name, async () => {
      const weights = name.includes('q8') ? 'q8' : 'f32'
      const loaded = await loadRunner(gpu, tinyLlama(options), { weights })
      const tokens = tokensOf(70, loaded.spec.vocabSize, 5)
      const expected = forward(loaded.spec, await gpuWeights(loaded), tokens)
      expect(largestDifference(await prefillLogits(loaded, tokens, 33), expected)).toBeLessThan(2e-3)
      loaded.runner.close()
    })

  for (const [name, options] of Object.entries(models))
    it(`f32: ${name}`, async () => {
      const loaded = await loadRunner(gpu, tinyLlama(options))
      const tokens = tokensOf(70, loaded.spec.vocabSize, 5)
      const expected = forward(loaded.spec, await gpuWeights(loaded), tokens)
      expect(largestDifference(await prefillLogits(loaded, tokens, 33), expected)).toBeLessThan(1e-3)
      loaded.runner.close()
      expect(loaded.gpu.bytesInUse).toBe(0)
    })

  for (const weights of ['f16', 'q8', 'q4'] as const)
    it(`${weights}: grouped queries, tied`, async () => {
      const loaded = await loadRunner(gpu, tinyLlama({ seed: 2 }), { weights })
      const tokens = tokensOf(40, loaded.spec.vocabSize, 6)
      const expected = forward(loaded.spec, await gpuWeights(loaded), tokens)
      expect(largestDifference(await prefillLogits(loaded, tokens), expected)).toBeLessThan(2e-3)
      loaded.runner.close()
    })

  it('keys and values in f16 stay close', async () => {
    const loaded = await loadRunner(gpu, tinyLlama({ seed: 3 }), { kvCache: 'f16' })
    const tokens = tokensOf(40, loaded.spec.vocabSize, 7)
    const expected = forward(loaded.spec, await gpuWeights(loaded), tokens)
    const difference = largestDifference(await prefillLogits(loaded, tokens), expected)
    expect(difference).toBeLessThan(5e-2)
    loaded.runner.close()
  })

  it("works within the specification's default limits", async () => {
    const floor = await testGpu({ floor: true })
    const loaded = await loadRunner(floor, tinyLlama({ seed: 4 }))
    expect(loaded.gpu.limits.maxStorageBufferBindingSize).toBe(2 ** 27)
    expect(loaded.gpu.limits.maxStorageBuffersPerShaderStage).toBe(8)
    const tokens = tokensOf(20, loaded.spec.vocabSize, 8)
    const expected = forward(loaded.spec, await gpuWeights(loaded), tokens)
    expect(largestDifference(await prefillLogits(loaded, tokens), expected)).toBeLessThan(1e-3)
    loaded.runner.close()
  })

  it('decodes in a batch beside a prefill as it does alone, many steps ahead', async () => {
    const loaded = await loadRunner(gpu, tinyLlama({ seed: 5 }))
    const { runner, spec } = loaded
    const greedy = { ...GREEDY, topLogprobs: 0 }
    const generate = async (slot: number, prompt: readonly number[], beside: readonly number[]) => {
      runner.openSlot(slot, greedy, prompt, [])
      runner.setBlocks(slot, 0, [slot * 4, slot * 4 + 1, slot * 4 + 2, slot * 4 + 3])
      runner.openSlot(9, greedy, beside, [])
      runner.setBlocks(9, 0, [40, 41, 42, 43])
      const results = [runner.submit({ decode: [], prefill: [{ slot, start: 0, tokens: prompt, draw: 0 }] })]
      for (let draw = 1; draw < 20; draw++) {
        const position = prompt.length + draw - 1
        const chunk = beside.slice(draw - 1, draw + 1)
        const prefill = chunk.length > 0 ? [{ slot: 9, start: draw - 1, tokens: chunk }] : []
        results.push(runner.submit({ decode: [{ slot, position, draw }], prefill }))
      }
      return (await Promise.all(results)).map(([sampled]) => sampled!)
    }
    const prompt = tokensOf(9, spec.vocabSize, 9)
    const alone = await generate(0, prompt, [])
    const beside = await generate(3, prompt, tokensOf(12, spec.vocabSize, 10))
    expect(beside.map(({ token }) => token)).toEqual(alone.map(({ token }) => token))

    // The same tokens and log-probabilities as the float64 forward says.
    const tokens = [...prompt, ...alone.map(({ token }) => token)]
    const logits = forward(spec, await gpuWeights(loaded), tokens)
    alone.forEach(({ token, logprob }, i) => {
      const row = logits.subarray((prompt.length - 1 + i) * spec.vocabSize, (prompt.length + i) * spec.vocabSize)
      const largest = row.reduce((a, b) => Math.max(a, b))
      expect(row[token]).toBeGreaterThan(largest - 1e-3)
      const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0)
      expect(logprob).toBeCloseTo(row[token]! - largest - Math.log(total), 3)
    })
    runner.close()
  })

  it('makes no buffer, bind group or pipeline in a step, and submits once; a large prefill in parts', async () => {
    const tokens = [1, 2, 3, 4]
    const prefill = { decode: [], prefill: [{ slot: 0, start: 0, tokens, draw: 0 }] }
    const { runner: whole } = await loadRunner(gpu, tinyLlama(), { maxSequences: 2 })
    whole.setBlocks(0, 0, [0, 1])
    const expected = await whole.logits(prefill)
    whole.close()
    const { runner } = await loadRunner(gpu, tinyLlama(), { maxSequences: 2, workPerSubmit: 1 })
    runner.openSlot(0, GREEDY, tokens, [])
    runner.setBlocks(0, 0, [0, 1])
    await runner.submit(prefill)
    const made: string[] = []
    const watched = (target: object, names: readonly string[]) => {
      const own = target as Record<string, (...args: unknown[]) => unknown>
      for (const name of names) {
        const original = own[name]!.bind(target)
        own[name] = (...args) => {
          made.push(name)
          return original(...args)
        }
      }
      return () => {
        for (const name of names) delete own[name]
      }
    }
    const creates = ['createBuffer', 'createBindGroup', 'createComputePipelineAsync', 'createComputePipeline']
    const once = ['createCommandEncoder', 'submit', 'writeBuffer']
    const restore = [watched(gpu.device, [...creates, once[0]!]), watched(gpu.device.queue, once.slice(1))]
    const count = (name: string) => made.filter((one) => one === name).length
    for (let draw = 1; draw <= 5; draw++)
      await runner.submit({ decode: [{ slot: 0, position: tokens.length + draw - 1, draw }], prefill: [] })
    expect(creates.map(count)).toEqual([0, 0, 0, 0])
    expect(once.map(count)).toEqual([5, 5, 5])
    made.length = 0
    await runner.submit(prefill)
    expect(count('submit')).toBeGreaterThan(10)
    expect(creates.map(count)).toEqual([0, 0, 0, 0])
    for (const undo of restore) undo()
    expect(await runner.logits(prefill)).toEqual(expected)
    runner.close()
  })

  it('rejects what is in flight when the device is lost', async () => {
    const { runner } = await loadRunner(gpu, tinyLlama())
    runner.setBlocks(0, 0, [0])
    gpu.device.destroy()
    await expect(runner.submit({ decode: [], prefill: [{ slot: 0, start: 0, tokens: [1], draw: 0 }] })).rejects.toThrow(
      /device/,
    )
  })
})
