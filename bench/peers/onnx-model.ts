// A Llama of a known shape as an ONNX file with random 4-bit weights, in the operators that exports for onnxruntime-web use:
// MatMulNBits in blocks of 32, GroupQueryAttention that rotates and appends, fused RMS norms. Only the last token gets
// logits, which is the best case of these exports.

import type { Shape } from '../shapes.ts'
import { Bytes, ones, Q4_SCALE, randomBytes } from './bytes.ts'

const TYPES = { float: 1, uint8: 2, int32: 6, int64: 7 } as const
type Type = keyof typeof TYPES
const ATTRIBUTE_FLOAT = 1
const ATTRIBUTE_INT = 2

// Protocol buffers: a field is its number and kind, then a varint, 4 bytes, or a length and bytes.
class Message extends Bytes {
  #varint(value: number): this {
    let rest = value
    while (rest > 127) {
      this.u8((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    return this.u8(rest)
  }
  int(field: number, value: number): this {
    return this.#varint(field * 8).#varint(value)
  }
  float(field: number, value: number): this {
    return this.#varint(field * 8 + 5).f32(value)
  }
  bytes(field: number, value: Uint8Array): this {
    return this.#varint(field * 8 + 2)
      .#varint(value.length)
      .raw(value)
  }
  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }
  message(field: number, value: Message): this {
    return this.bytes(field, value.done())
  }
}

export function onnxModel(shape: Shape, contextLength: number): Uint8Array<ArrayBuffer> {
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, vocab_size: vocab } = shape
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: dim } = shape
  const graph = new Message().text(2, 'llama')
  let seed = 1

  const node = (
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, number>> = {},
    domain = '',
  ) => {
    const made = new Message()
    for (const name of inputs) made.text(1, name)
    for (const name of outputs) made.text(2, name)
    made.text(3, outputs[0]!).text(4, op)
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().text(1, name)
      if (Number.isInteger(value)) attribute.int(3, value).int(20, ATTRIBUTE_INT)
      else attribute.float(2, value).int(20, ATTRIBUTE_FLOAT)
      made.message(5, attribute)
    }
    if (domain) made.text(7, domain)
    graph.message(1, made)
  }
  const microsoft = (op: string, inputs: readonly string[], outputs: readonly string[], attributes = {}) =>
    node(op, inputs, outputs, attributes, 'com.microsoft')
  const tensor = (name: string, type: Type, dims: readonly number[], data: ArrayBufferView) => {
    const made = new Message()
    for (const size of dims) made.int(1, size)
    made.int(2, TYPES[type]).text(8, name)
    made.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    graph.message(5, made)
  }
  const valueInfo = (name: string, type: Type, dims: readonly (number | string)[]) => {
    const sizes = new Message()
    for (const size of dims)
      sizes.message(1, typeof size === 'number' ? new Message().int(1, size) : new Message().text(2, size))
    const tensorType = new Message().int(1, TYPES[type]).message(2, sizes)
    return new Message().text(1, name).message(2, new Message().message(1, tensorType))
  }
  /** y = x · Wᵀ with W [rows, cols] in 4 bits. */
  const matmul = (name: string, x: string, rows: number, cols: number) => {
    const blocks = cols / 32
    tensor(`${name}.q`, 'uint8', [rows, blocks, 16], randomBytes(rows * blocks * 16, seed++))
    tensor(`${name}.scales`, 'float', [rows * blocks], new Float32Array(rows * blocks).fill(Q4_SCALE))
    microsoft('MatMulNBits', [x, `${name}.q`, `${name}.scales`], [name], { K: cols, N: rows, bits: 4, block_size: 32 })
    return name
  }
  const gamma = (name: string) => {
    tensor(name, 'float', [hidden], ones(hidden))
    return name
  }

  const noise = randomBytes(vocab * hidden * 4, seed++)
  const table = new Float32Array(vocab * hidden)
  for (let i = 0; i < table.length; i++) table[i] = (noise[i]! - 127.5) / 2550
  tensor('embedding', 'float', [vocab, hidden], table)
  const angles = Array.from({ length: contextLength * (dim / 2) }, (_, i) => {
    const pair = i % (dim / 2)
    return Math.floor(i / (dim / 2)) * 10000 ** ((-2 * pair) / dim)
  })
  tensor('cos', 'float', [contextLength, dim / 2], Float32Array.from(angles, Math.cos))
  tensor('sin', 'float', [contextLength, dim / 2], Float32Array.from(angles, Math.sin))

  const epsilon = 1e-5
  node('Gather', ['embedding', 'input_ids'], ['embedded'], { axis: 0 })
  node('SimplifiedLayerNormalization', ['embedded', gamma('norm.0')], ['x.0'], { epsilon, axis: 2 })
  let residual = 'embedded'
  let x = 'x.0'
  const cache: Message[] = []
  for (let i = 0; i < layers; i++) {
    const qkv = matmul(`qkv.${i}`, x, (heads + 2 * kvHeads) * dim, hidden)
    const past = [`past_key_values.${i}.key`, `past_key_values.${i}.value`]
    const present = [`present.${i}.key`, `present.${i}.value`]
    microsoft(
      'GroupQueryAttention',
      [qkv, '', '', ...past, 'seqlens_k', 'total_sequence_length', 'cos', 'sin'],
      [`attended.${i}`, ...present],
      { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1, rotary_interleaved: 0 },
    )
    cache.push(...past.map((name) => valueInfo(name, 'float', [1, kvHeads, 'past', dim])))
    cache.push(...present.map((name) => valueInfo(name, 'float', [1, kvHeads, 'total', dim])))
    const output = matmul(`output.${i}`, `attended.${i}`, hidden, heads * dim)
    const skip = (by: string, name: string) => {
      const sum = `residual.${name}`
      const out = `x.${name}`
      microsoft('SkipSimplifiedLayerNormalization', [residual, by, gamma(`norm.${name}`)], [out, '', '', sum], {
        epsilon,
      })
      residual = sum
      return out
    }
    const normed = skip(output, `mlp.${i}`)
    const gate = matmul(`gate.${i}`, normed, inner, hidden)
    const up = matmul(`up.${i}`, normed, inner, hidden)
    node('Sigmoid', [gate], [`sigmoid.${i}`])
    node('Mul', [gate, `sigmoid.${i}`], [`silu.${i}`])
    node('Mul', [`silu.${i}`, up], [`inner.${i}`])
    x = skip(matmul(`down.${i}`, `inner.${i}`, hidden, inner), `${i + 1}`)
  }
  tensor('last', 'int64', [1], BigInt64Array.of(-1n))
  node('Gather', [x, 'last'], ['final'], { axis: 1 })
  matmul('logits', 'final', vocab, hidden)

  graph.message(11, valueInfo('input_ids', 'int64', [1, 'tokens']))
  graph.message(11, valueInfo('seqlens_k', 'int32', [1]))
  graph.message(11, valueInfo('total_sequence_length', 'int32', [1]))
  for (let i = 0; i < cache.length; i += 4) graph.message(11, cache[i]!).message(11, cache[i + 1]!)
  graph.message(12, valueInfo('logits', 'float', [1, 1, vocab]))
  for (let i = 0; i < cache.length; i += 4) graph.message(12, cache[i + 2]!).message(12, cache[i + 3]!)
  return new Message()
    .int(1, 9)
    .text(2, 'infetch bench')
    .message(8, new Message().text(1, '').int(2, 17))
    .message(8, new Message().text(1, 'com.microsoft').int(2, 1))
    .message(7, graph)
    .done()
}
