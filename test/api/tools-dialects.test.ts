// Replies in every dialect, taken apart into text and calls: whole, cut short, not as they should be, and however they are cut
// into pieces.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/api/dialects/dialect.ts'
import { findDialect } from '../../src/api/dialects/find.ts'
import { CallReader } from '../../src/api/tools/call-reader.ts'

const TEMPLATES = {
  hermes: '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
  smollm: 'You are SmolLM',
  llama: '"parameters": dictionary of argument name and its value',
  'mistral, listed': '[TOOL_CALLS][',
  'mistral, marked': "[TOOL_CALLS]' + name + '[ARGS]",
  granite: '<|start_of_role|> respond only with <|tool_call|> followed by a JSON list',
  phi: '<|tool|>',
  'phi, functools': 'formatted as functools[{"name": …',
  'deepseek, fenced': '<｜tool▁call▁begin｜>```json',
  'deepseek, bare': '<｜tool▁call▁begin｜>',
  generic: '{{ messages }}',
}
type Name = keyof typeof TEMPLATES

/** A reply, its text, its calls as name and arguments. */
type Row = readonly [reply: string, content: string, ...calls: (readonly [name: string, args: string])[]]

const f: readonly [string, string] = ['f', '{"x": 1}']
const g: readonly [string, string] = ['g', '{"s": "a } \\" ] b", "o": {"l": [1, {}]}}']
const jsonOf = ([name, args]: readonly [string, string], key = 'arguments') => `{"name": "${name}", "${key}": ${args}}`
const tagged = (call: readonly [string, string]) => `<tool_call>\n${jsonOf(call)}\n</tool_call>`
const fenced = ([name, args]: readonly [string, string]) =>
  `<｜tool▁call▁begin｜>function<｜tool▁sep｜>${name}\n\`\`\`json\n${args}\n\`\`\`<｜tool▁call▁end｜>`
const bare = ([name, args]: readonly [string, string]) =>
  `<｜tool▁call▁begin｜>${name}<｜tool▁sep｜>${args}<｜tool▁call▁end｜>`

const HERMES: Row[] = [
  [tagged(f), '', f],
  [`${tagged(f)}\n${tagged(g)}\n`, '', f, g],
  [`Let me see. \n\n${tagged(g)}`, 'Let me see.', g],
  [`${tagged(f)} Done.`, ' Done.', f],
  ['<tool_call>{"arguments":{"x": 1},"name":"f"}</tool_call>', '', f],
  ['<tool_call>{"type":"function","function":{"name":"f","parameters":{"x": 1}}}</tool_call>', '', f],
  ['<tool_call>{"function": "f", "arguments": {"x": 1}, "id": "1"}</tool_call>', '', f],
  ['<tool_call>{"name": "f", "arguments": "{\\"x\\": 1}"}</tool_call>', '', f],
  ['<tool_call>{"name": "f", "arguments": null}</tool_call>', '', ['f', '{}']],
  ['<tool_call>{"name": "f"}</tool_call>', '', ['f', '{}']],
  [`<tool_call>[${jsonOf(f)}, ${jsonOf(g)}]</tool_call>`, '', f, g],
  [`<tool_call>${jsonOf(f)}\n<tool_call>${jsonOf(g)}`, '', f, g],
  // cut short
  ['<tool', '<tool'],
  ['So: \n<tool_call>\n{"na', 'So: \n<tool_call>\n{"na'],
  ['<tool_call>\n{"name": "f"', '<tool_call>\n{"name": "f"'],
  ['<tool_call>\n{"name": "f", "arguments": ', '<tool_call>\n{"name": "f", "arguments": '],
  ['<tool_call>\n{"name": "f", "arguments": {"x": "a', '', ['f', '{"x": "a']],
  ['<tool_call>\n{"name": "f", "arguments": {"x": 1}', '', f],
  [`${tagged(f)}\n<tool_call>{"name`, '\n<tool_call>{"name', f],
  // not as it should be
  ['Tags like <tool_call> open a call.', 'Tags like <tool_call> open a call.'],
  [`<tool_call> <tool_call>${jsonOf(f)}</tool_call>`, '<tool_call>', f],
  ['<tool_call>{"name": "h", "arguments": {}}</tool_call>', '<tool_call>{"name": "h", "arguments": {}}</tool_call>'],
  ['<tool_call>{"name": "f", "arguments": {"x": 1,,}}</tool_call>', '', ['f', '{"x": 1,,}']],
  ['<tool_call>{"name": "f" "arguments": {"x": 1}', '', f],
  ['<tool_call>{"name": 5}</tool_call>', '<tool_call>{"name": 5}</tool_call>'],
  ['<tool_call>{"x": 1}</tool_call>', '<tool_call>{"x": 1}</tool_call>'],
  [`<tool_call>${jsonOf(f)}}</tool_call>`, '}</tool_call>', f],
  // no calls
  ['', ''],
  ['  Hi < there \n', '  Hi < there \n'],
]

const LISTED = (open: string, close: string): Row[] => [
  [`${open}[${jsonOf(f)}]${close}`, '', f],
  [`${open}[${jsonOf(f)}, ${jsonOf(g)}]${close}`, '', f, g],
  [`I will.\n${open} [ ${jsonOf(g)} ] ${close}`, 'I will.', g],
  [`${open}[{"name": "f", "arguments": {"x": 1}, "id": "abcdefghi"}]${close}`, '', f],
  [`${open}[${jsonOf(f)}, {"name": "g", "argu`, '{"name": "g", "argu', f],
  [`${open}[${jsonOf(f)}, {"name": "g", "arguments": {"s`, '', f, ['g', '{"s']],
  [`${open}[`, `${open}[`],
  [`${open} me`, `${open} me`],
]

const ROWS: Record<Name, readonly Row[]> = {
  hermes: HERMES,
  smollm: HERMES,
  llama: [
    [jsonOf(f, 'parameters'), '', f],
    [`\n\n${jsonOf(g, 'parameters')}`, '', g],
    [`${jsonOf(f, 'parameters')}; ${jsonOf(g, 'parameters')}`, '', f, g],
    [`<|python_tag|>${jsonOf(f, 'parameters')}`, '', f],
    [`<|python_tag|>${jsonOf(f)};${jsonOf(g)}`, '', f, g],
    [`Wait.\n<|python_tag|>${jsonOf(f)}`, `Wait.\n<|python_tag|>${jsonOf(f)}`],
    ['{"name":"f",\n "parameters":{"x": 1}}', '', f],
    ['<|python_tag|>print(1)', '<|python_tag|>print(1)'],
    ['{"type": "function", "name": "f", "parameters": {"x": 1}}', '', f],
    ['{"name": "Ann", "age": 3}', '{"name": "Ann", "age": 3}'],
    ['{"age": 3}', '{"age": 3}'],
    ['{"name": "f", "param', '{"name": "f", "param'],
    ['{"name": "f", "parameters": {"x', '', ['f', '{"x']],
    [`So: ${jsonOf(f, 'parameters')}`, `So: ${jsonOf(f, 'parameters')}`],
    [' Hi', ' Hi'],
  ],
  'mistral, listed': LISTED('[TOOL_CALLS]', ''),
  'mistral, marked': [
    ...LISTED('[TOOL_CALLS]', ''),
    [`[TOOL_CALLS]f[ARGS]${f[1]}`, '', f],
    [`Hm.[TOOL_CALLS]f[ARGS]${f[1]}[TOOL_CALLS]g[ARGS]${g[1]}`, 'Hm.', f, g],
    [`[TOOL_CALLS]f[CALL_ID]abcdefghi[ARGS]${f[1]}`, '', f],
    [`[TOOL_CALLS]f${f[1]}`, '', f],
    ['[TOOL_CALLS]f[AR', '[TOOL_CALLS]f[AR'],
    ['[TOOL_CALLS]f[ARGS]{"x"', '', ['f', '{"x"']],
    ['[TOOL_CALLS]h[ARGS]{}', '[TOOL_CALLS]h[ARGS]{}'],
    ['[TOOL', '[TOOL'],
  ],
  granite: LISTED('<|tool_call|>', ''),
  phi: [
    ...LISTED('<|tool_call|>', '<|/tool_call|>'),
    [`<|tool_call|>[{"type": "function", "function": ${jsonOf(f)}}]<|/tool_call|>`, '', f],
  ],
  'phi, functools': [
    [`Well, functools[${jsonOf(f)}, ${jsonOf(g)}]`, 'Well,', f, g],
    ['functools[', 'functools['],
    ['functools is a module', 'functools is a module'],
  ],
  'deepseek, fenced': [
    [`<｜tool▁calls▁begin｜>${fenced(f)}<｜tool▁calls▁end｜>`, '', f],
    [`<｜tool▁calls▁begin｜>${fenced(f)}\n${fenced(g)}<｜tool▁calls▁end｜>`, '', f, g],
    [`Yes.\n\n<｜tool▁calls▁begin｜>${fenced(g)}`, 'Yes.', g],
    ['<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{"x', '', ['f', '{"x']],
    [
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n',
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n',
    ],
    [`<｜tool▁calls▁begin｜>${fenced(['h', '{}'])}`, `<｜tool▁calls▁begin｜>${fenced(['h', '{}'])}`],
    ['<｜tool▁calls▁begin｜>none', '<｜tool▁calls▁begin｜>none'],
  ],
  'deepseek, bare': [
    [`<｜tool▁calls▁begin｜>${bare(f)}<｜tool▁calls▁end｜>`, '', f],
    [`<｜tool▁calls▁begin｜>${bare(f)}${bare(g)}<｜tool▁calls▁end｜>`, '', f, g],
    [`<｜tool▁calls▁begin｜>${bare(f)}<｜tool▁call▁begin｜>`, '<｜tool▁call▁begin｜>', f],
    ['<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{', '', ['f', '{']],
  ],
  generic: [
    [jsonOf(f), '', f],
    [jsonOf(f, 'args'), '', f],
    [`\n${jsonOf(f)}\n${jsonOf(g)}\n`, '', f, g],
    [`[${jsonOf(f)}, ${jsonOf(g)}]`, '', f, g],
    [`\`\`\`json\n${jsonOf(f)}\n\`\`\`\n`, '', f],
    [`\`\`\`\n${jsonOf(f)}\n\`\`\` That is all.`, ' That is all.', f],
    ['```js\n1\n```', '```js\n1\n```'],
    ['[1] says so', '[1] says so'],
    ['{"name": "f", "arguments": {"x": ', '', ['f', '{"x": ']],
    ['Well {"name": "f", "arguments": {}}', 'Well {"name": "f", "arguments": {}}'],
    [`${jsonOf(f)}\n{"name": "h"}`, '\n{"name": "h"}', f],
  ],
}

function read(dialect: Dialect, pieces: readonly string[], parallel = true) {
  const reader = new CallReader({ dialect, names: new Set(['f', 'g']), parallel })
  const calls: { name: string; id: string; args: string }[] = []
  let content = ''
  for (const parts of [...pieces.map((piece) => reader.push(piece)), reader.end()]) {
    content += parts.content
    for (const { index, begins, arguments: args } of parts.calls) {
      if (begins) calls.push({ ...begins, args: '' })
      expect(index).toBe(calls.length - 1)
      calls.at(-1)!.args += args
    }
  }
  return { content, calls: calls.map(({ name, args }) => [name, args]), ids: calls.map(({ id }) => id) }
}

describe.each(Object.entries(ROWS) as [Name, readonly Row[]][])('%s', (name, rows) => {
  const dialect = findDialect(TEMPLATES[name])

  test('is found by its template', () => expect(name).toContain(dialect.name))

  test.each(rows.map((row) => [row] as const))('%j', ([reply, content, ...calls]) => {
    const whole = read(dialect, [reply])
    expect(whole).toMatchObject({ content, calls })
    expect(new Set(whole.ids).size).toBe(calls.length)
    expect(read(dialect, [...reply])).toMatchObject({ content, calls })
  })

  test('does not depend on how the reply is cut', () => {
    const mixed = fc.oneof(
      fc.constantFrom(...rows.map(([reply]) => reply)),
      fc
        .array(fc.constantFrom(...rows.flatMap(([reply]) => reply.split(/(?<=[>\]{}",:])/))))
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(mixed, fc.array(fc.nat({ max: 12 }), { maxLength: 20 }), (reply, lengths) => {
        const pieces: string[] = []
        let rest = reply
        for (const length of lengths) {
          pieces.push(rest.slice(0, length))
          rest = rest.slice(length)
        }
        const { content, calls } = read(dialect, [reply])
        expect(read(dialect, [...pieces, rest])).toMatchObject({ content, calls })
        expect(read(dialect, [...reply])).toMatchObject({ content, calls })
      }),
      { numRuns: 300 },
    )
  })

  test('gives one call where more are not wanted', () => {
    for (const [reply, content, first] of rows)
      expect(read(dialect, [...reply], false)).toMatchObject({ content, calls: first ? [first] : [] })
  })
})

test('arguments come as they are read', () => {
  const reader = new CallReader({ dialect: findDialect(TEMPLATES.hermes), names: new Set(['f']), parallel: true })
  expect(reader.push('<tool_call>{"name":"f","arguments":{"x"').calls).toEqual([
    { index: 0, begins: { id: expect.stringMatching(/^call_\w{29}$/), name: 'f' }, arguments: '{"x"' },
  ])
  expect(reader.push(':"a b').calls).toEqual([{ index: 0, arguments: ':"a b' }])
})

test('ids are those that the template takes', () => {
  expect(read(findDialect(TEMPLATES['mistral, marked']), ['[TOOL_CALLS]f[ARGS]{}']).ids[0]).toMatch(/^[a-zA-Z0-9]{9}$/)
})
