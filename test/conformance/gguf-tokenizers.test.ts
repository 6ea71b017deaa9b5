// Vocabularies of GGUF files: the ids llama.cpp gives, and their text again.

import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import type { ModelFile } from '../../src/weights/files.ts'
import { type Gguf, readGguf } from '../../src/weights/gguf.ts'
import { ggufTokenizer, ggufTokenizerConfig } from '../../src/weights/gguf-tokenizer.ts'
import { nodeFile } from '../../src/weights/node-files.ts'
import { sharedData, sharedJson, sharedText } from '../support/shared-data.ts'

const VECTORS = 'data/tokenizers/vectors'

async function vocabulary(name: string): Promise<Gguf> {
  const path = `${sharedData}/${VECTORS}/ggml-vocab-${name}.gguf`
  return readGguf(nodeFile(path, path, statSync(path).size))
}

/** A byte-level tokenizer.json as a GGUF would have it. */
function asGguf(folder: string, pre: string): Gguf {
  const { model, added_tokens } = sharedJson(`data/tokenizers/${folder}/tokenizer.json`)
  const added = added_tokens as { content: string; id: number; special: boolean }[]
  const tokens: string[] = []
  for (const [token, id] of Object.entries<number>(model.vocab)) tokens[id] = token
  const types = new Int32Array(Math.max(...added.map(({ id }) => id)) + 1).fill(1)
  for (const { content, id, special } of added) {
    tokens[id] = content
    types[id] = special ? 3 : 4
  }
  const merges = (model.merges as (string | string[])[]).map((merge) =>
    typeof merge === 'string' ? merge : merge.join(' '),
  )
  return {
    file: { name: 'made.gguf', size: 0 } as ModelFile,
    tensors: new Map(),
    metadata: new Map<string, never>(
      Object.entries({
        'tokenizer.ggml.model': 'gpt2',
        'tokenizer.ggml.pre': pre,
        'tokenizer.ggml.tokens': tokens,
        'tokenizer.ggml.token_type': types,
        'tokenizer.ggml.merges': merges,
      }) as [string, never][],
    ),
  }
}

const open = (gguf: Gguf) =>
  createTokenizer(
    JSON.parse(JSON.stringify(ggufTokenizer(gguf))),
    JSON.parse(JSON.stringify(ggufTokenizerConfig(gguf))),
  )

describe.skipIf(!sharedData)('ids and texts', () => {
  const vocabularies: [vectors: string, gguf: () => Gguf | Promise<Gguf>][] = [
    ['gpt-2', () => vocabulary('gpt-2')],
    ['llama-spm', () => vocabulary('llama-spm')],
    ['phi-3', () => vocabulary('phi-3')],
    ['llama-bpe', () => asGguf('llama3.2', 'llama-bpe')],
    ['qwen2', () => asGguf('qwen2.5', 'qwen2')],
  ]
  test.each(vocabularies)('%s', async (vectors, gguf) => {
    const tokenizer = open(await gguf())
    const texts = sharedText(`${VECTORS}/${vectors}.inp`).split('\n__ggml_vocab_test__\n')
    const ids = sharedText(`${VECTORS}/${vectors}.out`).split('\n')
    expect(texts.length).toBeGreaterThan(40)
    texts.forEach((text, i) => {
      const got = tokenizer.encode(text, { addSpecialTokens: false })
      expect.soft(got.join(' '), JSON.stringify(text)).toBe(ids[i]!.trim())
      expect.soft(tokenizer.decode(got)).toBe(text)
    })
  })
})

describe.skipIf(!sharedData)('pre-tokenizers', () => {
  const text = "It's 12345 HelloWorld"
  const byThrees = ['It', "'s", ' ', '123', '45', ' HelloWorld']
  const byDigits = ['It', "'s", ' ', '1', '2', '3', '4', '5', ' HelloWorld']
  test.each([
    ['gpt-2', byThrees],
    ['llama-bpe', byThrees],
    ['dbrx', byThrees],
    ['qwen2', byDigits],
    ['stablelm2', byDigits],
    ['smollm', byDigits],
    ['tekken', [...byDigits.slice(0, -1), ' Hello', 'World']],
    ['default', ['It', "'", 's', ...byThrees.slice(2)]],
  ])('%s cuts where it should', (name, pieces) => {
    const tokenizer = open(asGguf('llama3.2', name))
    const ids = tokenizer.encode(text, { addSpecialTokens: false })
    expect(ids.map((id) => tokenizer.decode([id]))).toEqual(pieces)
  })
})

describe.skipIf(!sharedData)('special tokens', () => {
  test('a bos token is put where the file says so, and only there', async () => {
    const [spm, gpt2] = [open(await vocabulary('llama-spm')), open(await vocabulary('gpt-2'))]
    expect(spm.encode('Hello')).toEqual([1, 15043])
    expect([spm.bosToken, spm.eosToken]).toEqual([
      { content: '<s>', id: 1 },
      { content: '</s>', id: 2 },
    ])
    expect(gpt2.encode('Hello')).toEqual([15496])
    const made = asGguf('llama3.2', 'llama-bpe')
    const llama3 = open({ ...made, metadata: new Map([...made.metadata, ['tokenizer.ggml.bos_token_id', 128000]]) })
    expect(llama3.encode('Hello')).toEqual([128000, 9906])
  })

  test('control tokens are found in a text, and are special', async () => {
    const phi3 = open(await vocabulary('phi-3'))
    const ids = phi3.encode('<|user|>Hello<|end|>', { addSpecialTokens: false })
    expect([ids[0], ids.at(-1)]).toEqual([32010, 32007])
    expect(phi3.isSpecial(32007)).toBe(true)
  })
})
