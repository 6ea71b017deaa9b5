// model_type llama: Llama 1 to 3, SmolLM, TinyLlama and the many models that take its form.

import type { ModelConfig } from './config.ts'
import { decoder } from './decoder.ts'
import type { ModelSpec } from './spec.ts'

export function llama(config: ModelConfig): ModelSpec {
  return decoder(config)
}
