// Packed tables, walked by the reference walker, against the engine they were packed from: the same masks bit for bit along
// random walks, and the same verdicts.

import { describe, expect, test } from 'vitest'
import { compile } from '../../src/constraint/index.ts'
import { json, smallVocabulary as v, withTables } from '../support/constraints.ts'
import { compareTables } from './support.ts'

describe('packed tables', () => {
  test.each(withTables)('%s', (_, spec) => {
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
