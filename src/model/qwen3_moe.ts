// model_type qwen3_moe: Qwen 3 with experts in most layers.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import { flag, refusal, whole } from './fields.ts'
import { qwenWindows } from './qwen2.ts'
import type { ModelSpec } from './spec.ts'

/** Of all layers together. */
const MAX_EXPERTS = 2 ** 16

const keys = z.object({
  num_experts: whole(1, 1024),
  num_experts_per_tok: whole(1, 64),
  moe_intermediate_size: whole(1, 2 ** 20),
  norm_topk_prob: z._default(flag, false),
  decoder_sparse_step: z._default(whole(1, 1024), 1),
  mlp_only_layers: z._default(z.nullable(z.array(whole(0, 1023), 'must be a list of layers')), null),
})

export function qwen3Moe(config: ModelConfig): ModelSpec {
  const own = readKeys(config, keys)
  if (own.num_experts_per_tok > own.num_experts)
    throw refusal(`num_experts_per_tok must be at most num_experts (${own.num_experts})`, own.num_experts_per_tok)
  if (own.num_experts * config.num_hidden_layers > MAX_EXPERTS)
    throw refusal(`num_experts of all layers must be at most ${MAX_EXPERTS}`, own.num_experts)
  const experts = {
    count: own.num_experts,
    chosen: own.num_experts_per_tok,
    intermediateSize: own.moe_intermediate_size,
    normalised: own.norm_topk_prob,
  }
  const isSparse = (layer: number) =>
    !own.mlp_only_layers?.includes(layer) && (layer + 1) % own.decoder_sparse_step === 0
  return decoder(config, {
    qkNorm: 'head',
    windows: qwenWindows(config),
    experts: Array.from({ length: config.num_hidden_layers }, (_, i) => (isSparse(i) ? experts : undefined)),
  })
}
