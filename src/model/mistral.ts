// model_type mistral: Llama with a window in every layer, or in none.

import * as z from 'zod/mini'
import { type ModelConfig, readKeys } from './config.ts'
import { decoder } from './decoder.ts'
import type { ModelSpec } from './spec.ts'
import { layerWindows, windowSize } from './windows.ts'

const keys = z.object({ sliding_window: z._default(z.nullable(windowSize), 4096) })

export function mistral(config: ModelConfig): ModelSpec {
  const { sliding_window } = readKeys(config, keys)
  return decoder(config, { windows: layerWindows(config, sliding_window, () => true) })
}
