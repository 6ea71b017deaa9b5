// A byte-level BPE tokenizer of 264 entries with a chat template: 5 special tokens, all bytes, 3 merges. Any text has ids.

const SPECIALS = ['<s>', '</s>', '<|system|>', '<|user|>', '<|assistant|>']
const MERGES = ['h e', 'i n', 'Ġ t']

export const BYTE_LEVEL_VOCAB_SIZE = SPECIALS.length + 256 + MERGES.length

/** GPT-2's printable stand-ins for bytes. */
function byteSymbols(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
    return String.fromCodePoint(printable ? byte : next++)
  })
}

const pieces = [...SPECIALS, ...byteSymbols(), ...MERGES.map((merge) => merge.replace(' ', ''))]
const first = { SpecialToken: { id: '<s>', type_id: 0 } }

export const BYTE_LEVEL_TOKENIZER_JSON = {
  version: '1.0',
  added_tokens: SPECIALS.map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [first, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
  },
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    byte_fallback: false,
    vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    merges: MERGES,
  },
}

export const BYTE_LEVEL_TOKENIZER_CONFIG = {
  bos_token: '<s>',
  eos_token: '</s>',
  chat_template:
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + eos_token }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
}
