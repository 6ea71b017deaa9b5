// What configs of the architectures beside Llama turn into, and what of them is refused.

import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { frequenciesFor } from '../../src/model/spec.ts'
import { tinyConfig } from '../support/tiny-llama.ts'

const { rope_theta, hidden_act, attention_bias, mlp_bias, tie_word_embeddings, ...base } = tinyConfig
const spec = (model_type: string, keys: Record<string, unknown> = {}) =>
  describeModel(parseConfig({ ...base, num_hidden_layers: 7, model_type, ...keys }))
const windows = (model_type: string, keys: Record<string, unknown> = {}) =>
  spec(model_type, keys).layers.map(({ window }) => window ?? 0)
const thetaOf = ({ inverseFrequencies: f }: { inverseFrequencies: Float64Array }) => Math.round(f[1]! ** -f.length)

describe('windows', () => {
  it('are in every layer of mistral, unless null', () => {
    expect(windows('mistral', { sliding_window: 32 })).toEqual(Array(7).fill(32))
    expect(windows('mistral')).toEqual(Array(7).fill(4096))
    expect(windows('mistral', { sliding_window: null })).toEqual(Array(7).fill(0))
  })

  it('are in qwen from a layer on, where they are used', () => {
    const keys = { sliding_window: 32, max_window_layers: 5 }
    expect(windows('qwen2', keys)).toEqual(Array(7).fill(0))
    expect(windows('qwen3', { ...keys, use_sliding_window: true })).toEqual([0, 0, 0, 0, 0, 32, 32])
  })

  it('alternate in gemma2, and leave out every sixth layer of gemma3', () => {
    expect(windows('gemma2', { sliding_window: 32 })).toEqual([32, 0, 32, 0, 32, 0, 32])
    expect(windows('gemma3_text', { sliding_window: 32 })).toEqual([32, 32, 32, 32, 32, 0, 32])
    expect(windows('gemma3_text', { sliding_window: 32, sliding_window_pattern: 2 })).toEqual([32, 0, 32, 0, 32, 0, 32])
  })

  it('are where layer_types says', () => {
    const layer_types = [true, true, false, true, false, false, false].map((s) => `${s ? 'sliding' : 'full'}_attention`)
    for (const type of ['mistral', 'gemma2', 'gemma3_text'])
      expect(windows(type, { sliding_window: 8, layer_types })).toEqual([8, 8, 0, 8, 0, 0, 0])
    expect(() => windows('qwen3', { layer_types })).toThrow(/sliding_window must be given .* received null/)
    expect(() => windows('mistral', { layer_types: ['full_attention'] })).toThrow(
      /layer_types must name each of 7 layers/,
    )
    expect(() => windows('mistral', { layer_types: Array(7).fill('chunked_attention') })).toThrow(
      /must be full_attention or sliding_attention, received "chunked_attention"/,
    )
  })
})

describe('positions', () => {
  it('are missing from every fourth layer of smollm3, or where the config says', () => {
    const has = (keys = {}) => spec('smollm3', keys).layers.map(({ rope }) => (rope ? 1 : 0))
    expect(has()).toEqual([1, 1, 1, 0, 1, 1, 1])
    expect(has({ no_rope_layer_interval: 2 })).toEqual([1, 0, 1, 0, 1, 0, 1])
    expect(has({ no_rope_layers: [0, 1, 1, 1, 1, 1, 0] })).toEqual([0, 1, 1, 1, 1, 1, 0])
    expect(() => has({ no_rope_layers: [1] })).toThrow(/no_rope_layers must have a number for each of 7 layers/)
    expect(thetaOf(spec('smollm3').layers[0]!.rope!)).toBe(2e6)
  })

  it('of gemma3 depend on the window, in both spellings', () => {
    const thetas = (keys = {}) => spec('gemma3_text', keys).layers.map(({ rope }) => thetaOf(rope!))
    expect(thetas()).toEqual([1e4, 1e4, 1e4, 1e4, 1e4, 1e6, 1e4])
    expect(thetas({ rope_theta: 5e5, rope_local_base_freq: 2e4 })).toEqual([2e4, 2e4, 2e4, 2e4, 2e4, 5e5, 2e4])
    const rope_parameters = {
      full_attention: { rope_type: 'default', rope_theta: 3e5 },
      sliding_attention: { rope_type: 'default', rope_theta: 5e3 },
    }
    expect(thetas({ rope_parameters })).toEqual([5e3, 5e3, 5e3, 5e3, 5e3, 3e5, 5e3])
    const scaled = spec('gemma3_text', { rope_scaling: { rope_type: 'linear', factor: 8 } }).layers
    expect(scaled[5]!.rope!.inverseFrequencies[0]).toBe(1 / 8)
    expect(scaled[4]!.rope!.inverseFrequencies[0]).toBe(1)
    expect(() => spec('qwen3', { rope_parameters })).toThrow(/rope_parameters must be one for all layers/)
  })

  it('of phi3 beyond the original context are those of longrope', () => {
    const longrope = {
      rope_scaling: { type: 'longrope', short_factor: Array(6).fill(2), long_factor: Array(6).fill(4) },
      partial_rotary_factor: 0.75,
      original_max_position_embeddings: 64,
    }
    const rope = spec('phi3', longrope).layers[0]!.rope!
    expect(rope.rotaryDim).toBe(12)
    expect(rope.attentionFactor).toBeCloseTo(Math.sqrt(1 + Math.log(256 / 64) / Math.log(64)), 12)
    expect([64, 65].map((context) => frequenciesFor(rope, context)[0])).toEqual([1 / 2, 1 / 4])
    expect(() => spec('phi3', { ...longrope, partial_rotary_factor: 1 })).toThrow(/short_factor must have 8 numbers/)
    expect(() => spec('phi3', { ...longrope, original_max_position_embeddings: null })).toThrow(
      /original_max_position_embeddings must be a positive number/,
    )
  })
})

it('sizes the norms of queries and keys', () => {
  expect(spec('qwen3').layers[0]!.qkNorm!.rows).toEqual([16, 16])
  expect(spec('olmo2').layers[0]!.qkNorm!.rows).toEqual([64, 32])
  expect(spec('gemma3_text').layers[0]!.qkNorm!.plus).toBe(1)
})

it('ties embedding and head as the makers do where the config does not say', () => {
  const tied = ['smollm3', 'gemma', 'gemma2', 'gemma3_text', 'cohere']
  const untied = ['llama', 'mistral', 'qwen2', 'qwen3', 'granite', 'phi3', 'olmo2', 'stablelm']
  for (const type of [...tied, ...untied])
    expect([type, spec(type).head === undefined]).toEqual([type, tied.includes(type)])
})

const EXPERTS = { num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 32 }

it('qwen3_moe: experts in the layers that should have some', () => {
  const layers = (keys: Record<string, unknown>) =>
    spec('qwen3_moe', { ...EXPERTS, num_hidden_layers: 4, ...keys }).layers.map(({ experts }) => experts?.chosen)
  expect(layers({})).toEqual([2, 2, 2, 2])
  expect(layers({ decoder_sparse_step: 2, mlp_only_layers: [3] })).toEqual([undefined, 2, undefined, undefined])
})

it.each<[type: string, keys: Record<string, unknown>, reason: RegExp]>([
  ['mixtral', {}, /model_type must be one of .* received "mixtral"/],
  ['qwen3_moe', {}, /num_experts must be a whole number/],
  ['qwen3_moe', { ...EXPERTS, num_experts_per_tok: 5 }, /num_experts_per_tok must be at most num_experts \(4\)/],
  ['qwen3_moe', { ...EXPERTS, num_experts: 1024, num_hidden_layers: 1000 }, /of all layers must be at most 65536/],
  ['qwen3', { num_experts: 4 }, /num_experts: mixture of experts are not supported/],
  ['qwen2', { hidden_act: 'gelu' }, /hidden_act must be "silu"/],
  ['gemma', { hidden_activation: 'gelu' }, /hidden_activation must be "gelu_pytorch_tanh", received "gelu"/],
  ['gemma3_text', { use_bidirectional_attention: true }, /use_bidirectional_attention must be false/],
  ['mistral', { partial_rotary_factor: 0.5 }, /partial_rotary_factor must be 1/],
  ['stablelm', { qk_layernorm: true }, /qk_layernorm must be false/],
  ['stablelm', { use_parallel_residual: true }, /use_parallel_residual must be false/],
  ['stablelm', { partial_rotary_factor: 0.05 }, /partial_rotary_factor must leave an even part of head_dim \(16\)/],
  ['cohere', { use_qk_norm: true }, /use_qk_norm must be false/],
  ['olmo2', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, /rope_type must be .* received "yarn"/],
])('refuses %s with %j', (type, keys, reason) => {
  expect(() => spec(type, keys)).toThrow(reason)
})
