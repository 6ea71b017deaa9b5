// Schemas against ajv on every value of a small world: what is accepted is valid and what is valid is accepted, for single
// assertions and for all their pairs under every connective.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/constraint/index.ts'
import { judge } from './support.ts'

const scalars: unknown[] = [null, true, false, 0, 1, -1, 2, 3, 0.5, 1.5, 12, '', 'a', 'b', 'ab', 'ba', 'bb']
const small: unknown[] = [null, 1, 2, 'a', '']
const values: unknown[] = [
  ...scalars,
  [],
  ...small.map((x) => [x]),
  ...small.flatMap((x) => small.map((y) => [x, y])),
  [1, 1, 1],
  [1, 2, 3],
  ['a', 1, 'a'],
  [[1], [1]],
  [{ a: 1 }, { a: 1 }],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  {},
  ...['a', 'b', 'cc'].flatMap((k) => small.map((x) => ({ [k]: x }))),
  ...small.flatMap((x) => small.map((y) => ({ a: x, b: y }))),
  ...small.flatMap((x) => small.map((y) => ({ b: x, cc: y }))),
  { a: 1, b: 2, cc: 'a' },
  { a: {}, b: [] },
  { a: { a: 1 } },
  { a: { a: { b: 1 } } },
  { a: [1, 'a'] },
]
const texts = values.map((v) => JSON.stringify(v))

const atoms: Record<string, object> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  container: { type: ['object', 'array'] },
  pattern: { pattern: '^a' },
  length: { minLength: 1, maxLength: 1 },
  range: { minimum: 0, exclusiveMaximum: 2 },
  above: { exclusiveMinimum: -1, maximum: 1.5 },
  multiple: { multipleOf: 1.5 },
  enum: { enum: [1, 'a', null, { a: 1 }, [1, 2]] },
  const: { const: { a: 1, b: 2 } },
  items: { items: { type: 'integer' } },
  prefix: { prefixItems: [{ const: 1 }, { type: 'string' }], items: false },
  count: { minItems: 1, maxItems: 2 },
  unique: { uniqueItems: true },
  contains: { contains: { type: 'string' }, maxContains: 1 },
  properties: { properties: { a: { type: 'integer' }, b: { const: 2 } } },
  required: { required: ['a'] },
  closed: { properties: { a: true, b: true }, additionalProperties: false },
  additional: { properties: { a: true }, additionalProperties: { type: 'string' } },
  patterns: { patternProperties: { '^c': { type: 'string' }, a: { type: ['integer', 'object'] } } },
  names: { propertyNames: { maxLength: 1 } },
  members: { minProperties: 1, maxProperties: 2 },
  dependent: { dependentRequired: { b: ['a'] } },
  schemas: { dependentSchemas: { a: { required: ['b'] } } },
  nested: { properties: { a: { properties: { a: { type: 'object' } }, required: ['a'] } } },
}
const names = Object.keys(atoms)

const connect: Record<string, (x: object, y: object) => object> = {
  allOf: (x, y) => ({ allOf: [x, y] }),
  anyOf: (x, y) => ({ anyOf: [x, y] }),
  oneOf: (x, y) => ({ oneOf: [x, y] }),
  without: (x, y) => ({ allOf: [x], not: y }),
  // biome-ignore lint/suspicious/noThenProperty: the keyword
  when: (x, y) => ({ if: x, then: y, else: { type: ['number', 'object', 'array'] } }),
  member: (x, y) => ({ properties: { a: { anyOf: [x, { const: 'a' }] } }, items: { oneOf: [x, y] } }),
  branches: (x, y) => ({ oneOf: [{ properties: { a: x }, required: ['a'] }, { properties: { a: y, b: x } }] }),
}

const ajv = new Ajv2020({ strict: false, logger: false })

function compare(schema: object): void {
  const validate = ajv.compile(schema)
  const c = compile({ kind: 'jsonSchema', schema }, { whitespace: 'compact', allowUnsatisfiable: true })
  values.forEach((v, i) => {
    const want = validate(v)
    if (judge(c, texts[i]!) !== want) {
      expect.fail(`${texts[i]} should be ${want ? 'accepted' : 'rejected'} under ${JSON.stringify(schema)}`)
    }
  })
}

describe('a schema judges as ajv does', () => {
  test.each(names)('%s, and not %s', (name) => {
    compare(atoms[name]!)
    compare({ not: atoms[name] })
  })

  test.each(Object.keys(connect))('all pairs under %s', (how) => {
    names.forEach((x, i) => {
      // Every pair under some connective, all pairs under the plain ones.
      names.forEach((y, j) => {
        if (i === j || ((how === 'allOf' || how === 'anyOf' || how === 'oneOf') && j < i)) return
        if (how !== 'allOf' && how !== 'oneOf' && (i + j) % 3 !== 0) return
        compare(connect[how]!(atoms[x]!, atoms[y]!))
      })
    })
  })
})
