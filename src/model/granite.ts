// model_type granite: Llama with four multipliers.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import { positive } from './fields.ts'
import type { ModelSpec } from './spec.ts'

const keys = z.object({
  embedding_multiplier: z._default(positive, 1),
  residual_multiplier: z._default(positive, 1),
  attention_multiplier: z._default(positive, 1),
  logits_scaling: z._default(positive, 1),
})

export function granite(config: ModelConfig): ModelSpec {
  const { embedding_multiplier, residual_multiplier, attention_multiplier, logits_scaling } = readKeys(config, keys)
  return decoder(config, {
    embeddingScale: embedding_multiplier,
    residualScale: residual_multiplier,
    attentionScale: attention_multiplier,
    logitScale: 1 / logits_scaling,
  })
}
