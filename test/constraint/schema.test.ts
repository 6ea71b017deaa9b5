// JSON Schema constraints in particulars: spelling, white space, references, refusals with their pointers, and whole languages
// of finite schemas walked byte by byte without a dead end.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { type CompiledConstraint, ConstraintError, compile, type State } from '../../src/constraint/index.ts'
import { judge, maskOf, reach, vocabularyOf } from './support.ts'

const schema = (
  s: string | object | boolean,
  whitespace: 'any' | 'compact' | 'default' = 'compact',
): CompiledConstraint => compile({ kind: 'jsonSchema', schema: s }, { whitespace, escapes: 'any' })

describe('spelling', () => {
  test.each([
    ['{"type":"string"}', '"\\u00e9\\ud83d\\ude00"', true],
    ['{"type":"string"}', '"\\ud83d"', false],
    ['{"type":"string"}', '"\\udE00\\ud83d"', false],
    ['{"type":"string"}', '"a\tb"', false],
    ['{"maxLength":1}', '"\\ud83d\\ude00"', true],
    ['{"maxLength":1}', '"😀"', true],
    ['{"maxLength":1}', '"ab"', false],
    ['{"const":"a"}', '"\\u0061"', true],
    ['{"pattern":"^[α-ω]$"}', '"\\u03b1"', true],
    ['{"pattern":"^[α-ω]$"}', '"\\u0061"', false],
    ['{"properties":{"a":{"type":"integer"}}}', '{"\\u0061":"x"}', false],
    ['{"const":1}', '1.0', true],
    ['{"const":100}', '1e2', true],
    ['{"const":100}', '1e3', false],
    ['{"minimum":0.1}', '0.09999999999', false],
    ['{"minimum":0.1}', '0.10', true],
    ['{"exclusiveMinimum":-0.5,"exclusiveMaximum":0}', '-0.0', false],
    ['{"exclusiveMinimum":-0.5,"exclusiveMaximum":0}', '-0.25', true],
    ['{"exclusiveMinimum":-0.5,"exclusiveMaximum":0}', '-0.5', false],
    ['{"multipleOf":0.01}', '1.10', true],
    ['{"multipleOf":0.01}', '1.101', false],
    ['{"multipleOf":7,"minimum":-30,"maximum":-20}', '-28', true],
    ['{"multipleOf":7,"minimum":-30,"maximum":-20}', '-27', false],
    ['{"type":"integer"}', '1.50', false],
    ['{"type":"number"}', '01', false],
    ['{"type":"number"}', '-', false],
    ['{"type":"number"}', '1e999', false],
  ])('%s on %s is %s', (s, text, want) => {
    expect(judge(schema(s), text)).toBe(want)
  })
})

test('plain escapes: one way to spell a character', () => {
  const c = compile({ kind: 'jsonSchema', schema: { type: 'string' } })
  for (const t of ['"\\u001f"', '"\\n\\"\\\\"', '"é/"']) expect(judge(c, t), t).toBe(true)
  for (const t of ['"\\u0041"', '"\\u00e9"', '"\\/"', '"\\ud83d']) expect(judge(c, t), t).toBe(false)
  const letter = compile({ kind: 'jsonSchema', schema: { enum: ['a'] } })
  expect(reach(letter, '"\\')).toBeNull()
  const bell = compile({ kind: 'jsonSchema', schema: { const: '\u0007' } })
  expect(judge(bell, '"\\u0007"')).toBe(true)
})

describe('white space', () => {
  const s = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false }
  test('none, one space or a newline and indent by default', () => {
    const c = schema(s, 'default')
    for (const t of ['{"a":1}', '{ "a": 1 }', '{\n  "a": 1\n}']) expect(judge(c, t)).toBe(true)
    for (const t of ['{  "a":1}', '{\n\n"a":1}', ' {"a":1}', '{"a":1} ']) expect(judge(c, t)).toBe(false)
  })
  test("any, compact, or a pattern of one's own", () => {
    expect(judge(schema(s, 'any'), ' {\r\n\t"a" :\n\n1 } ')).toBe(true)
    expect(judge(schema(s, 'compact'), '{"a": 1}')).toBe(false)
    const own = compile({ kind: 'jsonSchema', schema: s }, { whitespace: { pattern: ' ?' } })
    expect(judge(own, '{ "a" : 1 }')).toBe(true)
    expect(judge(own, '{\n"a":1}')).toBe(false)
  })
})

describe('members', () => {
  test('in any order, never twice, nothing required forgotten', () => {
    const c = schema({
      properties: { a: { const: 1 }, b: { const: 2 } },
      required: ['a', 'b'],
      additionalProperties: false,
      type: 'object',
    })
    expect(judge(c, '{"b":2,"a":1}')).toBe(true)
    expect(reach(c, '{"a":1,"a')).toBeNull()
    expect(reach(c, '{"a":1}')).toBeNull()
    expect(reach(c, '{"a":1,"b":2,')).toBeNull()
  })
  test('a name that leads only to used names is closed at once', () => {
    const c = schema({ properties: { ab: true, ac: true, x: true }, additionalProperties: false, type: 'object' })
    expect(reach(c, '{"ab":1,"ac":1,"a')).toBeNull()
    expect(reach(c, '{"ab":1,"a')).not.toBeNull()
    expect(reach(c, '{"ab":1,"ac":1,"x":1,')).toBeNull()
  })
  test('a member that can have no value is not begun', () => {
    const c = schema({
      type: 'object',
      properties: { no: false, deep: { properties: { no: false }, required: ['no'], type: 'object' } },
      additionalProperties: false,
    })
    expect(reach(c, '{"')).toBeNull()
    expect(judge(c, '{}')).toBe(true)
  })
  test('free names are counted once each', () => {
    const c = schema({ type: 'object', minProperties: 2 })
    expect(judge(c, '{"z":1,"y":1}')).toBe(true)
    expect(reach(c, '{"z":1,"z"')).toBeNull()
    expect(reach(c, '{"z":1,"\\u007a"')).toBeNull()
  })
  test('a name said twice neither counts nor hides', () => {
    const two = schema({ type: 'object', not: { maxProperties: 1 } })
    expect(judge(two, '{"z":1,"y":1}')).toBe(true)
    expect(judge(two, '{"z":1,"z":1}')).toBe(false)
    const odd = schema({ type: 'object', not: { additionalProperties: { type: 'string' } } })
    expect(judge(odd, '{"z":1}')).toBe(true)
    expect(judge(odd, '{"z":1,"z":"q"}')).toBe(false)
    const one = schema({ type: 'object', oneOf: [{ maxProperties: 1 }, { additionalProperties: { type: 'integer' } }] })
    expect(judge(one, '{"z":1,"z":2}')).toBe(false)
    expect(judge(one, '{"z":1,"y":2}')).toBe(true)
  })
  test('names that nothing can spell leave the empty object', () => {
    const c = schema({ type: 'object', propertyNames: { minLength: 3, pattern: '^a?$' } })
    expect(judge(c, '{}')).toBe(true)
    expect(reach(c, '{"')).toBeNull()
    const one = schema({
      oneOf: [{ type: 'object', propertyNames: { minLength: 3, pattern: '^a?$' } }, { required: ['c'] }],
    })
    expect(judge(one, '{"c":1}')).toBe(true)
    expect(judge(one, '{"y":1}')).toBe(false)
  })
  test('integer-like names keep their order in the text', () => {
    const c = schema('{"type":"object","properties":{"b":{},"2":{},"1":{}},"required":["2"]}')
    expect(judge(c, '{"2":0,"1":0,"b":0}')).toBe(true)
  })
})

describe('items', () => {
  test('unique items know equality of values, not of spellings', () => {
    const c = schema({ type: 'array', uniqueItems: true })
    expect(judge(c, '[1,"1",{"a":1,"b":[2]}]')).toBe(true)
    for (const t of ['[1,1.0]', '["a","\\u0061"]', '[{"a":1,"b":2},{"b":2,"a":1}]', '[[1],[1]]'])
      expect(judge(c, t)).toBe(false)
  })
  test('unique items far out', () => {
    const c = schema({ type: 'array', uniqueItems: true })
    expect(judge(c, '[1e99,1E9,1e-9]')).toBe(true)
    expect(judge(c, `[1e99,1${'0'.repeat(99)}]`)).toBe(false)
    expect(judge(c, '[1e9,1000000000]')).toBe(false)
  })
  test('unique items from a few values run out without a dead end', () => {
    const c = schema({ type: 'array', items: { enum: ['a', 'b'] }, uniqueItems: true })
    expect(reach(c, '["a","b",')).toBeNull()
    expect(judge(c, '["b","a"]')).toBe(true)
    expect(() => schema({ type: 'array', items: { enum: ['a', 'b'] }, uniqueItems: true, minItems: 3 })).toThrow(
      ConstraintError,
    )
  })
})

describe('references', () => {
  test('recursive ones are finite', () => {
    const tree = {
      $defs: { t: { type: 'object', properties: { l: { $ref: '#/$defs/t' } }, additionalProperties: false } },
      $ref: '#/$defs/t',
    }
    expect(judge(schema(tree), '{"l":{"l":{}}}')).toBe(true)
    const endless = {
      $defs: { t: { type: 'object', properties: { l: { $ref: '#/$defs/t' } }, required: ['l'] } },
      $ref: '#/$defs/t',
    }
    expect(() => schema(endless)).toThrow(ConstraintError)
    expect(() => schema({ $ref: '#' })).toThrow(ConstraintError)
    expect(() => schema({ allOf: [{ $ref: '#' }] })).toThrow(ConstraintError)
  })
})

describe('refusals name the place', () => {
  test.each([
    [{ properties: { a: { pattern: '(x)\\1' } } }, '/properties/a/pattern'],
    [{ items: { $ref: 'https://example.com/other' } }, '/items'],
    [{ properties: { 'a/b': { type: 'text' } } }, '/properties/a~1b/type'],
    [{ properties: { a: { multipleOf: 0 } } }, '/properties/a/multipleOf'],
    [{ anyOf: [{ minLength: -1 }] }, '/anyOf/0/minLength'],
    [{ $defs: { a: 3 }, $ref: '#/$defs/a' }, '/$defs/a'],
  ])('%j', (s, pointer) => {
    expect(() => schema(s)).toThrow(expect.objectContaining({ code: 'invalid_json_schema', pointer }))
  })
  test('text that is no JSON', () => {
    expect(() => schema('{"type":')).toThrow(ConstraintError)
    expect(() => schema(false)).toThrow(ConstraintError)
  })
})

/** Every text of a finite language, given that no string may be spelled with escapes. */
function language(c: CompiledConstraint, most: number): string[] {
  const out: string[] = []
  const visit = (s: State, text: number[]): void => {
    if (out.length > most) return
    let alive = c.isAccepting(s)
    if (alive) out.push(new TextDecoder().decode(Uint8Array.from(text)))
    for (let b = 0; b < 256; b++) {
      const to = c.advanceByte(s, b)
      if (!to) continue
      alive = true
      const inString = text.filter((x) => x === 0x22).length % 2 === 1
      const afterDigit = text.length > 0 && text[text.length - 1]! >= 0x30 && text[text.length - 1]! <= 0x39
      // One spelling a value: no escapes, no fractions, no exponents.
      if (b === 0x5c || (!inString && afterDigit && (b === 0x2e || b === 0x65 || b === 0x45))) continue
      visit(to, [...text, b])
    }
    if (!alive) throw new Error(`dead end after ${new TextDecoder().decode(Uint8Array.from(text))}`)
  }
  visit(c.start()!, [])
  return out
}

describe('finite schemas, their whole language', () => {
  const word = { enum: ['a', 'ab', 'b'] }
  test.each([
    [{ enum: ['a', 1, null, { k: [1, 'x'] }] }, 4],
    [
      { type: 'object', properties: { a: word, b: { type: 'boolean' } }, required: ['a'], additionalProperties: false },
      3 + 3 * 2 * 2,
    ],
    [{ type: 'array', items: word, minItems: 1, maxItems: 2, uniqueItems: true }, 3 + 6],
    [{ type: 'array', items: word, maxItems: 2 }, 1 + 3 + 9],
    [{ type: 'integer', minimum: -3, maximum: 12 }, 17],
    [{ type: 'integer', multipleOf: 5, exclusiveMinimum: 0, exclusiveMaximum: 26 }, 5],
    [{ type: 'string', pattern: '^[ab]{1,2}$', not: { const: 'ab' } }, 5],
    [{ oneOf: [{ enum: ['a', 'b'] }, { enum: ['b', 'c'] }] }, 2],
    [
      {
        type: 'object',
        propertyNames: { enum: ['x', 'y', 'z'] },
        additionalProperties: { const: 1 },
        minProperties: 2,
        maxProperties: 2,
      },
      6,
    ],
    [
      {
        type: 'object',
        patternProperties: { '^[xy]$': { const: 1 } },
        additionalProperties: false,
        minProperties: 2,
        maxProperties: 2,
      },
      2,
    ],
    [
      { type: 'array', prefixItems: [word], items: { const: 0 }, maxItems: 3, contains: { const: 0 }, maxContains: 1 },
      6,
    ],
  ])('%j', (s, count) => {
    const texts = language(schema(s), 500)
    const validate = new Ajv2020({ strict: false }).compile(s)
    for (const t of texts) expect(validate(JSON.parse(t)), t).toBe(true)
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts.length).toBe(count)
  })
})

describe('masks', () => {
  const v = vocabularyOf([
    '{',
    '}',
    '"',
    '":',
    '",',
    '"a',
    '"a"',
    '{"a":',
    '1',
    '12',
    ':',
    ',"b":"',
    'a',
    'é',
    ' ',
    '\n',
    '1}',
    '}}',
    '"}',
    '\\',
    'x"}',
  ])
  test.each([
    [
      {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'string' } },
        required: ['a'],
        additionalProperties: false,
      },
      ['', '{', '{"a":', '{"a":1', '{"a":1,"b":"', '{"a":1,"b":"é'],
    ],
    [{ type: 'object' }, ['', '{', '{"', '{"a":{', '{"a":"']],
    [{ type: 'array', uniqueItems: true }, ['', '[', '[1,', '["a","']],
  ])('are what tokens walk, for %j', (s, texts) => {
    const c = schema(s, 'default')
    for (const t of texts) {
      const state = reach(c, t)!
      const mask = maskOf(c, state, v)
      for (let id = 0; id < v.size - 1; id++)
        expect(mask.has(id), `${JSON.stringify(t)} + token ${id}`).toBe(c.advanceToken(state, id, v) !== null)
      expect(mask.has(v.size - 1)).toBe(c.isAccepting(state))
      expect(maskOf(c, state, v)).toEqual(mask)
    }
  })
  test('states fork', () => {
    const c = schema({ type: 'object' })
    const s = reach(c, '{"a')!
    const left = c.advanceByte(s, 0x62)!
    const right = c.advanceByte(s, 0x22)!
    expect(c.advanceByte(left, 0x3a)).not.toBeNull()
    expect(c.advanceByte(right, 0x3a)).not.toBeNull()
    expect(c.advanceByte(right, 0x62)).toBeNull()
    expect(reach(c, '{"a')).toBe(s)
  })
})

describe('plain numbers have one spelling', () => {
  test.each<[object, string[], string[]]>([
    [{ enum: [7] }, ['7'], ['7.0', '7e0', '70e-1', '07', '-7']],
    [{ type: 'integer' }, ['0', '-5', '123'], ['1.0', '-0', '1e2']],
    [{ type: 'number' }, ['0', '-0.5', '1.25', '1e5'], ['1.0', '-0', '1.50', '-0.0']],
    [{ type: 'number', minimum: 1.5, maximum: 2 }, ['1.5', '2', '1.75'], ['2.0', '1.4', '2.1']],
    [{ type: 'number', multipleOf: 0.01 }, ['1.25', '0.1', '3'], ['1.255', '1.10']],
  ])('%j', (schema, taken, refused) => {
    const c = compile({ kind: 'jsonSchema', schema }, { numbers: 'plain' })
    for (const text of taken) expect(judge(c, text), text).toBe(true)
    for (const text of refused) expect(judge(c, text), text).toBe(false)
  })
})

test('json_object is any object and nothing else', () => {
  const c = compile({ kind: 'jsonObject' })
  expect(judge(c, '{"a":[1,{"b":null}]}')).toBe(true)
  for (const t of ['[]', '1', '"a"', 'null']) expect(judge(c, t)).toBe(false)
})
