// The architectures by model_type: one file and one line each.

import { cohere } from './cohere.ts'
import type { ModelConfig } from './config.ts'
import { refusal } from './fields.ts'
import { gemma } from './gemma.ts'
import { gemma2 } from './gemma2.ts'
import { gemma3Text } from './gemma3_text.ts'
import { granite } from './granite.ts'
import { llama } from './llama.ts'
import { mistral } from './mistral.ts'
import { olmo2 } from './olmo2.ts'
import { phi3 } from './phi3.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'
import { qwen3Moe } from './qwen3_moe.ts'
import { smollm3 } from './smollm3.ts'
import type { ModelSpec } from './spec.ts'
import { stablelm } from './stablelm.ts'

const architectures = new Map<string, (config: ModelConfig) => ModelSpec>([
  ['llama', llama],
  ['mistral', mistral],
  ['qwen2', qwen2],
  ['qwen3', qwen3],
  ['qwen3_moe', qwen3Moe],
  ['smollm3', smollm3],
  ['granite', granite],
  ['phi3', phi3],
  ['gemma', gemma],
  ['gemma2', gemma2],
  ['gemma3_text', gemma3Text],
  ['olmo2', olmo2],
  ['stablelm', stablelm],
  ['cohere', cohere],
])

export function describeModel(config: ModelConfig): ModelSpec {
  const describe = architectures.get(config.model_type)
  if (!describe) throw refusal(`model_type must be one of ${[...architectures.keys()].join(', ')}`, config.model_type)
  return describe(config)
}
