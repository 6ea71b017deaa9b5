// Shapes of known models by name, for timing with random weights: speed does not depend on their values.

import type { ModelConfig } from '../src/model/config.ts'

export type Shape = Pick<
  ModelConfig,
  | 'hidden_size'
  | 'intermediate_size'
  | 'num_hidden_layers'
  | 'num_attention_heads'
  | 'num_key_value_heads'
  | 'head_dim'
  | 'vocab_size'
  | 'tie_word_embeddings'
>

const shape = (
  hidden_size: number,
  intermediate_size: number,
  num_hidden_layers: number,
  heads: readonly [query: number, kv: number, dim: number],
  vocab_size: number,
  tie_word_embeddings = true,
): Shape => ({
  hidden_size,
  intermediate_size,
  num_hidden_layers,
  num_attention_heads: heads[0],
  num_key_value_heads: heads[1],
  head_dim: heads[2],
  vocab_size,
  tie_word_embeddings,
})

const SHAPES: Readonly<Record<string, Shape>> = {
  'smollm2-135m': shape(576, 1536, 30, [9, 3, 64], 49152),
  'smollm2-360m': shape(960, 2560, 32, [15, 5, 64], 49152),
  'qwen2.5-0.5b': shape(896, 4864, 24, [14, 2, 64], 151936),
  'llama-3.2-1b': shape(2048, 8192, 16, [32, 8, 64], 128256),
  'llama-3.2-3b': shape(3072, 8192, 28, [24, 8, 128], 128256),
  'llama-3.1-8b': shape(4096, 14336, 32, [32, 8, 128], 128256, false),
}

/** A config.json of that shape, as a Llama. */
export function shapeConfig(name: string): Shape & Record<string, unknown> {
  const found = SHAPES[name]
  if (!found)
    throw new Error(`Cannot bench: --shape must be one of ${Object.keys(SHAPES).join(', ')}, received ${name}`)
  return { model_type: 'llama', max_position_embeddings: 8192, rms_norm_eps: 1e-5, rope_theta: 10000, ...found }
}
