// POST /tokenize and /detokenize, in llama.cpp's words and in vLLM's.

import { describe, expect, test } from 'vitest'
import { fillInTheMiddle } from '../../src/text/fill-in-the-middle.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { byteIds, TINY_TOKENIZER_CONFIG, TINY_TOKENIZER_JSON, tinyTokenizer } from '../support/sentence-tokenizer.ts'

const { post } = mockHost(says([]))
const tokenizer = tinyTokenizer()
const plain = (text: string) => tokenizer.encode(text, { addSpecialTokens: false })
const tokenize = async (body: object) => (await post('/tokenize', body)).json()

describe('tokenize', () => {
  test('content has no special tokens unless asked', async () => {
    expect((await tokenize({ content: 'the cat' })).tokens).toEqual(plain('the cat'))
    expect((await tokenize({ content: 'the cat', add_special: true })).tokens).toEqual([1, ...plain('the cat')])
  })

  test('prompt has them unless not asked', async () => {
    expect(await tokenize({ model: 'org/tiny', prompt: 'the' })).toEqual({
      tokens: [1, ...plain('the')],
      count: 2,
      max_model_len: 256,
    })
    expect((await tokenize({ prompt: 'the', add_special_tokens: false })).tokens).toEqual(plain('the'))
  })

  test('messages are put through the template, as in a chat', async () => {
    const messages = [{ role: 'user', content: 'Hi' }]
    const { count } = await tokenize({ messages })
    const chat = await (await post('/v1/chat/completions', { model: 'org/tiny', messages, max_tokens: 0 })).json()
    expect(count).toBe(chat.usage.prompt_tokens)
    expect((await tokenize({ messages, add_generation_prompt: false })).count).toBeLessThan(count)
  })

  test('pieces are text, or bytes where they are none', async () => {
    const { tokens } = await tokenize({ content: 'the é', with_pieces: true })
    expect(tokens.slice(0, 2).map(({ piece }: { piece: unknown }) => piece)).toEqual([' the', ' '])
    expect(tokens.slice(2)).toEqual(byteIds('é').map((id) => ({ id, piece: [id - 3] })))
    expect((await tokenize({ content: 'the', return_token_strs: true })).token_strs).toEqual(['▁the'])
  })

  test.each<[object, string, string]>([
    [{}, 'content', 'missing_required_parameter'],
    [{ content: 5 }, 'content', 'invalid_type'],
    [{ messages: [] }, 'messages', 'empty_array'],
    [{ content: 'a', model: 'no' }, 'model', 'model_not_found'],
  ])('%j is refused', async (body, param, code) => {
    expect((await tokenize(body)).error).toMatchObject({ param, code })
  })
})

describe('detokenize', () => {
  test('there and back', async () => {
    const text = 'Once the é😀'
    expect(await (await post('/detokenize', { tokens: plain(text) })).json()).toEqual({ content: text, prompt: text })
    expect((await (await post('/detokenize', { tokens: [] })).json()).content).toBe('')
  })

  test.each<[object, string, string]>([
    [{}, 'tokens', 'missing_required_parameter'],
    [{ tokens: ['a'] }, 'tokens[0]', 'invalid_type'],
    [{ tokens: [1, 99999] }, 'tokens[1]', 'invalid_value'],
  ])('%j is refused', async (body, param, code) => {
    expect((await (await post('/detokenize', body)).json()).error).toMatchObject({ param, code })
  })
})

describe('filling in the middle', () => {
  const withTokens = (...contents: string[]) => {
    const first = tokenizer.vocabSize
    const added = contents.map((content, i) => ({ id: first + i, content, special: true, normalized: false }))
    const json = { ...TINY_TOKENIZER_JSON, added_tokens: [...TINY_TOKENIZER_JSON.added_tokens, ...added] }
    return { tokenizer: createTokenizer(json, TINY_TOKENIZER_CONFIG), first }
  }

  test('prefix, suffix, middle', async () => {
    const { tokenizer, first } = withTokens('<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>')
    expect(fillInTheMiddle([10], [11, 12], tokenizer)).toEqual([first, 10, first + 1, 11, 12, first + 2])
    const { post, engine } = mockHost(says([]), { model: { tokenizer, vocabSize: tokenizer.vocabSize } })
    const body = { model: 'org/tiny', prompt: 'the', suffix: 'cat', add_special_tokens: false, max_tokens: 1 }
    expect((await post('/v1/completions', body)).status).toBe(200)
    expect(engine.requests[0]!.prompt).toEqual([first, ...plain('the'), first + 1, ...plain('cat'), first + 2])
  })

  test('suffix first', () => {
    const { tokenizer, first } = withTokens('[PREFIX]', '[SUFFIX]')
    expect(fillInTheMiddle([10], [11], tokenizer)).toEqual([first + 1, 11, first, 10])
  })
})
