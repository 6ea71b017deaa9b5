// model_type llama: Llama 1 to 3, SmolLM, TinyLlama and the many models that take its form.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { flag, positive } from './fields.ts'
import { inverseFrequencies } from './rope.ts'
import type { LayerSpec, LinearRole, ModelSpec } from './spec.ts'

const keys = z.object({
  rms_norm_eps: z._default(positive.check(z.maximum(0.1, 'must be at most 0.1')), 1e-6),
  hidden_act: z._default(z.literal('silu', 'must be "silu"'), 'silu'),
  attention_bias: z._default(flag, false),
  mlp_bias: z._default(flag, false),
})

export function llama(config: ModelConfig): ModelSpec {
  const { rms_norm_eps, attention_bias, mlp_bias } = readKeys(config, keys)
  const { hidden_size: hidden, intermediate_size: inner, head_dim, vocab_size, num_key_value_heads } = config
  const queryRows = config.num_attention_heads * head_dim
  const kvRows = num_key_value_heads * head_dim

  const linear = (prefix: string, parts: Readonly<Record<string, number>>, cols: number, bias: boolean): LinearRole => {
    const [names, rows] = [Object.keys(parts), Object.values(parts)]
    const weight = { names: names.map((name) => `${prefix}.${name}.weight`), rows, cols }
    return bias ? { weight, bias: { names: names.map((name) => `${prefix}.${name}.bias`), rows } } : { weight }
  }
  const norm = (name: string) => ({ names: [`${name}.weight`], rows: [hidden] })
  const layer = (_: unknown, i: number): LayerSpec => {
    const [attention, mlp] = [`model.layers.${i}.self_attn`, `model.layers.${i}.mlp`]
    return {
      inputNorm: norm(`model.layers.${i}.input_layernorm`),
      qkv: linear(attention, { q_proj: queryRows, k_proj: kvRows, v_proj: kvRows }, hidden, attention_bias),
      output: linear(attention, { o_proj: hidden }, queryRows, attention_bias),
      postNorm: norm(`model.layers.${i}.post_attention_layernorm`),
      gateUp: linear(mlp, { gate_proj: inner, up_proj: inner }, hidden, mlp_bias),
      down: linear(mlp, { down_proj: hidden }, inner, mlp_bias),
    }
  }
  return {
    hiddenSize: hidden,
    intermediateSize: inner,
    heads: config.num_attention_heads,
    kvHeads: num_key_value_heads,
    headDim: head_dim,
    vocabSize: vocab_size,
    contextLength: config.max_position_embeddings,
    rmsNormEps: rms_norm_eps,
    attentionScale: head_dim ** -0.5,
    rope: { inverseFrequencies: inverseFrequencies(config.rope, head_dim), attentionFactor: 1, rotaryDim: head_dim },
    embedding: { names: ['model.embed_tokens.weight'], rows: [vocab_size], cols: hidden },
    layers: Array.from({ length: config.num_hidden_layers }, layer),
    finalNorm: norm('model.norm'),
    head: config.tie_word_embeddings ? undefined : { names: ['lm_head.weight'], rows: [vocab_size], cols: hidden },
  }
}
