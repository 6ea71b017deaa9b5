// model_type gemma: Llama with a gate of GELU, norms stored as their distance from 1, and scaled embeddings.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder, type Traits } from './decoder.ts'
import type { ModelSpec } from './spec.ts'

/** The key hidden_act is an old one that says nothing: all were trained with the approximation by tanh. */
const keys = z.object({
  hidden_activation: z.nullish(z.literal('gelu_pytorch_tanh', 'must be "gelu_pytorch_tanh"')),
  use_bidirectional_attention: z.nullish(z.literal(false, 'must be false')),
})

export function gemma(config: ModelConfig): ModelSpec {
  return decoder(config, gemmaTraits(config))
}

/** Of all Gemmas. */
export function gemmaTraits(config: ModelConfig): Traits {
  readKeys(config, keys)
  return { activation: 'gelu-tanh', normPlus: 1, embeddingScale: Math.sqrt(config.hidden_size), tied: true }
}

/** From the second Gemma on: norms before and after both attention and MLP. */
export const GEMMA2_NORMS = {
  inputNorm: 'input_layernorm',
  outputNorm: 'post_attention_layernorm',
  mlpNorm: 'pre_feedforward_layernorm',
  downNorm: 'post_feedforward_layernorm',
}
