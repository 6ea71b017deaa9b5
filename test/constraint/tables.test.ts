// Packed tables, walked by the reference walker, against the engine they were packed from: the same masks bit for bit along
// random walks, and the same verdicts.

import { describe, expect, test } from 'vitest'
import { type ConstraintSpec, compile } from '../../src/constraint/index.ts'
import { byteVocabulary, compareTables } from './support.ts'

const more = [
  '{"',
  '":',
  '",',
  '"a',
  '"b":',
  '}}',
  '"}',
  '"]',
  '],',
  '1,',
  '12',
  '.5',
  'true',
  'null',
  'ab',
  'abc',
  'é',
  '\\n',
  ': ',
  ',\n',
  '{"a":1}',
]
const v = byteVocabulary(more)

const json = (schema: unknown): ConstraintSpec => ({ kind: 'jsonSchema', schema: schema as object })
const node = {
  type: 'object',
  properties: { v: { type: 'integer' }, c: { type: 'array', items: { $ref: '#/$defs/n' } } },
  required: ['v'],
  additionalProperties: false,
}

const specs: [string, ConstraintSpec][] = [
  ['a regex', { kind: 'regex', regex: '(?:ab|c)*[0-9]{2,3}é?' }],
  ['a choice', { kind: 'choice', choices: ['abc', 'ab', 'é', '12'] }],
  ['a grammar without recursion', { kind: 'grammar', grammar: 'root ::= ("a" x)+\nx ::= [0-9]{1,2} | "\\n"' }],
  ['any object', { kind: 'jsonObject' }],
  [
    'required and optional members',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, ab: { type: 'string' }, b: { enum: ['ab', 'abc', null] } },
      required: ['a', 'b'],
      additionalProperties: false,
    }),
  ],
  ['open members', json({ type: 'object', properties: { a: { type: 'integer' }, b: { const: 1 } }, required: ['a'] })],
  [
    'patterns of names',
    json({
      type: 'object',
      patternProperties: { '^a': { type: 'integer' }, b$: { type: ['integer', 'string'] } },
      additionalProperties: { type: 'null' },
    }),
  ],
  [
    'bounded members',
    json({ type: 'object', properties: { a: { type: 'integer' }, b: { type: 'null' } }, maxProperties: 1 }),
  ],
  [
    'one of two members',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'null' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
      additionalProperties: false,
    }),
  ],
  ['recursion', json({ $defs: { n: node }, $ref: '#/$defs/n' })],
  [
    'tuples and counts',
    json({
      type: 'array',
      prefixItems: [{ type: 'integer' }, { type: 'string', maxLength: 3 }],
      items: { type: 'boolean' },
      minItems: 1,
      maxItems: 4,
    }),
  ],
  [
    'numbers',
    json({
      type: 'array',
      items: {
        anyOf: [
          { type: 'integer', minimum: -5, maximum: 120 },
          { type: 'number', multipleOf: 0.5 },
        ],
      },
    }),
  ],
  ['a number alone', json({ type: 'number', minimum: 0, maximum: 12 })],
  [
    'formats',
    json({
      type: 'object',
      properties: { a: { format: 'date', type: 'string' }, b: { format: 'ipv4', type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }),
  ],
  [
    'forty names',
    json({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`n${i}`, { type: 'integer' }])),
      required: ['n3', 'n37'],
      additionalProperties: false,
    }),
  ],
]

describe('packed tables', () => {
  test.each(specs)('%s', (_, spec) => {
    expect(compareTables(spec, v, { seed: 3, walks: 12, steps: 60 })).toBe(12 * 60 * v.size)
  })

  test('what they can not hold is said', () => {
    for (const spec of [
      json({ type: 'array', uniqueItems: true }),
      json({ type: 'object', minProperties: 2 }),
      { kind: 'grammar', grammar: 'root ::= "a" root?' } as const,
    ]) {
      expect(typeof compile(spec).tables()).toBe('string')
    }
    expect(compile({ kind: 'jsonObject' }).tables(10)).toContain('too many states')
  })
})
