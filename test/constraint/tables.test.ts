// Packed tables, walked by the reference walker, against the engine they were packed from: the same masks bit for bit along
// random walks, and the same verdicts.

import { describe, expect, test } from 'vitest'
import { type ConstraintSpec, compile } from '../../src/constraint/index.ts'
import { json, smallVocabulary as v, withTables } from '../support/constraints.ts'
import { compareTables } from './support.ts'

/** What objects need beyond the specs that kernels are tried with. */
const objects: [string, ConstraintSpec][] = [
  [
    'names that are no letters',
    json({
      type: 'object',
      properties: Object.fromEntries(
        ['é1', 'é2', 'éa', 'a"b', 'a\\c', '\u0007', '漢'].map((n) => [n, { type: 'null' }]),
      ),
      required: ['é1', 'a"b'],
      additionalProperties: false,
    }),
  ],
  [
    'required whatever else, and one of several',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, b: {}, ab: {}, abc: { const: 12 }, n: { type: 'null' } },
      required: ['n', 'b'],
      anyOf: [{ required: ['a'] }, { required: ['ab'] }, { required: ['abc'], not: { required: ['a'] } }],
      additionalProperties: false,
    }),
  ],
  [
    'one of two kinds',
    json({
      type: 'object',
      properties: { a: { enum: ['ab', 'abc'] } },
      required: ['a'],
      oneOf: [
        { properties: { a: { const: 'ab' }, b: { type: 'integer' } }, required: ['b'] },
        { properties: { a: { const: 'abc' }, b: { type: 'null' }, c: { type: 'integer' } }, required: ['c'] },
      ],
    }),
  ],
  [
    'conditions',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'integer' }, c: { type: 'null' } },
      // biome-ignore lint/suspicious/noThenProperty: the keyword
      allOf: [{ if: { properties: { a: { minimum: 12 } }, required: ['a'] }, then: { required: ['b'] } }],
      dependentRequired: { b: ['c'] },
      additionalProperties: false,
    }),
  ],
  [
    'one of two closed kinds',
    json({
      oneOf: [
        {
          type: 'object',
          properties: { a: { enum: ['ab', 'abc'] }, b: {} },
          required: ['a'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { a: { type: 'integer' }, ab: {} },
          required: ['a'],
          additionalProperties: false,
        },
        { type: 'object', properties: { b: { type: 'null' } }, minProperties: 1, additionalProperties: false },
      ],
    }),
  ],
  [
    'a member that breaks a rule',
    json({
      type: 'object',
      properties: { a: { enum: [12, null] }, ab: { enum: [1, true] }, b: { type: ['null', 'integer'], maximum: 2 } },
      additionalProperties: false,
      not: { properties: { a: { type: 'integer' }, ab: { type: 'integer' }, b: { type: 'integer' } } },
    }),
  ],
  ['some member', json({ type: 'object', minProperties: 1, required: ['a'], additionalProperties: { type: 'null' } })],
  [
    'members counted where all are declared',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'null' }, ab: {} },
      required: ['b'],
      additionalProperties: false,
      minProperties: 2,
      maxProperties: 2,
    }),
  ],
]

describe('packed tables', () => {
  test.each([...withTables, ...objects])('%s', (_, spec) => {
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
    expect(compile({ kind: 'jsonObject' }).tables({ states: 10 })).toContain('more than 10 states')
  })
})
