// model_type cohere: Command R. Attention and MLP side by side on one layer norm, neighbouring elements rotated together.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder, epsilon } from './decoder.ts'
import { positive } from './fields.ts'
import { readRope } from './rope.ts'
import type { ModelSpec } from './spec.ts'

const keys = z.object({
  layer_norm_eps: z._default(epsilon, 1e-5),
  logit_scale: z._default(positive, 0.0625),
  use_qk_norm: z._default(z.literal(false, 'must be false'), false),
})

export function cohere(config: ModelConfig): ModelSpec {
  const { layer_norm_eps, logit_scale } = readKeys(config, keys)
  const rope = readRope(config, { interleaved: true })
  return decoder(config, {
    normKind: 'layer',
    normEps: layer_norm_eps,
    norms: { inputNorm: 'input_layernorm' },
    parallel: true,
    logitScale: logit_scale,
    rope: Array(config.num_hidden_layers).fill(rope),
    tied: true,
  })
}
