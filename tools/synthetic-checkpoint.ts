// Writes checkpoints as large as one likes in several formats: a Llama of as many layers as it takes, each tensor a block of
// values over and over. For measuring what loading takes, not for running.

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../src/model/config.ts'
import { describeModel } from '../src/model/registry.ts'
import { allRoles } from '../src/model/spec.ts'
import { ARRAY, type Entry, F32, ggufHeader, ggufName, STRING, U32 } from '../test/support/tiny-gguf.ts'
import { safetensorsHeader, withHeader } from '../test/support/tiny-llama.ts'

const [HIDDEN, INTERMEDIATE, HEADS, VOCABULARY] = [2048, 8192, 16, 32768]
const [GPTQ_GROUP, MLX_GROUP] = [128, 64]
/** What config.json has besides. */
const QUANTIZATION: Readonly<Record<string, object>> = {
  gptq: { quantization_config: { quant_method: 'gptq', bits: 4, group_size: GPTQ_GROUP, desc_act: false } },
  mlx: { quantization: { bits: 4, group_size: MLX_GROUP } },
}
const GGUF_ALIGNMENT = 32
/** About the bytes of one write. */
const WRITE_BYTES = 2 ** 22

/** How values are stored: `elements` of them in a block, which is repeated. */
interface Kind {
  /** What safetensors call it, and the GGUFs' number. */
  readonly dtype: string
  readonly type: number
  readonly elements: number
  readonly block: Uint8Array
}

interface Stored {
  readonly name: string
  readonly shape: readonly number[]
  readonly kind: Kind
  readonly bytes: { readonly length: number }
}

/** What a form of checkpoint makes of a tensor. */
type Form = (name: string, shape: readonly number[]) => readonly Stored[]

const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 40503) >> 5)

/** Blocks of noise, with small positive halves at some places of each. */
function blocks(length: number, ...places: number[]): Uint8Array {
  const all = noise(64 * length)
  for (let at = 0; at < all.length; at += length) for (const place of places) all[at + place + 1] = 0x14
  return all
}

/** From 1/8 to 1/4, of both signs. */
const halves = Uint16Array.from({ length: 1024 }, (_, i) => (i & 1 ? 0xb000 : 0x3000) | ((i * 40503) & 0x3ff))
const F16: Kind = { dtype: 'F16', type: 1, elements: 1024, block: new Uint8Array(halves.buffer) }
const ONES: Kind = { dtype: 'F32', type: 0, elements: 1, block: new Uint8Array(Float32Array.of(1).buffer) }
const WORDS: Kind = { dtype: 'U32', type: 26, elements: 256, block: noise(1024) }
const Q8_0: Kind = { dtype: 'Q8_0', type: 8, elements: 64 * 32, block: blocks(34, 0) }
const Q4_K: Kind = { dtype: 'Q4_K', type: 12, elements: 64 * 256, block: blocks(144, 0, 2) }

function stored(kind: Kind, name: string, shape: readonly number[]): Stored {
  const count = shape.reduce((product, n) => product * n, 1)
  return { name, shape, kind, bytes: { length: (count / kind.elements) * kind.block.length } }
}

/** Tensors of these kinds, named after the weight that they stand for. */
const parts = (name: string, kinds: Readonly<Record<string, readonly [Kind, ...number[]]>>): Stored[] =>
  Object.entries(kinds).map(([part, [kind, ...shape]]) => stored(kind, name.replace(/weight$/, part), shape))

const isMatrix = (shape: readonly number[]): shape is readonly [rows: number, cols: number] => shape.length === 2

const SAFETENSORS: Readonly<Record<string, Form>> = {
  f16: (name, shape) => [stored(F16, name, shape)],
  mlx: (name, shape) => {
    if (!isMatrix(shape)) return [stored(F16, name, shape)]
    const [rows, cols] = shape
    const groups = cols / MLX_GROUP
    return parts(name, { weight: [WORDS, rows, cols / 8], scales: [F16, rows, groups], biases: [F16, rows, groups] })
  },
  gptq: (name, shape) => {
    if (!isMatrix(shape) || !name.includes('proj')) return [stored(F16, name, shape)]
    const [rows, cols] = shape
    const groups = cols / GPTQ_GROUP
    return parts(name, {
      qweight: [WORDS, cols / 8, rows],
      qzeros: [WORDS, groups, rows / 8],
      scales: [F16, groups, rows],
    })
  },
}

const gguf =
  (kind: Kind): Form =>
  (name, shape) => [stored(isMatrix(shape) ? kind : ONES, ggufName(name), shape)]

const GGUF: Readonly<Record<string, Form>> = {
  q4_k: gguf(Q4_K),
  q8_0: gguf(Q8_0),
}

const ALL = { ...SAFETENSORS, ...GGUF }
export const forms = Object.keys(ALL)

export interface Plan {
  readonly form: string
  readonly config: ReturnType<typeof configOf>
  readonly tensors: readonly Stored[]
}

/** A model of about `bytes`. */
export function planCheckpoint(form: string, bytes: number): Plan {
  const size = (layers: number) => planOf(form, layers).tensors.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const more = Math.round((bytes - size(1)) / (size(2) - size(1)))
  return planOf(form, 1 + Math.max(0, more))
}

/** Writes it into a folder; gives back the path to open. */
export function writeCheckpoint(folder: string, { form, config, tensors }: Plan): string {
  if (form in GGUF) {
    const path = join(folder, 'model.gguf')
    const places = tensors.map(({ kind, ...tensor }) => ({ ...tensor, type: kind.type }))
    const header = ggufHeader({ alignment: GGUF_ALIGNMENT, metadata: metadataOf(config), tensors: places })
    write(path, header, tensors, GGUF_ALIGNMENT)
    return path
  }
  const places = tensors.map(({ kind, ...tensor }) => ({ ...tensor, dtype: kind.dtype }))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...QUANTIZATION[form] }))
  write(join(folder, 'model.safetensors'), withHeader(safetensorsHeader(places), new Uint8Array(0)), tensors, 1)
  return folder
}

const configOf = (layers: number) => ({
  model_type: 'llama',
  hidden_size: HIDDEN,
  intermediate_size: INTERMEDIATE,
  num_hidden_layers: layers,
  num_attention_heads: HEADS,
  num_key_value_heads: HEADS,
  vocab_size: VOCABULARY,
  tie_word_embeddings: true,
})

const metadataOf = (config: ReturnType<typeof configOf>): Entry[] => [
  ['general.architecture', STRING, 'llama'],
  ['llama.block_count', U32, config.num_hidden_layers],
  ['llama.context_length', U32, 2048],
  ['llama.embedding_length', U32, HIDDEN],
  ['llama.feed_forward_length', U32, INTERMEDIATE],
  ['llama.attention.head_count', U32, HEADS],
  ['llama.attention.layer_norm_rms_epsilon', F32, 1e-5],
  ['tokenizer.ggml.tokens', ARRAY, STRING, Array.from({ length: VOCABULARY }, (_, id) => `token ${id}`)],
]

function planOf(form: string, layers: number): Plan {
  const config = configOf(layers)
  const tensors = allRoles(describeModel(parseConfig(config))).flatMap(({ names, rows, cols }) =>
    names.flatMap((name, i) => ALL[form]!(name, cols === undefined ? [rows[i]!] : [rows[i]!, cols])),
  )
  return { form, config, tensors }
}

/** The header, then each tensor at the next multiple of `alignment`. */
function write(path: string, header: Uint8Array, tensors: readonly Stored[], alignment: number): void {
  const pieces = new Map<Kind, Uint8Array>()
  const file = openSync(path, 'w')
  let end = writeSync(file, header)
  for (const { kind, bytes } of tensors) {
    const piece = pieces.get(kind) ?? repeated(kind.block)
    pieces.set(kind, piece)
    end = Math.ceil(end / alignment) * alignment
    for (let left = bytes.length; left > 0; left -= piece.length)
      end += writeSync(file, piece, 0, Math.min(left, piece.length), end)
  }
  closeSync(file)
}

function repeated(block: Uint8Array): Uint8Array {
  const piece = new Uint8Array(Math.ceil(WRITE_BYTES / block.length) * block.length)
  for (let at = 0; at < piece.length; at += block.length) piece.set(block, at)
  return piece
}
