// The form that calls are held to, against the constraint engine: what it takes, what it refuses, in every dialect.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDialect } from '../../src/api/dialects/find.ts'
import { CallReader } from '../../src/api/tools/call-reader.ts'
import { otherwise, replyForm } from '../../src/api/tools/form.ts'
import type { ToolPlan } from '../../src/api/tools/plan.ts'
import { compile } from '../../src/constraint/index.ts'

const encoder = new TextEncoder()
const object = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})
const callable = [
  { name: 'add', schema: object({ x: { type: 'integer', minimum: 0, maximum: 9 } }), param: '' },
  { name: 'add_all', schema: object({}), param: '' },
  { name: 'pick', schema: object({ color: { enum: ['red', 'blue'] } }), param: '' },
]
/** The arguments in these tests that fit. */
const SOUND: Record<string, string[]> = { add: ['{"x": 3}', '{"x": 4}'], add_all: ['{}'], pick: ['{"color": "red"}'] }
const squeezed = (text: string) => text.replaceAll(' ', '')
const TAGS = { open: '<think>', close: '</think>' }
const plan = (change: Partial<ToolPlan> = {}): ToolPlan => ({ callable, must: true, parallel: true, ...change })

/** Whether a form takes a text whole, or its beginning. */
function walk(...form: Parameters<typeof replyForm>) {
  const compiled = compile(replyForm(...form))
  const state = (text: string) => compiled.advanceBytes(compiled.start()!, encoder.encode(text))
  return {
    takes: (text: string) => {
      const at = state(text)
      return at !== null && compiled.isAccepting(at)
    },
    goesOn: (text: string) => state(text) !== null,
  }
}

const TEMPLATES: Record<string, string> = {
  hermes: '<tool_call>',
  llama: '<|python_tag|>',
  'mistral, listed': '[TOOL_CALLS]',
  'mistral, marked': '[TOOL_CALLS][ARGS]',
  granite: '<|start_of_role|><|tool_call|>',
  phi: '<|tool|>',
  functools: 'functools',
  'deepseek, fenced': '<｜tool▁call▁begin｜>```json',
  'deepseek, bare': '<｜tool▁call▁begin｜>',
  generic: '',
}

describe.each(Object.entries(TEMPLATES))('%s', (_, template) => {
  const dialect = findDialect(template)
  const { open = '', before, between, after, separator, close = '' } = dialect.layout
  const call = (name: string, args: string) => before + name + between + args + after
  const one = open + call('add', '{"x": 3}') + close
  const two = open + call('add_all', '{}') + separator + call('pick', '{"color": "red"}') + close
  const read = (reply: string) => {
    const reader = new CallReader({ dialect, names: new Set(callable.map(({ name }) => name)), parallel: true })
    const parts = [reader.push(reply), reader.end()]
    const deltas = parts.flatMap(({ calls }) => calls)
    const calls = deltas.flatMap(({ begins, index }) =>
      begins
        ? [{ name: begins.name, args: deltas.map((delta) => (delta.index === index ? delta.arguments : '')).join('') }]
        : [],
    )
    return { content: parts.map(({ content }) => content).join(''), calls }
  }

  test('what is forced is a call, and is read as one', () => {
    const { takes, goesOn } = walk(plan(), dialect)
    expect([takes(one), takes(two), takes(''), goesOn('Hi')]).toEqual([true, true, false, false])
    expect(goesOn(`${open + before}addx`)).toBe(false)
    expect(goesOn(open + call('add', '{"x": 10}'))).toBe(false)
    expect(read(one)).toEqual({ content: '', calls: [{ name: 'add', args: '{"x": 3}' }] })
    expect(read(two)).toMatchObject({ content: '', calls: [{ name: 'add_all' }, { name: 'pick' }] })
  })

  test('one call where more are not wanted', () => {
    const forced = walk(plan({ parallel: false }), dialect)
    expect([forced.takes(one), forced.takes(two)]).toEqual([true, false])
    const free = walk(plan({ parallel: false, must: false }), dialect)
    expect([free.takes(one), free.takes(two), free.takes('Hi')]).toEqual([true, false, true])
  })

  test('what may be a call is free text until one begins', () => {
    const { takes, goesOn } = walk(plan({ must: false }), dialect)
    for (const text of ['', 'Hi', 'Hi\n', '{', '{ "', '{"a": 1}', '[1]', '<', '```js\n', one, two])
      expect([text, takes(text)]).toEqual([text, true])
    expect(goesOn(`${open + before}nope`)).toBe(false)
    expect(goesOn(`${open}${before}pick${between}{"color": "green`)).toBe(false)
    expect(takes(`${open + before}add`)).toBe(false)
    if (dialect.trigger) expect([takes(`Well.\n${one}`), goesOn(`Well. ${dialect.trigger}?`)]).toEqual([true, false])
    else expect(goesOn(`Well. ${before}?`)).toBe(true)
  })

  test('every call read out of what is let through is sound', () => {
    const { takes } = walk(plan({ must: false }), dialect)
    const tokens = [...(dialect.starts ?? []), dialect.trigger ?? '', open, before, between, after, separator, close]
    const words = [...tokens, 'add', '{"x": 4}', '{"x": 99}', '"', ' ', '\n', '{', '[', '```', 'Hi', one, two]
    const noise = fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((parts) => parts.join(''))
    const args = fc.constantFrom('{"x": 4}', '{"x": 99}', '{}', '5')
    const opening = fc.constantFrom(open + before, ...(dialect.starts ?? []), ...(dialect.starts ?? []).map(squeezed))
    const reply = fc.tuple(noise, opening, args, noise).map(([a, b, c, d]) => `${a}${b}add${between}${c}${after}${d}`)
    fc.assert(
      fc.property(fc.oneof(reply, noise), (reply) => {
        if (takes(reply)) for (const { name, args } of read(reply).calls) expect(SOUND[name]).toContain(args)
      }),
      { numRuns: 400 },
    )
  })

  test('beside another form: that form or calls', () => {
    const { takes, goesOn } = walk(plan({ must: false }), dialect, { kind: 'choice', choices: ['yes', 'no'] })
    expect([takes('yes'), takes(one), goesOn('maybe')]).toEqual([true, true, false])
  })

  test('after thinking text that the prompt began', () => {
    const thinking = { ...TAGS, inside: true }
    const free = walk(plan({ must: false }), dialect, undefined, thinking)
    expect([`Hm</think>\n\n${one}`, `Hm ${before}</think>Hi`, one].map(free.takes)).toEqual([true, true, false])
    expect(free.goesOn(`Hm</think>\n\n${open}${before}nope`)).toBe(false)
    const forced = walk(plan(), dialect, undefined, thinking)
    expect([`Hm</think>\n\n${one}`, 'Hm</think>Hi', 'Hm'].map(forced.takes)).toEqual([true, false, false])
  })

  test('after thinking text', () => {
    const { takes, goesOn } = walk(plan({ must: false, parallel: false }), dialect, undefined, {
      ...TAGS,
      inside: false,
    })
    expect([takes('<think>Hm</think>\n\nHi'), takes('Hi'), takes(one)]).toEqual([true, true, true])
    expect(takes(`<think>Hm ${open}${before}?</think>${one}`)).toBe(true)
    expect(goesOn(`<think>Hm</think>\n${open}${before}nope`)).toBe(false)
  })
})

test('names that begin alike are walked once: more functions than the engine follows at a time', () => {
  const many = Array.from({ length: 128 }, (_, i) => ({
    name: `function_${i}`,
    schema: object({ [`p${i}`]: { const: i } }),
    param: '',
  }))
  const { takes } = walk(plan({ callable: many }), findDialect('<tool_call>'))
  for (const i of [0, 9, 10, 100, 127]) {
    expect(takes(`<tool_call>\n{"name": "function_${i}", "arguments": {"p${i}": ${i}}}\n</tool_call>`)).toBe(true)
    expect(takes(`<tool_call>\n{"name": "function_${i}", "arguments": {"p${i + 1}": ${i}}}\n</tool_call>`)).toBe(false)
  }
})

test('otherwise is all that does not begin so', () => {
  const words = ['{ "a" : "', '[ {', '``` {', '```json {', '<t>']
  const begins = new RegExp(
    `^\\s*(?:${words.map((word) => word.replace(/[[{]/g, '\\$&').replaceAll(' ', '\\s*')).join('|')})`,
  )
  const others = new RegExp(`^(?:${otherwise(words)})$`)
  const piece = fc.constantFrom('{', '"', 'a', ':', ' ', '\n', '[', '```', 'json', '<', 't', '>', '{"a":"', 'é')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('')
      expect([text, others.test(text)]).toEqual([text, !begins.test(text)])
    }),
    { numRuns: 3000 },
  )
})
