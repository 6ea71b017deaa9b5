// Tokens to bytes and text: decoders, special tokens, unfinished characters, files that are no tokenizer.

import { describe, expect, test } from 'vitest'
import { TextError } from '../../src/text/errors.ts'
import { IncrementalDetokenizer } from '../../src/text/incremental-detokenizer.ts'
import { createTokenBytes } from '../../src/text/token-bytes.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import {
  byteIds,
  TINY_TOKENIZER_CONFIG as CONFIG,
  TINY_TOKENIZER_JSON as JSON_FILE,
  tinyTokenizer,
} from '../support/sentence-tokenizer.ts'

const tokenizer = tinyTokenizer()
const [BOS, EOS] = [1, 2]

describe('texts', () => {
  test.each(['Once the cat sat', ' two', 'é😀', ''])('%j there and back', (text) => {
    const ids = tokenizer.encode(text)
    expect(ids[0]).toBe(BOS)
    expect(tokenizer.decode(ids)).toBe(text)
  })

  test('special tokens are put around only when asked', () => {
    expect(tokenizer.encode('the', { addSpecialTokens: false })).toEqual(tokenizer.encode('the').slice(1))
  })

  test('special tokens within a text are read as such', () => {
    expect(tokenizer.encode('</s>', { addSpecialTokens: false })).toEqual([EOS])
  })

  test('a continuation keeps its first space', () => {
    const ids = tokenizer.encode('the cat', { addSpecialTokens: false })
    expect(tokenizer.decode(ids, { continuation: true })).toBe(' the cat')
  })
})

describe('special tokens in a text', () => {
  const ids = [BOS, BOS, ...byteIds('a'), EOS, BOS]
  test.each([
    [{}, 'a'],
    [{ skipSpecialTokens: false }, '<s> <s>a</s> <s>'],
    [{ skipSpecialTokens: false, spacesBetweenSpecialTokens: false }, '<s><s>a</s><s>'],
  ])('%j', (options, text) => {
    expect(tokenizer.decode(ids, options)).toBe(text)
  })
})

describe('unfinished characters', () => {
  test('wait for their rest', () => {
    const detokenizer = new IncrementalDetokenizer(tokenizer)
    expect(byteIds('é😀').map((id) => detokenizer.push(id))).toEqual(['', 'é', '', '', '', '😀'])
    expect(detokenizer.end()).toBe('')
  })

  test('that never end are one U+FFFD', () => {
    const detokenizer = new IncrementalDetokenizer(tokenizer)
    expect(
      byteIds('😀')
        .slice(0, 3)
        .map((id) => detokenizer.push(id)),
    ).toEqual(['', '', ''])
    expect(detokenizer.end()).toBe('\ufffd')
  })

  test('that something else follows are one U+FFFD before it', () => {
    const ids = [...byteIds('😀').slice(0, 3), ...byteIds('a')]
    expect(tokenizer.decode(ids)).toBe('\ufffda')
  })

  test('go on across a special token that is skipped', () => {
    const [first, ...rest] = byteIds('é')
    expect(tokenizer.decode([first!, BOS, ...rest])).toBe('é')
  })
})

describe('tokens', () => {
  test('have true bytes', () => {
    const the = tokenizer.encode('the', { addSpecialTokens: false })[0]!
    expect(tokenizer.tokenBytes(the)).toEqual(new TextEncoder().encode(' the'))
    expect(tokenizer.tokenBytes(3 + 0xf0)).toEqual(Uint8Array.of(0xf0))
    expect(tokenizer.tokenBytes(BOS)).toEqual(new TextEncoder().encode('<s>'))
  })

  test('beyond the vocabulary have none', () => {
    expect(tokenizer.tokenBytes(99999)).toHaveLength(0)
    expect(tokenizer.decode([99999, ...byteIds('a')])).toBe('a')
  })

  test('are known by name', () => {
    expect([tokenizer.bosToken, tokenizer.eosToken]).toEqual([
      { content: '<s>', id: 1 },
      { content: '</s>', id: 2 },
    ])
    expect([tokenizer.isSpecial(BOS), tokenizer.isSpecial(5)]).toEqual([true, false])
    expect([tokenizer.piece(2), tokenizer.tokenId('</s>'), tokenizer.tokenId('nope')]).toEqual(['</s>', 2, undefined])
  })
})

describe('the byte-level alphabet', () => {
  const { bytesOf } = createTokenBytes({ type: 'ByteLevel' })
  test('has all 256 bytes', () => {
    // The characters in the order of their bytes: printable ones stand for themselves, the rest follow from U+0100.
    const printable = (byte: number) =>
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad)
    let next = 0x100
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(printable(byte) ? byte : next++)
      expect(bytesOf(character)).toEqual(Uint8Array.of(byte))
    }
    expect(next).toBe(0x144)
  })

  test('a character outside it stands for itself', () => {
    expect(bytesOf('日')).toEqual(new TextEncoder().encode('日'))
  })
})

describe('decoders', () => {
  test.each([
    [{ type: 'Metaspace', replacement: '_', prepend_scheme: 'first' }, '_a_b', ' a b', true],
    [{ type: 'Metaspace', replacement: '▁', prepend_scheme: 'never' }, '▁a', ' a', false],
    [
      { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { Regex: 'x+' }, content: '-' }] },
      'axxb',
      'a-b',
      false,
    ],
    [null, '▁a', '▁a', false],
  ])('%j', (decoder, token, text, strips) => {
    const { bytesOf, stripsFirstSpace } = createTokenBytes(decoder)
    expect(new TextDecoder().decode(bytesOf(token))).toBe(text)
    expect(stripsFirstSpace).toBe(strips)
  })

  test.each([{ type: 'WordPiece' }, { type: 'Strip', content: ' ', start: 0, stop: 1 }, { type: 'CTC' }])(
    '%j is refused',
    (decoder) => {
      expect(() => createTokenizer({ ...JSON_FILE, decoder }, CONFIG)).toThrow(TextError)
    },
  )
})

test('add_bos_token puts the token there for the classes where it does', () => {
  const json = { ...JSON_FILE, post_processor: null }
  const encode = (config: object) => createTokenizer(json, { ...CONFIG, ...config }).encode('a')[0]
  expect(encode({ add_bos_token: true, tokenizer_class: 'LlamaTokenizer' })).toBe(BOS)
  expect(encode({ add_bos_token: false, tokenizer_class: 'LlamaTokenizer' })).not.toBe(BOS)
  expect(encode({ add_bos_token: true, tokenizer_class: 'PreTrainedTokenizerFast' })).not.toBe(BOS)
})

test.each([
  undefined,
  null,
  'text',
  [],
  {},
  { model: {} },
  { model: { type: 'Nope', vocab: {} } },
  { model: { type: 'BPE', vocab: 5 } },
])('%j is no tokenizer', (json) => {
  expect(() => createTokenizer(json)).toThrow(TextError)
  expect(() => createTokenizer(json)).toThrow(/tokenizer\.json/)
})
