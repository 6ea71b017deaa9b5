// model_type gemma2: Gemma with norms after attention and MLP too, caps on scores and logits, a window in every other layer.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import { positive } from './fields.ts'
import { GEMMA2_NORMS, gemmaTraits } from './gemma.ts'
import type { ModelSpec } from './spec.ts'
import { layerWindows, windowSize } from './windows.ts'

const keys = z.object({
  query_pre_attn_scalar: z._default(positive, 256),
  attn_logit_softcapping: z._default(z.nullable(positive), 50),
  final_logit_softcapping: z._default(z.nullable(positive), 30),
  sliding_window: z._default(z.nullable(windowSize), 4096),
})

export function gemma2(config: ModelConfig): ModelSpec {
  const { query_pre_attn_scalar, attn_logit_softcapping, final_logit_softcapping, sliding_window } = readKeys(
    config,
    keys,
  )
  return decoder(config, {
    ...gemmaTraits(config),
    norms: GEMMA2_NORMS,
    attentionScale: query_pre_attn_scalar ** -0.5,
    attentionSoftcap: attn_logit_softcapping ?? undefined,
    logitSoftcap: final_logit_softcapping ?? undefined,
    windows: layerWindows(config, sliding_window, (layer) => layer % 2 === 0),
  })
}
