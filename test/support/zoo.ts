// Folders of the reference data's zoo whose architecture and format run here.

export const ZOO = [
  'llama-mha',
  'llama-gqa-rope3',
  'llama-headdim80',
  'llama-9h3kv',
  'format-bf16',
  'format-f16-sharded',
  'mistral',
  'mistral-swa',
  'qwen2',
  'qwen3',
  'smollm3',
  'granite',
  'phi3',
  'phi3-longrope',
  'gemma',
  'gemma2',
  'gemma3',
  'olmo2',
  'stablelm',
  'cohere',
] as const
