// model_type qwen2: Qwen 1.5 to 2.5. Llama with biases on q, k and v, and windows that few checkpoints turn on.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import { flag, whole } from './fields.ts'
import type { ModelSpec } from './spec.ts'
import { layerWindows, windowSize } from './windows.ts'

const keys = z.object({
  use_sliding_window: z._default(flag, false),
  sliding_window: z._default(z.nullable(windowSize), 4096),
  max_window_layers: z._default(whole(0, 1024), 28),
})

export function qwen2(config: ModelConfig): ModelSpec {
  return decoder(config, { qkvBias: true, outputBias: false, windows: qwenWindows(config) })
}

/** Layers from max_window_layers on have the window, where it is used at all. */
export function qwenWindows(config: ModelConfig): (number | undefined)[] {
  const { use_sliding_window, sliding_window, max_window_layers } = readKeys(config, keys)
  return layerWindows(config, use_sliding_window ? sliding_window : null, (layer) => layer >= max_window_layers)
}
