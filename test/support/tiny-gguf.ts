// The tiny Llama as a GGUF file in memory, and a writer of such files. Works in a page too.

import { type Tensor, tinyConfig, tinyTensors } from './tiny-llama.ts'

/** Type numbers of the format. */
export const [U32, I32, F32, BOOL, STRING, ARRAY, U64] = [4, 5, 6, 7, 8, 9, 10] as const

export type Entry =
  | readonly [key: string, type: number, value: number | bigint | string | boolean]
  | readonly [key: string, type: typeof ARRAY, items: number, values: readonly (number | string)[]]

interface GgufTensorPlace {
  readonly name: string
  readonly type: number
  /** Outermost first. */
  readonly shape: readonly number[]
  /** Its bytes, or how many they are. */
  readonly bytes: Pick<Uint8Array, 'length'>
  /** What the file says of its place, where that is a lie. */
  readonly start?: number
}

export interface GgufTensorBytes extends GgufTensorPlace {
  readonly bytes: Uint8Array
}

export interface GgufParts<T = GgufTensorBytes> {
  readonly version?: number
  readonly alignment?: number
  readonly metadata?: readonly Entry[]
  readonly tensors?: readonly T[]
}

/** What comes before the tensors, each of which starts at a multiple of the alignment. */
export function ggufHeader(parts: GgufParts<GgufTensorPlace>): Uint8Array<ArrayBuffer> {
  const { version = 3, alignment = 32, metadata = [], tensors = [] } = parts
  const bytes: number[] = []
  const put = (size: number, set: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(size))
    set(view)
    bytes.push(...new Uint8Array(view.buffer))
  }
  const u32 = (value: number) => put(4, (view) => view.setUint32(0, value, true))
  const u64 = (value: number | bigint) => put(8, (view) => view.setBigUint64(0, BigInt(value), true))
  const text = (value: string) => {
    const encoded = new TextEncoder().encode(value)
    u64(encoded.length)
    bytes.push(...encoded)
  }
  const scalar = (type: number, value: unknown) => {
    if (type === STRING) text(value as string)
    else if (type === BOOL) bytes.push(value ? 1 : 0)
    else if (type === F32) put(4, (view) => view.setFloat32(0, value as number, true))
    else if (type === I32) put(4, (view) => view.setInt32(0, value as number, true))
    else if (type === U64) u64(value as number)
    else u32(value as number)
  }
  bytes.push(...new TextEncoder().encode('GGUF'))
  u32(version)
  u64(tensors.length)
  u64(metadata.length)
  for (const [key, type, value, values] of metadata) {
    text(key)
    u32(type)
    if (!values) {
      scalar(type, value)
      continue
    }
    u32(value as number)
    u64(values.length)
    for (const item of values) scalar(value as number, item)
  }
  let at = 0
  for (const { name, type, shape, bytes, start = at } of tensors) {
    text(name)
    u32(shape.length)
    for (const size of [...shape].reverse()) u64(size)
    u32(type)
    u64(start)
    at = Math.ceil((at + bytes.length) / alignment) * alignment
  }
  return Uint8Array.from(bytes)
}

export function writeGguf(parts: GgufParts): Uint8Array<ArrayBuffer> {
  const { alignment = 32, tensors = [] } = parts
  const header = ggufHeader(parts)
  let end = header.length
  const places = tensors.map(({ bytes }) => {
    const at = Math.ceil(end / alignment) * alignment
    end = at + bytes.length
    return at
  })
  const file = new Uint8Array(end)
  file.set(header)
  for (const [i, { bytes }] of tensors.entries()) file.set(bytes, places[i])
  return file
}

/** Three control pieces, 256 bytes, and a few words with all that they are joined from. */
const PIECES = ['▁', 'a', 'b', 'c', '▁a', 'ab', '▁ab', '▁abc', 'bc']
const TOKENS = [
  ...['<unk>', '<s>', '</s>'],
  ...Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`),
  ...PIECES,
]
export const tinyGgufConfig = {
  ...tinyConfig,
  num_hidden_layers: 1,
  vocab_size: TOKENS.length,
  bos_token_id: 1,
  eos_token_id: 2,
}

export const tinyMetadata: readonly Entry[] = [
  ['general.architecture', STRING, 'llama'],
  ['llama.block_count', U32, 1],
  ['llama.context_length', U32, 256],
  ['llama.embedding_length', U32, 64],
  ['llama.feed_forward_length', U32, 96],
  ['llama.attention.head_count', U32, 4],
  ['llama.attention.head_count_kv', U32, 2],
  ['llama.attention.layer_norm_rms_epsilon', F32, 1e-5],
  ['tokenizer.ggml.model', STRING, 'llama'],
  ['tokenizer.ggml.tokens', ARRAY, STRING, TOKENS],
  ['tokenizer.ggml.scores', ARRAY, F32, TOKENS.map((_, id) => -id)],
  ['tokenizer.ggml.token_type', ARRAY, I32, TOKENS.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1))],
  ['tokenizer.ggml.bos_token_id', U32, 1],
  ['tokenizer.ggml.eos_token_id', U32, 2],
  ['tokenizer.ggml.unknown_token_id', U32, 0],
  ['tokenizer.chat_template', STRING, '{{ messages[0].content }}'],
]

const NAMES: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}

/** What a GGUF calls a tensor of a Llama. */
export function ggufName(name: string): string {
  const [, layer, part] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? []
  return layer ? `blk.${layer}.${NAMES[part!]}.weight` : NAMES[name]!
}

/** The tensors of a Hugging Face checkpoint as a GGUF of that architecture has them. */
export function ggufTensors(tensors: readonly Tensor[], headDim = 16): GgufTensorBytes[] {
  return tensors.map(({ name, shape, bytes }) => {
    const rowBytes = bytes.length / shape[0]!
    const rows = Array.from({ length: shape[0]! }, (_, i) => bytes.subarray(i * rowBytes, (i + 1) * rowBytes))
    const order = /[qk]_proj/.test(name) ? rows.map((_, i) => alternating(i, headDim)) : [...rows.keys()]
    return {
      name: ggufName(name),
      type: 0,
      shape,
      bytes: Uint8Array.from(order.flatMap((row) => [...rows[row]!])),
    }
  })
}

/** Which row of the halves' order lies at row i where they alternate. */
function alternating(i: number, headDim: number): number {
  const inHead = i % headDim
  return i - inHead + Math.floor(inHead / 2) + (inHead % 2) * (headDim / 2)
}

export const tinyGgufTensors = (): Tensor[] => tinyTensors(tinyGgufConfig, 1, 'F32')

export const tinyGguf = (): Uint8Array<ArrayBuffer> =>
  writeGguf({ metadata: tinyMetadata, tensors: ggufTensors(tinyGgufTensors()) })
