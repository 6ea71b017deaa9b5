// A Llama of a known shape as a GGUF file with random Q4_0 weights and a tokenizer for which a letter is a token.

import type { Shape } from '../shapes.ts'
import { Bytes, ones, Q4_SCALE_HALF, randomBytes } from './bytes.ts'

const F32 = 0
const Q4_0 = 2
const ALIGNMENT = 32
const KIND = { u32: 4, f32: 6, string: 8, array: 9, i32: 5 } as const

export function ggufModel(shape: Shape, contextLength: number): Blob {
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, vocab_size: vocab } = shape
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: dim } = shape
  const head = new Bytes()
  const text = (value: string, to = head) => {
    const bytes = new TextEncoder().encode(value)
    to.u64(bytes.length).raw(bytes)
  }
  let keys = 0
  const meta = new Bytes()
  const put = (key: string, kind: keyof typeof KIND) => {
    keys++
    text(key, meta)
    return meta.u32(KIND[kind])
  }
  const string = (key: string, value: string) => {
    put(key, 'string')
    text(value, meta)
  }
  const count = (key: string, value: number) => put(key, 'u32').u32(value)
  const strings = (key: string, values: readonly string[]) => {
    put(key, 'array').u32(KIND.string).u64(values.length)
    for (const value of values) text(value, meta)
  }

  string('general.architecture', 'llama')
  string('general.name', 'bench')
  count('llama.context_length', contextLength)
  count('llama.embedding_length', hidden)
  count('llama.block_count', layers)
  count('llama.feed_forward_length', inner)
  count('llama.attention.head_count', heads)
  count('llama.attention.head_count_kv', kvHeads)
  count('llama.rope.dimension_count', dim)
  count('llama.vocab_size', vocab)
  put('llama.attention.layer_norm_rms_epsilon', 'f32').f32(1e-5)
  put('llama.rope.freq_base', 'f32').f32(10000)
  string('tokenizer.ggml.model', 'gpt2')
  string('tokenizer.ggml.pre', 'gpt-2')
  const tokens = [...byteLetters(), 'ab']
  while (tokens.length < vocab) tokens.push(`[${tokens.length}]`)
  strings('tokenizer.ggml.tokens', tokens)
  put('tokenizer.ggml.token_type', 'array').u32(KIND.i32).u64(vocab)
  for (let i = 0; i < vocab; i++) meta.u32(1)
  strings('tokenizer.ggml.merges', ['a b'])
  count('tokenizer.ggml.bos_token_id', vocab - 2)
  count('tokenizer.ggml.eos_token_id', vocab - 1)

  interface Tensor {
    readonly name: string
    readonly dims: readonly number[]
    readonly type: number
    readonly bytes: number
    readonly data: () => Uint8Array<ArrayBuffer>
  }
  const tensors: Tensor[] = []
  const matrix = (name: string, rows: number, cols: number) => {
    const blocks = (rows * cols) / 32
    const seed = tensors.length + 1
    const data = () => {
      const bytes = randomBytes(blocks * 18, seed)
      const view = new DataView(bytes.buffer)
      for (let i = 0; i < blocks; i++) view.setUint16(i * 18, Q4_SCALE_HALF, true)
      return bytes
    }
    tensors.push({ name, dims: [cols, rows], type: Q4_0, bytes: blocks * 18, data })
  }
  const vector = (name: string, size: number) =>
    tensors.push({ name, dims: [size], type: F32, bytes: size * 4, data: () => new Uint8Array(ones(size).buffer) })
  matrix('token_embd.weight', vocab, hidden)
  vector('output_norm.weight', hidden)
  for (let i = 0; i < layers; i++) {
    const name = (part: string) => `blk.${i}.${part}.weight`
    vector(name('attn_norm'), hidden)
    matrix(name('attn_q'), heads * dim, hidden)
    matrix(name('attn_k'), kvHeads * dim, hidden)
    matrix(name('attn_v'), kvHeads * dim, hidden)
    matrix(name('attn_output'), hidden, heads * dim)
    vector(name('ffn_norm'), hidden)
    matrix(name('ffn_gate'), inner, hidden)
    matrix(name('ffn_up'), inner, hidden)
    matrix(name('ffn_down'), hidden, inner)
  }

  head.raw(new TextEncoder().encode('GGUF')).u32(3).u64(tensors.length).u64(keys).raw(meta.done())
  const padded = (size: number) => Math.ceil(size / ALIGNMENT) * ALIGNMENT
  let offset = 0
  for (const { name, dims, type, bytes } of tensors) {
    text(name)
    head.u32(dims.length)
    for (const size of dims) head.u64(size)
    head.u32(type).u64(offset)
    offset += padded(bytes)
  }
  head.raw(new Uint8Array(padded(head.length) - head.length))
  const parts = tensors.flatMap(({ bytes, data }) => [data(), new Uint8Array(padded(bytes) - bytes)])
  return new Blob([head.done(), ...parts])
}

/** The letter that stands for each byte in byte-level tokenizers (GPT-2's table). */
function byteLetters(): string[] {
  const plain = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(plain(byte) ? byte : next++))
}
