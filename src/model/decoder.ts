// What the decoder-only architectures here have in common: tensors by Hugging Face's names, sizes from the config. An
// architecture gives the traits in which it departs from Llama.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys, refuseExperts } from './config.ts'
import { flag, positive } from './fields.ts'
import { readRope } from './rope.ts'
import type { ExpertsRole, LayerSpec, LinearRole, ModelSpec, NormRole, RopeSpec } from './spec.ts'

/** Fields of the spec itself replace what the config's usual keys give. */
export interface Traits
  extends Pick<ModelSpec, 'parallel' | 'attentionSoftcap' | 'embeddingScale' | 'residualScale' | 'logitSoftcap'>,
    Partial<Pick<ModelSpec, 'normKind' | 'normEps' | 'activation' | 'attentionScale' | 'logitScale'>> {
  /** Names of a layer's norms; those of Llama unless given. */
  readonly norms?: Partial<Record<'inputNorm' | 'outputNorm' | 'mlpNorm' | 'downNorm', string>>
  /** What norm weights are stored less. */
  readonly normPlus?: number
  readonly normBias?: boolean
  /** Where `attention_bias` does not decide. */
  readonly qkvBias?: boolean
  readonly outputBias?: boolean
  /** Whether q_norm and k_norm are of a head or of all heads at once. */
  readonly qkNorm?: 'head' | 'projection'
  /** q, k, v are one tensor, gate and up another. */
  readonly fused?: boolean
  /** Of each layer; all the config's unless given. */
  readonly rope?: readonly (RopeSpec | undefined)[]
  /** Of each layer; none unless given. */
  readonly windows?: readonly (number | undefined)[]
  /** Of layers that have experts, for each layer; none unless given. */
  readonly experts?: readonly (Omit<ExpertsRole, 'router'> | undefined)[]
  /** Whether the embedding is the head where the config does not say. */
  readonly tied?: boolean
}

const LLAMA_NORMS = { inputNorm: 'input_layernorm', mlpNorm: 'post_attention_layernorm' }

export const epsilon = positive.check(z.maximum(0.1, 'must be at most 0.1'))

const keys = z.object({ attention_bias: z._default(flag, false), mlp_bias: z._default(flag, false) })
const epsKey = z.object({ rms_norm_eps: z._default(epsilon, 1e-6) })
const actKey = z.object({ hidden_act: z._default(z.literal('silu', 'must be "silu"'), 'silu') })

export function decoder(config: ModelConfig, traits: Traits = {}): ModelSpec {
  if (!traits.experts) refuseExperts(config)
  const { attention_bias, mlp_bias } = readKeys(config, keys)
  const { hidden_size: hidden, intermediate_size: inner, head_dim, vocab_size } = config
  const { norms = LLAMA_NORMS, normPlus, normBias, fused, qkNorm } = traits
  const { normKind = 'rms', normEps = readKeys(config, epsKey).rms_norm_eps } = traits
  if (!traits.activation) readKeys(config, actKey)
  const queryRows = config.num_attention_heads * head_dim
  const kvRows = config.num_key_value_heads * head_dim
  const ropes = traits.rope ?? Array<RopeSpec>(config.num_hidden_layers).fill(readRope(config))

  const vector = (names: string[], rows: number[], plus?: number) => ({ names, rows, ...(plus && { plus }) })
  const linear = (prefix: string, parts: Readonly<Record<string, number>>, cols: number, bias: boolean): LinearRole => {
    const [names, rows] = [Object.keys(parts).map((name) => `${prefix}.${name}`), Object.values(parts)]
    const weight = { names: names.map((name) => `${name}.weight`), rows, cols }
    if (!bias) return { weight }
    const biases = names.map((name) => `${name}.bias`)
    return { weight, bias: vector(biases, rows) }
  }
  const norm = (name: string): NormRole => ({
    weight: vector([`${name}.weight`], [hidden], normPlus),
    ...(normBias && { bias: vector([`${name}.bias`], [hidden]) }),
  })
  const mlpOf = (mlp: string) => ({
    gateUp: linear(mlp, fused ? { gate_up_proj: 2 * inner } : { gate_proj: inner, up_proj: inner }, hidden, mlp_bias),
    down: linear(mlp, { down_proj: hidden }, inner, mlp_bias),
  })
  const expertsOf = (mlp: string, experts: Omit<ExpertsRole, 'router'>) => {
    const { count, intermediateSize: rows } = experts
    const each = <T>(of: (expert: string) => T[]) => Array.from({ length: count }, (_, i) => of(`experts.${i}`)).flat()
    const gates = each((expert) => [`${expert}.gate_proj`, `${expert}.up_proj`].map((name) => [name, rows] as const))
    const downs = each((expert) => [[`${expert}.down_proj`, hidden] as const])
    return {
      experts: { ...experts, router: linear(mlp, { gate: count }, hidden, false).weight },
      gateUp: linear(mlp, Object.fromEntries(gates), hidden, false),
      down: linear(mlp, Object.fromEntries(downs), rows, false),
    }
  }
  const layer = (rope: RopeSpec | undefined, i: number): LayerSpec => {
    const prefix = `model.layers.${i}`
    const [attention, mlp] = [`${prefix}.self_attn`, `${prefix}.mlp`]
    const qkNormRows = qkNorm === 'head' ? [head_dim, head_dim] : [queryRows, kvRows]
    const window = traits.windows?.[i]
    const experts = traits.experts?.[i]
    return {
      ...Object.fromEntries(Object.entries(norms).map(([part, name]) => [part, norm(`${prefix}.${name}`)])),
      qkv: linear(
        attention,
        fused ? { qkv_proj: queryRows + 2 * kvRows } : { q_proj: queryRows, k_proj: kvRows, v_proj: kvRows },
        hidden,
        traits.qkvBias ?? attention_bias,
      ),
      ...(qkNorm && {
        qkNorm: vector([`${attention}.q_norm.weight`, `${attention}.k_norm.weight`], qkNormRows, normPlus),
      }),
      rope,
      ...(window !== undefined && { window }),
      output: linear(attention, { o_proj: hidden }, queryRows, traits.outputBias ?? attention_bias),
      ...(experts ? expertsOf(mlp, experts) : mlpOf(mlp)),
    }
  }
  return {
    hiddenSize: hidden,
    intermediateSize: inner,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads,
    headDim: head_dim,
    vocabSize: vocab_size,
    contextLength: config.max_position_embeddings,
    normKind,
    normEps,
    activation: traits.activation ?? 'silu',
    parallel: traits.parallel,
    attentionScale: traits.attentionScale ?? head_dim ** -0.5,
    attentionSoftcap: traits.attentionSoftcap,
    embeddingScale: traits.embeddingScale,
    residualScale: traits.residualScale,
    logitScale: traits.logitScale,
    logitSoftcap: traits.logitSoftcap,
    embedding: { names: ['model.embed_tokens.weight'], rows: [vocab_size], cols: hidden },
    layers: ropes.map(layer),
    finalNorm: norm('model.norm'),
    head:
      (config.tie_word_embeddings ?? traits.tied)
        ? undefined
        : { names: ['lm_head.weight'], rows: [vocab_size], cols: hidden },
  }
}
