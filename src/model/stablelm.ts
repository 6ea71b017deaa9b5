// model_type stablelm: Llama with layer norms that have biases; a quarter of each head is rotated.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder, epsilon } from './decoder.ts'
import { flag } from './fields.ts'
import { readRope } from './rope.ts'
import type { ModelSpec } from './spec.ts'

const off = z._default(z.literal(false, 'must be false'), false)
const keys = z.object({
  layer_norm_eps: z._default(epsilon, 1e-5),
  use_qkv_bias: z._default(flag, false),
  qk_layernorm: off,
  use_parallel_residual: off,
})

export function stablelm(config: ModelConfig): ModelSpec {
  const { layer_norm_eps, use_qkv_bias } = readKeys(config, keys)
  const rope = readRope(config, { partial: 0.25 })
  return decoder(config, {
    normKind: 'layer',
    normEps: layer_norm_eps,
    normBias: true,
    qkvBias: use_qkv_bias,
    outputBias: false,
    rope: Array(config.num_hidden_layers).fill(rope),
  })
}
