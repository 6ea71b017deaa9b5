// A GGUF's vocabulary as tokenizer.json and tokenizer_config.json would have it: byte-level BPE with its merges, or
// SentencePiece BPE, whose merges follow from its scores. Knows no text.

import { ModelError, shown } from './errors.ts'
import type { Gguf } from './gguf.ts'
import { preTokenizer } from './gguf-pre-tokenizers.ts'

/** What a token is, by its number in the file. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4
const NORMAL = 1

interface Vocabulary {
  readonly kind: 'llama' | 'gpt2'
  readonly tokens: readonly string[]
  readonly typeOf: (id: number) => number
}

/** Undefined where the file has no vocabulary. @throws ModelError for one that is not read here. */
export function ggufTokenizer(gguf: Gguf): unknown {
  const vocabulary = readVocabulary(gguf)
  if (!vocabulary) return undefined
  const { kind, tokens, typeOf } = vocabulary
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]))
  const added = tokens.flatMap((content, id) => {
    const type = typeOf(id)
    if (type !== UNKNOWN && type !== CONTROL && type !== USER_DEFINED) return []
    const special = type !== USER_DEFINED
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }]
  })
  const rest = kind === 'llama' ? sentencePiece(gguf, vocabulary, vocab) : byteLevel(gguf, vocab)
  return { version: '1.0', added_tokens: added, post_processor: surrounding(gguf, tokens), ...rest }
}

export function ggufTokenizerConfig(gguf: Gguf): unknown {
  const vocabulary = readVocabulary(gguf)
  if (!vocabulary) return undefined
  const { tokens } = vocabulary
  const template = gguf.metadata.get('tokenizer.chat_template')
  return {
    bos_token: specialToken(gguf, tokens, 'bos'),
    eos_token: specialToken(gguf, tokens, 'eos'),
    unk_token: specialToken(gguf, tokens, 'unknown'),
    add_bos_token: addsBos(gguf),
    chat_template: typeof template === 'string' ? template : undefined,
  }
}

function readVocabulary({ file, metadata }: Gguf): Vocabulary | undefined {
  const kind = metadata.get('tokenizer.ggml.model')
  if (kind === undefined || kind === 'none' || kind === 'no_vocab') return undefined
  if (kind !== 'llama' && kind !== 'gpt2')
    throw new ModelError(file.name, `tokenizer.ggml.model must be llama or gpt2, received ${shown(kind)}`)
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (!isTexts(tokens)) throw new ModelError(file.name, 'tokenizer.ggml.tokens must be a list of texts')
  const types = metadata.get('tokenizer.ggml.token_type')
  const typed = ArrayBuffer.isView(types) && types.length === tokens.length ? types : undefined
  if (types !== undefined && !typed)
    throw new ModelError(file.name, 'tokenizer.ggml.token_type must be a list of as many numbers as there are tokens')
  return { kind, tokens, typeOf: (id) => typed?.[id] ?? NORMAL }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

function byteLevel({ file, metadata }: Gguf, vocab: object): object {
  const merges = metadata.get('tokenizer.ggml.merges')
  if (!isTexts(merges)) throw new ModelError(file.name, 'tokenizer.ggml.merges must be a list of texts')
  const name = metadata.get('tokenizer.ggml.pre') ?? 'default'
  const known = typeof name === 'string' ? preTokenizer(name) : undefined
  if (!known)
    throw new ModelError(file.name, `tokenizer.ggml.pre names an unknown pre-tokenizer, received ${shown(name)}`)
  const splits = known.patterns.map((Regex) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  }))
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  const pairs = merges.map((merge) => {
    const space = merge.indexOf(' ', 1)
    return [merge.slice(0, space), merge.slice(space + 1)]
  })
  return {
    normalizer: known.normalizer ? { type: known.normalizer } : null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, bytes] },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab, merges: pairs, ignore_merges: known.ignoreMerges ?? false, unk_token: null },
  }
}

function sentencePiece(gguf: Gguf, vocabulary: Vocabulary, vocab: Readonly<Record<string, number>>): object {
  const prefix = gguf.metadata.get('tokenizer.ggml.add_space_prefix') !== false
  const space = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  const decoders = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ]
  return {
    normalizer: { type: 'Sequence', normalizers: [...(prefix ? [{ type: 'Prepend', prepend: '▁' }] : []), space] },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [...decoders, ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [])],
    },
    model: {
      type: 'BPE',
      vocab,
      merges: mergesByScore(gguf, vocabulary, vocab),
      unk_token: specialToken(gguf, vocabulary.tokens, 'unknown') ?? null,
      fuse_unk: true,
      byte_fallback: true,
    },
  }
}

/** SentencePiece joins the neighbours whose whole has the highest score: every way to halve a token, best token first. */
function mergesByScore(
  { file, metadata }: Gguf,
  { tokens, typeOf }: Vocabulary,
  vocab: Readonly<Record<string, number>>,
): [left: string, right: string][] {
  const scores = metadata.get('tokenizer.ggml.scores')
  if (!ArrayBuffer.isView(scores) || scores.length !== tokens.length)
    throw new ModelError(file.name, 'tokenizer.ggml.scores must be a list of as many numbers as there are tokens')
  const known = new Map(Object.entries(vocab))
  const isPiece = (id: number | undefined) => id !== undefined && (typeOf(id) === NORMAL || typeOf(id) === USER_DEFINED)
  const ids = [...tokens.keys()].filter(isPiece)
  ids.sort((a, b) => scores[b]! - scores[a]! || a - b)
  return ids.flatMap((id) => {
    const token = tokens[id]!
    if (token.length > LONGEST_PIECE) return []
    const halves: [string, string][] = []
    for (let i = 1; i < token.length; i++) {
      const [left, right] = [token.slice(0, i), token.slice(i)]
      if (isPiece(known.get(left)) && isPiece(known.get(right))) halves.push([left, right])
    }
    return halves
  })
}

/** Halving takes time in the square of a token's length; real pieces are far shorter. */
const LONGEST_PIECE = 512

/** The token that metadata names as the text's beginning, end, … */
function specialToken({ metadata }: Gguf, tokens: readonly string[], name: string): string | undefined {
  const id = metadata.get(`tokenizer.ggml.${name}_token_id`)
  return typeof id === 'number' ? tokens[id] : undefined
}

function addsBos({ metadata }: Gguf): boolean {
  const said = metadata.get('tokenizer.ggml.add_bos_token')
  if (typeof said === 'boolean') return said
  const pre = metadata.get('tokenizer.ggml.pre')
  return (
    metadata.get('tokenizer.ggml.model') === 'llama' || (typeof pre === 'string' && preTokenizer(pre)?.addsBos === true)
  )
}

/** The tokens put around a text. */
function surrounding(gguf: Gguf, tokens: readonly string[]): object {
  const bos = addsBos(gguf) ? specialToken(gguf, tokens, 'bos') : undefined
  const eos = gguf.metadata.get('tokenizer.ggml.add_eos_token') === true ? specialToken(gguf, tokens, 'eos') : undefined
  const special = (token: string | undefined) =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: 0 } }]
  const sequence = (id: 'A' | 'B', type_id: number) => [...special(bos), { Sequence: { id, type_id } }, ...special(eos)]
  const used = [bos, eos].filter((token) => token !== undefined)
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(
      used.map((token) => [token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }]),
    ),
  }
}
