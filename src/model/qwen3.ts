// model_type qwen3: RMS norms of each head's queries and keys in the place of Qwen 2's biases.

import type { ModelConfig } from './config.ts'
import { decoder } from './decoder.ts'
import { qwenWindows } from './qwen2.ts'
import type { ModelSpec } from './spec.ts'

export function qwen3(config: ModelConfig): ModelSpec {
  return decoder(config, { qkNorm: 'head', windows: qwenWindows(config) })
}
