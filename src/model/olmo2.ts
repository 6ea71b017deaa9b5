// model_type olmo2: Llama with its norms after attention and MLP instead of before, and norms of all queries and all keys.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder, epsilon } from './decoder.ts'
import type { ModelSpec } from './spec.ts'

const keys = z.object({ rms_norm_eps: z._default(epsilon, 1e-5) })

export function olmo2(config: ModelConfig): ModelSpec {
  return decoder(config, {
    normEps: readKeys(config, keys).rms_norm_eps,
    norms: { outputNorm: 'post_attention_layernorm', downNorm: 'post_feedforward_layernorm' },
    qkNorm: 'projection',
  })
}
