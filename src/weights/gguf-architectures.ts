// What GGUF calls the architectures and their tensors, in Hugging Face's words: one row an architecture. Knows no value.

export interface GgufArchitecture {
  readonly modelType: string
  /** Rows of the query and key projections alternate between the halves of a head; Hugging Face has one half after the other. */
  readonly alternating?: true
  /** What the file adds to all norm weights. */
  readonly normOffset?: number
  /** Layer tensors that are called otherwise than in `LAYER`. */
  readonly names?: Readonly<Record<string, string>>
  /** Keys of config.json of its own, by the metadata key that has them (without the architecture's name). */
  readonly keys?: Readonly<Record<string, string>>
  /** The same of keys that are true or false. */
  readonly flags?: Readonly<Record<string, string>>
  /** Keys of config.json that say whether the first layer has a tensor, and which. */
  readonly tensors?: Readonly<Record<string, string>>
  /** The same of keys that metadata does not have. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** Queries are scaled by query_pre_attn_scalar: the size of a head, but hidden size / heads with this many layers. */
  readonly otherScaleLayers?: number
}

const GELU = { hidden_activation: 'gelu_pytorch_tanh' }
const FOUR_NORMS = { ffn_norm: 'pre_feedforward_layernorm' }

export const ggufArchitectures: ReadonlyMap<string, GgufArchitecture> = new Map<string, GgufArchitecture>([
  ['llama', { modelType: 'llama', alternating: true }],
  ['qwen2', { modelType: 'qwen2' }],
  ['qwen3', { modelType: 'qwen3' }],
  [
    'qwen3moe',
    {
      modelType: 'qwen3_moe',
      keys: { expert_used_count: 'num_experts_per_tok', expert_feed_forward_length: 'moe_intermediate_size' },
      fixed: { norm_topk_prob: true },
    },
  ],
  ['smollm3', { modelType: 'smollm3', alternating: true, fixed: { no_rope_layer_interval: 4 } }],
  ['olmo2', { modelType: 'olmo2' }],
  [
    'phi3',
    {
      modelType: 'phi3',
      names: { ffn_up: 'mlp.gate_up_proj' },
      keys: {
        'attention.sliding_window': 'sliding_window',
        'rope.scaling.original_context_length': 'original_max_position_embeddings',
      },
    },
  ],
  [
    'granite',
    {
      modelType: 'granite',
      alternating: true,
      keys: {
        embedding_scale: 'embedding_multiplier',
        residual_scale: 'residual_multiplier',
        'attention.scale': 'attention_multiplier',
        logit_scale: 'logits_scaling',
      },
    },
  ],
  [
    'stablelm',
    {
      modelType: 'stablelm',
      keys: { 'attention.layer_norm_epsilon': 'layer_norm_eps' },
      flags: { use_parallel_residual: 'use_parallel_residual' },
      tensors: { use_qkv_bias: 'attn_q.bias', qk_layernorm: 'attn_q_norm.weight' },
    },
  ],
  [
    'command-r',
    {
      modelType: 'cohere',
      keys: { 'attention.layer_norm_epsilon': 'layer_norm_eps', logit_scale: 'logit_scale' },
      tensors: { use_qk_norm: 'attn_q_norm.weight' },
    },
  ],
  ['gemma', { modelType: 'gemma', normOffset: 1, fixed: GELU }],
  [
    'gemma2',
    {
      modelType: 'gemma2',
      normOffset: 1,
      names: FOUR_NORMS,
      keys: {
        attn_logit_softcapping: 'attn_logit_softcapping',
        final_logit_softcapping: 'final_logit_softcapping',
        'attention.sliding_window': 'sliding_window',
      },
      fixed: GELU,
      otherScaleLayers: 46,
    },
  ],
  [
    'gemma3',
    {
      modelType: 'gemma3_text',
      normOffset: 1,
      names: FOUR_NORMS,
      keys: { 'attention.sliding_window': 'sliding_window', 'rope.freq_base_swa': 'rope_local_base_freq' },
      fixed: { ...GELU, sliding_window_pattern: 6 },
      otherScaleLayers: 62,
    },
  ],
])

const OUTER: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
}

const LAYER: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_qkv: 'self_attn.qkv_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
  post_ffw_norm: 'post_feedforward_layernorm',
  ffn_gate_inp: 'mlp.gate',
  ffn_gate_exps: 'mlp.experts.#.gate_proj',
  ffn_up_exps: 'mlp.experts.#.up_proj',
  ffn_down_exps: 'mlp.experts.#.down_proj',
}

const LAYER_NAME = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/
const OUTER_NAME = /^(\w+)\.(weight|bias)$/

/** Hugging Face's name of a tensor; its own where there is none. With a #: of many, one along the first dimension. */
export function checkpointName(name: string, { names = {} }: GgufArchitecture): string {
  const [, layer, part = '', kind] = LAYER_NAME.exec(name) ?? []
  const inLayer = layer && (names[part] ?? LAYER[part])
  if (inLayer) return `model.layers.${layer}.${inLayer}.${kind}`
  const [, outer = '', outerKind] = OUTER_NAME.exec(name) ?? []
  return OUTER[outer] ? `${OUTER[outer]}.${outerKind}` : name
}
