// Real tokenizers: the ids llama.cpp gives, texts there and back, and streamed decoding of random ids.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IncrementalDetokenizer } from '../../src/text/incremental-detokenizer.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { sharedData, sharedJson, sharedJsonIfAny, sharedText } from '../support/shared-data.ts'

const FOLDERS = [
  { folder: 'data/models/stories260K-hf' },
  { folder: 'data/tokenizers/minimind' },
  { folder: 'data/tokenizers/phi3', vectors: ['phi-3', 'llama-spm'] }, // Phi 3 has Llama's vocabulary, and some more
  { folder: 'data/tokenizers/qwen2.5', vectors: ['qwen2'] },
  { folder: 'data/tokenizers/llama3.2', vectors: ['llama-bpe'] },
  { folder: 'data/tokenizers/gpt2', vectors: ['gpt-2'] },
]

/** A folder's tokenizer.json, or the one that its older files stand for. */
function tokenizerJson(folder: string): unknown {
  if (!folder.endsWith('gpt2')) return sharedJson(`${folder}/tokenizer.json`)
  const merges = sharedText(`${folder}/gpt2_merges.txt`).trim().split('\n')
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  return {
    added_tokens: [{ id: 50256, content: '<|endoftext|>', special: true }],
    pre_tokenizer: byteLevel,
    decoder: byteLevel,
    model: { type: 'BPE', vocab: sharedJson(`${folder}/gpt2_vocab.json`), merges },
  }
}
const TEXTS = ['Once upon a time', 'Éé “ñ” 😀\tx\n', '   three', ' 日本語', '', '👩‍👩‍👧 \ufefftail', 'a\u0000b']

describe.skipIf(!sharedData).each(FOLDERS)('$folder', ({ folder, vectors = [] }) => {
  const open = () => createTokenizer(tokenizerJson(folder), sharedJsonIfAny(`${folder}/tokenizer_config.json`))
  const tokenizer = sharedData ? open() : undefined!

  test.each(vectors)('gives the ids llama.cpp gives for %s, and their text again', (vectors) => {
    const texts = sharedText(`data/tokenizers/vectors/${vectors}.inp`).split('\n__ggml_vocab_test__\n')
    const ids = sharedText(`data/tokenizers/vectors/${vectors}.out`).split('\n')
    expect(texts.length).toBeGreaterThan(40)
    texts.forEach((text, i) => {
      const got = tokenizer.encode(text, { addSpecialTokens: false })
      expect.soft(got.join(' '), JSON.stringify(text)).toBe(ids[i]!.trim())
      expect.soft(tokenizer.decode(got)).toBe(text)
    })
  })

  test.each(TEXTS)('%j there and back', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.normalize('NFC'))
  })

  test('the bytes of tokens are those of the text', () => {
    const ids = tokenizer.encode('x 😀é“', { addSpecialTokens: false })
    const bytes = ids.flatMap((id) => [...tokenizer.tokenBytes(id)])
    expect(new TextDecoder().decode(Uint8Array.from(bytes)).trimStart()).toBe('x 😀é“')
  })

  test('streamed deltas of random ids make the whole text, and hold no half characters', () => {
    const ids = fc.array(fc.oneof(fc.nat(tokenizer.vocabSize - 1), fc.nat(300), fc.nat(tokenizer.vocabSize + 5)), {
      maxLength: 60,
    })
    const options = fc.record({
      skipSpecialTokens: fc.boolean(),
      spacesBetweenSpecialTokens: fc.boolean(),
      continuation: fc.boolean(),
    })
    fc.assert(
      fc.property(ids, options, (ids, options) => {
        const detokenizer = new IncrementalDetokenizer(tokenizer, options)
        const deltas = [...ids.map((id) => detokenizer.push(id)), detokenizer.end()]
        expect(deltas.join('')).toBe(tokenizer.decode(ids, options))
        if (!options.skipSpecialTokens) return
        const bytes = ids.filter((id) => !tokenizer.isSpecial(id)).flatMap((id) => [...tokenizer.tokenBytes(id)])
        let whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
        if (!options.continuation && tokenizer.stripsFirstSpace) whole = whole.replace(/^ /, '')
        expect(deltas.join('')).toBe(whole)
      }),
      { numRuns: 300 },
    )
  })
})
