// Thinking text told apart from the reply, however it is cut into pieces.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findReasoningTags, opensReasoning, ReasoningSplitter } from '../../src/api/dialects/reasoning.ts'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const TAGS = { open: '<think>', close: '</think>' }

function split(pieces: readonly string[], inside = false) {
  const splitter = new ReasoningSplitter(TAGS, inside)
  const parts = [...pieces.map((piece) => splitter.push(piece)), splitter.end()]
  return [parts.map(({ reasoning }) => reasoning).join(''), parts.map(({ content }) => content).join('')]
}

describe('splitting', () => {
  test.each<[string, boolean, string, string]>([
    ['<think>\nHm. So\n</think>\n\nYes.', false, 'Hm. So', 'Yes.'],
    ['\n<think>Hm</think>Yes. ', false, 'Hm', 'Yes. '],
    ['Hm\n</think>\nYes.', true, 'Hm', 'Yes.'],
    [' Yes, <think>no</think>', false, '', ' Yes, <think>no</think>'],
    ['<think>never done < ', false, 'never done <', ''],
    ['<think></think>Yes', false, '', 'Yes'],
    ['<thi', false, '', '<thi'],
    ['', true, '', ''],
    ['<think>a</thin</think>b</think>', false, 'a</thin', 'b</think>'],
  ])('%j (inside: %s)', (text, inside, reasoning, content) => {
    expect(split([text], inside)).toEqual([reasoning, content])
    expect(split([...text], inside)).toEqual([reasoning, content])
  })

  test('does not depend on how the text is cut', () => {
    const piece = fc.constantFrom('<think>', '</think>', '<', '/', 'think>', ' ', '\n', 'a', 'b')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, inside) => {
        expect(split(pieces, inside)).toEqual(split([pieces.join('')], inside))
        expect(split([...pieces.join('')], inside)).toEqual(split([pieces.join('')], inside))
      }),
      { numRuns: 2000 },
    )
  })
})

test('the tags are those of the template', () => {
  expect(findReasoningTags("{{ '<think>' }}")).toEqual(TAGS)
  expect(findReasoningTags("{{ '[/THINK]' }}")).toMatchObject({ open: '[THINK]' })
  expect(findReasoningTags('{{ messages }}')).toBe(undefined)
})

test.each<[string, boolean, boolean]>([
  ['<|user|>Hi<|assistant|><think>\n', false, true],
  ['<|user|>Hi<|assistant|><think>\n\n</think>\n\n', false, false],
  ['<|user|>What is <think>?<|assistant|>', false, false],
  ['<|user|>Hi<|assistant|><think>Well', true, true],
  ['<|user|>Hi<|assistant|>', false, false],
])('a reply to %j (continued: %s) begins as thinking: %s', (prompt, continued, opens) => {
  expect(opensReasoning(prompt, TAGS, continued)).toBe(opens)
})

test('a reply has it as reasoning_content, whole and streamed', async () => {
  const text = '<think>the cat</think>sat'
  const ids = tinyTokenizer().encode(text, { addSpecialTokens: false }).slice(1)
  const source = '{% for m in messages %}{{ m.content }}{% endfor %}{# <think> #}'
  const { post } = mockHost(says(ids), { model: { chatTemplate: createChatTemplate(source) } })
  const ask = { model: 'org/tiny', messages: [{ role: 'user', content: 'Hi' }] }
  const { choices, usage } = await (await post('/v1/chat/completions', ask)).json()
  expect(choices[0].message).toEqual({ role: 'assistant', content: 'sat', refusal: null, reasoning_content: 'the cat' })
  expect(usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(2)
  const stream = { ...ask, stream: true, stream_options: { include_usage: true } }
  const frames = (await (await post('/v1/chat/completions', stream)).text()).trimEnd().split('\n\n').slice(0, -1)
  const chunks = frames.map((frame) => JSON.parse(frame.slice(6)))
  const deltas = chunks.slice(0, -1).map((chunk) => chunk.choices[0].delta)
  expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe('the cat')
  expect(deltas.map((delta) => delta.content ?? '').join('')).toBe('sat')
  expect(chunks.at(-1).usage).toEqual(usage)
})
