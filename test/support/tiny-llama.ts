// A random Llama of a few hundred KB as a Hugging Face folder in memory: config, weights, tokenizer, template, all from a
// seed. Works in a page too.

import { parseConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { allRoles } from '../../src/model/spec.ts'
import type { CustomFiles } from '../../src/weights/blob-files.ts'
import { encodeFloats, type FloatDtype } from '../reference/floats.ts'
import {
  BYTE_LEVEL_TOKENIZER_CONFIG,
  BYTE_LEVEL_TOKENIZER_JSON,
  BYTE_LEVEL_VOCAB_SIZE,
} from './byte-level-tokenizer.ts'
import { normals } from './random.ts'

export interface TinyOptions {
  readonly seed?: number
  readonly dtype?: FloatDtype
  /** More than one: as many files with an index. */
  readonly shards?: number
  /** Keys put over those of config.json. */
  readonly config?: Readonly<Record<string, unknown>>
}

export interface Tensor {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** A model to hand to createEngine or resolveModelFiles; `bytes` may be changed before. */
export interface TinyModel extends CustomFiles {
  readonly bytes: Map<string, Uint8Array<ArrayBuffer>>
}

export const tinyConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  vocab_size: BYTE_LEVEL_VOCAB_SIZE,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: 0,
  eos_token_id: 1,
}

export function tinyLlama({ seed = 1, dtype = 'F32', shards = 1, config = {} }: TinyOptions = {}): TinyModel {
  const json = { ...tinyConfig, ...config }
  const bytes = new Map([
    ['config.json', encode(json)],
    ['generation_config.json', encode({ bos_token_id: 0, eos_token_id: 1 })],
    ['tokenizer.json', encode(BYTE_LEVEL_TOKENIZER_JSON)],
    ['tokenizer_config.json', encode(BYTE_LEVEL_TOKENIZER_CONFIG)],
    ...weightFiles(tinyTensors(json, seed, dtype), shards),
  ])
  return { id: 'tiny-llama', bytes, files: async (name) => bytes.get(name) }
}

/** Random tensors for a config: logits come out with a deviation of about 2. */
export function tinyTensors(config: unknown, seed: number, dtype: FloatDtype): Tensor[] {
  const spec = describeModel(parseConfig(config))
  let count = 0
  return allRoles(spec).flatMap((role) =>
    role.names.map((name, i) => {
      const shape = role.cols === undefined ? [role.rows[i]!] : [role.rows[i]!, role.cols]
      const isNorm = name.endsWith('norm.weight')
      const deviation =
        isNorm || role.cols === undefined ? 0.1 : name.includes('embed') || name.includes('lm_head') ? 2 : 1
      const values = normals(
        role.rows[i]! * (role.cols ?? 1),
        seed * 1000 + count++,
        deviation / Math.sqrt(role.cols ?? 1),
      )
      return { name, dtype, shape, bytes: encodeFloats(isNorm ? values.map((v) => 1 + v) : values, dtype) }
    }),
  )
}

function weightFiles(tensors: readonly Tensor[], shards: number): [string, Uint8Array<ArrayBuffer>][] {
  if (shards === 1) return [['model.safetensors', writeSafetensors(tensors)]]
  const digits = (n: number) => String(n).padStart(5, '0')
  const name = (i: number) => `model-${digits(i + 1)}-of-${digits(shards)}.safetensors`
  const size = Math.ceil(tensors.length / shards)
  const weight_map = Object.fromEntries(tensors.map((tensor, i) => [tensor.name, name(Math.floor(i / size))]))
  return [
    ['model.safetensors.index.json', encode({ metadata: {}, weight_map })],
    ...Array.from({ length: shards }, (_, i): [string, Uint8Array<ArrayBuffer>] => [
      name(i),
      writeSafetensors(tensors.slice(i * size, (i + 1) * size)),
    ]),
  ]
}

export function writeSafetensors(tensors: readonly Tensor[]): Uint8Array<ArrayBuffer> {
  return withHeader(safetensorsHeader(tensors), concatenate(tensors.map(({ bytes }) => bytes)))
}

/** The tensors one after another; `bytes`, or how many they are. */
export function safetensorsHeader(tensors: readonly (Omit<Tensor, 'bytes'> & { bytes: { length: number } })[]): string {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let end = 0
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] }
    end += bytes.length
  }
  const text = JSON.stringify(header)
  return text.padEnd(Math.ceil(text.length / 8) * 8)
}

/** A safetensors file of that header, true or not, over that data; `length` is what the file says of the header. */
export function withHeader(header: string, data: Uint8Array, length?: bigint): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(header)
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  return concatenate([size, text, data])
}

const encoder = new TextEncoder()

export const encode = (json: unknown): Uint8Array<ArrayBuffer> => encoder.encode(JSON.stringify(json))

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}
