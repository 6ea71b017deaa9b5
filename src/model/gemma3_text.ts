// model_type gemma3_text: the text models of Gemma 3. Norms of queries and keys in the place of Gemma 2's caps; windows in
// all layers but every sixth, and other positions in those.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import { positive, whole } from './fields.ts'
import { GEMMA2_NORMS, gemmaTraits } from './gemma.ts'
import { readLocalRope, readRope } from './rope.ts'
import type { ModelSpec } from './spec.ts'
import { layerWindows, windowSize } from './windows.ts'

const keys = z.object({
  query_pre_attn_scalar: z._default(positive, 256),
  attn_logit_softcapping: z.nullish(positive),
  final_logit_softcapping: z.nullish(positive),
  sliding_window: z._default(z.nullable(windowSize), 4096),
  sliding_window_pattern: z._default(whole(1, 1024), 6),
  rope_local_base_freq: z._default(positive, 10000),
})

export function gemma3Text(config: ModelConfig): ModelSpec {
  const own = readKeys(config, keys)
  const windows = layerWindows(config, own.sliding_window, (layer) => (layer + 1) % own.sliding_window_pattern !== 0)
  const everywhere = readRope(config, { theta: 1e6, layerType: 'full_attention' })
  const nearby = readLocalRope(config, own.rope_local_base_freq)
  return decoder(config, {
    ...gemmaTraits(config),
    norms: GEMMA2_NORMS,
    qkNorm: 'head',
    attentionScale: own.query_pre_attn_scalar ** -0.5,
    attentionSoftcap: own.attn_logit_softcapping ?? undefined,
    logitSoftcap: own.final_logit_softcapping ?? undefined,
    rope: windows.map((window) => (window === undefined ? everywhere : nearby)),
    windows,
  })
}
