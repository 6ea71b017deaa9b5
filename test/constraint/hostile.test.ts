// Inputs meant to hurt: each is answered or refused soon, with memory in bounds.

import { describe, expect, test } from 'vitest'
import {
  type CompileOptions,
  ConstraintError,
  type ConstraintSpec,
  compile,
  Vocabulary,
} from '../../src/constraint/index.ts'
import { bytes, judge, maskOf, reach } from './support.ts'

const singles = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b))
const v = new Vocabulary([...singles, ...['{"', '":', '",', 'ab', 'aa'].map(bytes), null], [261])

/** Compiles and takes the first masks; true when answered, false when refused. */
function answered(spec: ConstraintSpec, options: CompileOptions = {}): boolean {
  try {
    const c = compile(spec, options)
    let s = c.start()
    for (let i = 0; i < 20 && s; i++) {
      const allowed = [...maskOf(c, s, v)]
      expect(allowed.length).toBeGreaterThan(0)
      s = c.advanceToken(s, allowed[i % allowed.length]!, v)
    }
    return true
  } catch (error) {
    if (error instanceof ConstraintError) return false
    throw error
  }
}

const json = (schema: object | string): ConstraintSpec => ({ kind: 'jsonSchema', schema })
const many = (n: number, f: (i: number) => unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, f(i)]))

const cases: [string, () => ConstraintSpec, boolean?][] = [
  ['an exponential regex', () => ({ kind: 'regex', regex: '(?:a|b)*a(?:a|b){30}' }), true],
  ['nested stars', () => ({ kind: 'regex', regex: '(?:(?:(?:a*)*)*)*b' }), true],
  ['a huge repetition', () => ({ kind: 'regex', regex: '(?:a{1000}){1000}' })],
  ['deep groups', () => ({ kind: 'regex', regex: `${'('.repeat(5000)}a${')'.repeat(5000)}` })],
  [
    'patterns in product',
    () => json({ allOf: Array.from({ length: 12 }, (_, i) => ({ pattern: `^(a|b)*a(a|b){${i + 4}}$` })) }),
  ],
  [
    'an enum of 10^5 values',
    () => json({ enum: Array.from({ length: 100_000 }, (_, i) => `value ${i} ${i * 7919}`) }),
    true,
  ],
  ['10^5 numbers', () => json({ enum: Array.from({ length: 100_000 }, (_, i) => i * 17) })],
  ['10^5 choices', () => ({ kind: 'choice', choices: Array.from({ length: 100_000 }, (_, i) => `c${i}`) }), true],
  [
    '1,000 nested references',
    () =>
      json({
        $defs: many(1000, (i) => ({ properties: { x: { $ref: `#/$defs/k${(i + 1) % 1000}` } } })),
        $ref: '#/$defs/k0',
      }),
    true,
  ],
  [
    '1,000 references one after another',
    () =>
      json({
        $defs: { ...many(1000, (i) => ({ $ref: `#/$defs/k${i + 1}` })), k1000: { type: 'integer' } },
        $ref: '#/$defs/k0',
      }),
    true,
  ],
  [
    'recursive references',
    () =>
      json({
        anyOf: [
          { type: 'array', items: { $ref: '#' } },
          { type: 'object', additionalProperties: { $ref: '#' } },
        ],
      }),
    true,
  ],
  [
    'huge counts',
    () =>
      json({
        type: 'array',
        minItems: 10 ** 9,
        maxItems: 10 ** 12,
        items: { minLength: 10 ** 6, maxLength: 10 ** 9, type: 'string' },
      }),
  ],
  ['a huge maxLength', () => json({ type: 'string', maxLength: 10 ** 12 }), true],
  [
    'many branches',
    () =>
      json({
        oneOf: Array.from({ length: 40 }, (_, i) => ({
          properties: { [`k${i}`]: { type: 'string' }, t: { type: 'integer', minimum: i } },
        })),
      }),
  ],
  [
    'branches of branches',
    () => {
      let s: object = { type: 'integer' }
      for (let i = 0; i < 9; i++) s = { anyOf: [{ allOf: [s, { minimum: i }] }, { not: s }, { properties: { a: s } }] }
      return json(s)
    },
  ],
  [
    'many optional members',
    () => json({ type: 'object', properties: many(2000, () => ({ type: 'integer' })), additionalProperties: false }),
    true,
  ],
  [
    'many required members',
    () =>
      json({
        type: 'object',
        properties: many(1500, () => ({ type: 'integer' })),
        required: Array.from({ length: 1500 }, (_, i) => `k${i}`),
        additionalProperties: false,
      }),
    true,
  ],
  [
    'many patterns for names',
    () =>
      json({
        type: 'object',
        patternProperties: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a.*b.{${i}}`, { minimum: i }])),
      }),
  ],
  ['deep nesting', () => json(`${'{"items":'.repeat(500)}{}${'}'.repeat(500)}`), true],
  // The room on the stack is not the same everywhere.
  ['nesting about as deep as there is room', () => json(`${'{"items":'.repeat(1500)}{}${'}'.repeat(1500)}`)],
  ['deeper nesting', () => json(`${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}`), false],
  ['a left-recursive grammar', () => ({ kind: 'grammar', grammar: 'root ::= root root | "a" | ""' }), true],
  ['a grammar of repetitions', () => ({ kind: 'grammar', grammar: 'root ::= (("a"{0,1000}){0,1000}){0,1000} root?' })],
]

/** Of this process, so that a busy machine does not count. */
function cpuMillis(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

describe('hostile inputs are bounded', () => {
  test.each(cases)('%s', (_, make, want) => {
    const spec = make()
    const began = cpuMillis()
    const got = answered(spec)
    // Two seconds for compilation, and slack for the masks.
    expect(cpuMillis() - began).toBeLessThan(4000)
    if (want !== undefined) expect(got).toBe(want)
  })

  test('a schema of 5 MB', () => {
    const schema = JSON.stringify({
      type: 'object',
      properties: many(40_000, (i) => ({ type: 'string', description: 'x'.repeat(60), maxLength: i })),
    })
    expect(schema.length).toBeGreaterThan(4_500_000)
    const began = cpuMillis()
    answered(json(schema))
    expect(cpuMillis() - began).toBeLessThan(4000)
  })

  test('a long run in one constraint stays in memory', () => {
    const c = compile({ kind: 'jsonObject' })
    let s = reach(c, '{"a":[')!
    for (let i = 0; i < 20_000; i++) s = c.advanceBytes(s, new TextEncoder().encode(`{"k${i}":"v"},`))!
    expect(judge(c, '{}')).toBe(true)
    expect(s).not.toBeNull()
  })
})
