// Structural tags as packed tables against the engine that walks them as threads, bit for bit, over random bytes and tokens.

import { describe, expect, test } from 'vitest'
import { type ConstraintSpec, compile, type TagPart } from '../../src/constraint/index.ts'
import { byteVocabulary, compareTables } from './support.ts'

const v = byteVocabulary([
  '<fn',
  '<fn=',
  '=a>{',
  '</fn>',
  '</',
  '<tool_call>',
  '<tool_call>\n{"name": "',
  'sum", "arguments": ',
  'look", "arguments": {',
  '}\n</tool_call>',
  '</tool_call>',
  '[TOOL',
  '_CALLS]',
  '[{"name":"',
  '{"',
  '":',
  '"a":',
  '": [',
  '"}',
  '}}',
  ']}',
  '],',
  'true',
  '12',
  '-',
  ' {',
  '"x',
  'é',
  '\n',
])

const schema = (s: object): TagPart<ConstraintSpec> => ({ k: 'content', content: { kind: 'jsonSchema', schema: s } })
const object = (properties: object, required: string[] = []): TagPart<ConstraintSpec> =>
  schema({ type: 'object', properties, required, additionalProperties: false })
const sum = object({ a: { type: 'integer' }, b: { type: 'number' }, deep: { type: 'array' } }, ['a'])
const look = object({ x: { type: 'array', items: { enum: ['x', 'y'] } }, y: { type: 'string', maxLength: 3 } })
const call = (name: string, content: TagPart<ConstraintSpec>) => ({
  begin: `<tool_call>\n{"name": "${name}", "arguments": `,
  content,
  end: '}\n</tool_call>',
})
const fn = (name: string, content: TagPart<ConstraintSpec>) => ({ begin: `<fn=${name}>`, content, end: '</fn>' })
const literal = (text: string): TagPart<ConstraintSpec> => ({ k: 'literal', text })

const parts: [string, TagPart<ConstraintSpec>][] = [
  [
    'tool calls in free text',
    { k: 'triggered', triggers: ['<tool_call>'], tags: [call('sum', sum), call('look', look)] },
  ],
  [
    'a call that must come, and no other',
    { k: 'triggered', triggers: ['<fn='], tags: [fn('a', sum), fn('b', look)], atLeastOne: true, stopAfterFirst: true },
  ],
  [
    'triggers that begin alike',
    { k: 'triggered', triggers: ['<f', '<tool_'], tags: [fn('a', sum), fn('ab', look), call('sum', sum)] },
  ],
  [
    'calls one after another',
    { k: 'separated', tags: [fn('a', sum), fn('bc', schema({}))], separator: ',\n', atLeastOne: true },
  ],
  [
    'a list of calls after a mark',
    {
      k: 'sequence',
      parts: [
        { k: 'triggered', triggers: ['[TOOL_CALLS]'], tags: [{ begin: '[TOOL_CALLS]', content: sum, end: ';' }] },
      ],
    },
  ],
  [
    'scalars between literals',
    {
      k: 'sequence',
      parts: [
        schema({ type: ['integer', 'string', 'null', 'array'], maxLength: 2 }),
        literal('-'),
        schema({ type: 'number' }),
        literal('<fn'),
        { k: 'content', content: { kind: 'regex', regex: '[ab]{1,3}|<' } },
        schema({ type: 'boolean' }),
        { k: 'free' },
      ],
    },
  ],
  [
    'content that may end early',
    {
      k: 'sequence',
      parts: [
        { k: 'content', content: { kind: 'regex', regex: '(?:ab)*' } },
        { k: 'content', content: { kind: 'grammar', grammar: 'root ::= "a" [b-d]+' } },
        { k: 'choice', parts: [literal('x'), literal('{"a'), schema({ type: ['array', 'boolean'], maxItems: 2 })] },
      ],
    },
  ],
  [
    'tags inside tags',
    {
      k: 'tag',
      begin: '<tool_call>',
      content: { k: 'triggered', triggers: ['<fn='], tags: [fn('a', look)] },
      end: '</tool_call>',
    },
  ],
  ['free text', { k: 'free' }],
  [
    'calls after reasoning',
    {
      k: 'triggered',
      triggers: ['</'],
      tags: [
        {
          begin: '</fn>',
          content: {
            k: 'content',
            content: { kind: 'structuralTag', part: { k: 'triggered', triggers: ['<fn='], tags: [fn('a', look)] } },
          },
          end: '',
        },
      ],
      atLeastOne: true,
      stopAfterFirst: true,
    },
  ],
]

describe('structural tags as tables', () => {
  test.each(parts)('%s', (_, part) => {
    const spec: ConstraintSpec = { kind: 'structuralTag', part }
    expect(compareTables(spec, v, { seed: 11, walks: 40, steps: 115 })).toBe(4600 * v.size)
  })

  test('what they can not hold is said', () => {
    const why = (part: TagPart<ConstraintSpec>): string => String(compile({ kind: 'structuralTag', part }).tables())
    expect(why({ k: 'choice', parts: [sum, look] })).toContain('two ways')
    expect(why({ k: 'choice', parts: [sum, literal('{{')] })).toContain('two ways')
    expect(why({ k: 'choice', parts: [sum, schema({ type: 'array' })] })).toContain('two ways')
    expect(why({ k: 'content', content: { kind: 'grammar', grammar: 'root ::= "a" root?' } })).toContain('grammar')
  })
})
