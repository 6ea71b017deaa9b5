// model_type phi3: Phi 3 and 4. Llama with fused weights; part of a head may be rotated, long contexts by longrope.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder, epsilon } from './decoder.ts'
import { readRope } from './rope.ts'
import type { ModelSpec } from './spec.ts'
import { layerWindows, windowSize } from './windows.ts'

const keys = z.object({ rms_norm_eps: z._default(epsilon, 1e-5), sliding_window: z.nullish(windowSize) })

export function phi3(config: ModelConfig): ModelSpec {
  const { rms_norm_eps, sliding_window } = readKeys(config, keys)
  const rope = readRope(config, { partial: 1 })
  return decoder(config, {
    normEps: rms_norm_eps,
    fused: true,
    rope: Array(config.num_hidden_layers).fill(rope),
    windows: layerWindows(config, sliding_window, () => true),
  })
}
