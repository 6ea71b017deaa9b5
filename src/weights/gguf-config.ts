// A GGUF's metadata as config.json would say it. Values are passed on as they are: whoever reads config.json checks them.

import { ModelError } from './errors.ts'
import type { Gguf } from './gguf.ts'
import { GgufMetadata } from './gguf-metadata.ts'

/** @throws ModelError where a key is missing that every architecture needs. */
export async function ggufConfig(gguf: Gguf, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const metadata = new GgufMetadata(gguf)
  const { architecture } = metadata
  const hidden = metadata.need('embedding_length')
  const heads = metadata.need('attention.head_count')
  const headDim = metadata.number('attention.key_length') ?? hidden / heads
  const valueDim = metadata.number('attention.value_length') ?? headDim
  if (valueDim !== headDim)
    throw metadata.refusal(`${metadata.name}.attention.value_length`, `must be attention.key_length (${headDim})`)
  const rotary = metadata.number('rope.dimension_count') ?? headDim
  const tokens = gguf.metadata.get('tokenizer.ggml.tokens')
  const layers = metadata.need('block_count')
  const { otherScaleLayers } = architecture
  const own = Object.entries(architecture.keys ?? {}).map(([key, name]) => [name, metadata.number(key) || undefined])
  const flags = Object.entries(architecture.flags ?? {}).map(([key, name]) => [name, metadata.flag(key)])
  const has = (tensor: string) => gguf.tensors.has(tensor)
  return {
    model_type: architecture.modelType,
    hidden_size: hidden,
    intermediate_size: metadata.need('feed_forward_length'),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: metadata.number('attention.head_count_kv'),
    head_dim: headDim,
    vocab_size: gguf.tensors.get('token_embd.weight')?.shape[0] ?? (Array.isArray(tokens) ? tokens.length : undefined),
    max_position_embeddings: metadata.need('context_length'),
    rms_norm_eps: metadata.number('attention.layer_norm_rms_epsilon'),
    rope_theta: metadata.number('rope.freq_base') ?? 10000,
    ...(rotary === headDim ? {} : { partial_rotary_factor: rotary / headDim }),
    ...(await ropeScaling(gguf, metadata, signal)),
    attention_bias: has('blk.0.attn_q.bias'),
    mlp_bias: has('blk.0.ffn_down.bias'),
    tie_word_embeddings: !has('output.weight'),
    num_experts: metadata.number('expert_count') || undefined,
    bos_token_id: gguf.metadata.get('tokenizer.ggml.bos_token_id'),
    eos_token_id: endTokens(gguf),
    ...Object.fromEntries([...own, ...flags]),
    ...Object.fromEntries(Object.entries(architecture.tensors ?? {}).map(([key, name]) => [key, has(`blk.0.${name}`)])),
    ...architecture.fixed,
    ...(otherScaleLayers && { query_pre_attn_scalar: layers === otherScaleLayers ? hidden / heads : headDim }),
  }
}

/** Scaling by name, or by the factors that the file has as tensors. */
async function ropeScaling(gguf: Gguf, metadata: GgufMetadata, signal?: AbortSignal) {
  const original = metadata.number('rope.scaling.original_context_length')
  const [long, short, all] = await Promise.all(
    ['rope_factors_long', 'rope_factors_short', 'rope_freqs'].map((name) => factors(gguf, `${name}.weight`, signal)),
  )
  if (long && short) return { rope_scaling: { rope_type: 'longrope', long_factor: long, short_factor: short } }
  if (all) return { rope_scaling: { rope_type: 'factors', factors: all } }
  const type = metadata.text(`${metadata.name}.rope.scaling.type`)
  const factor = metadata.number('rope.scaling.factor') ?? metadata.number('rope.scale_linear')
  if (type === 'none' || factor === undefined) return {}
  return { rope_scaling: { rope_type: type ?? 'linear', factor, original_max_position_embeddings: original } }
}

async function factors(gguf: Gguf, name: string, signal?: AbortSignal): Promise<number[] | undefined> {
  const tensor = gguf.tensors.get(name)
  if (!tensor) return undefined
  const count = tensor.shape[0]!
  if (tensor.type.name !== 'F32' || tensor.shape.length !== 1 || count > 4096)
    throw new ModelError(gguf.file.name, `tensor ${name} must be a short vector of F32, received [${tensor.shape}]`)
  const bytes = await tensor.file.read(tensor.start, tensor.end, signal)
  const view = new DataView(bytes.buffer)
  return Array.from({ length: count }, (_, i) => view.getFloat32(i * 4, true))
}

/** Ids that end an answer by their names: many files name the end of a text only, not of a turn. */
const TURN_ENDS = [
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|eom_id|>',
]

function endTokens({ metadata }: Gguf): number[] {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  const types = metadata.get('tokenizer.ggml.token_type')
  const named = ['eos', 'eot', 'eom'].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`))
  const known = named.filter((id) => typeof id === 'number')
  if (!Array.isArray(tokens) || !ArrayBuffer.isView(types)) return known
  const isOrdinary = (id: number) => (types[id] ?? 1) === 1
  const byName = tokens.flatMap((token, id) => (TURN_ENDS.includes(token) && !isOrdinary(id) ? [id] : []))
  return [...new Set([...known, ...byName])]
}
