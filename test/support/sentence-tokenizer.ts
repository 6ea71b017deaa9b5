// A tokenizer in the manner of SentencePiece with byte fallback, small enough to know by heart: 0 <unk>, 1 <s>, 2 </s>,
// 3 … 258 the bytes, then ▁ and the printable ASCII characters, then a few words.

import { createTokenizer, type Tokenizer } from '../../src/text/tokenizer.ts'

const BYTES = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
const CHARACTERS = ['▁', ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i))]
const MERGES = ['t h', 'th e', '▁ the', '▁ o', 'c e', 'n ce', '▁ O', '▁O nce', '▁ c', 'a t', '▁c at', '▁ s', '▁s at']
const PIECES = ['<unk>', '<s>', '</s>', ...BYTES, ...CHARACTERS, ...MERGES.map((merge) => merge.replace(' ', ''))]

export const TINY_TOKENIZER_JSON = {
  version: '1.0',
  added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    byte_fallback: true,
    unk_token: '<unk>',
    fuse_unk: true,
    vocab: Object.fromEntries(PIECES.map((piece, id) => [piece, id])),
    merges: MERGES,
  },
}

export const TINY_TOKENIZER_CONFIG = { bos_token: '<s>', eos_token: '</s>' }
export const EOS = 2

export function tinyTokenizer(): Tokenizer {
  return createTokenizer(TINY_TOKENIZER_JSON, TINY_TOKENIZER_CONFIG)
}

/** Byte tokens of a text. */
export function byteIds(text: string): number[] {
  return [...new TextEncoder().encode(text)].map((byte) => 3 + byte)
}
