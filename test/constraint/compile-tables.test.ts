// Compilation as a thread does it: what comes out can be sent, whatever went in.

import { expect, test } from 'vitest'
import { type ConstraintSpec, compileTables, TableWalker } from '../../src/constraint/index.ts'
import { bytes } from './support.ts'

const cases: [ConstraintSpec, string][] = [
  [{ kind: 'regex', regex: 'a+' }, 'tables'],
  [{ kind: 'grammar', grammar: 'root ::= "a" root?' }, 'cpu'],
  [{ kind: 'regex', regex: 'a(' }, 'error'],
  [{ kind: 'jsonSchema', schema: '{"type": 7}' }, 'error'],
  [{ kind: 'jsonSchema', schema: { $ref: 'http://example.com/' } }, 'error'],
]

test.each(cases)('%j', (spec, k) => {
  const made = structuredClone(compileTables(spec, { numbers: 'plain' }))
  expect(made.k).toBe(k)
  if (made.k === 'error')
    expect([made.pointer ?? made.position, made.message]).toEqual([
      expect.anything(),
      expect.stringContaining('Cannot'),
    ])
})

test('the clone walks', () => {
  const made = structuredClone(compileTables({ kind: 'choice', choices: ['ab'] }))
  if (made.k !== 'tables') return expect.fail(made.k)
  const walker = new TableWalker(made.tables)
  let s = walker.start()
  for (const b of bytes('ab')) s = walker.step(s, b)!
  expect(walker.accepts(s)).toBe(true)
  expect(compileTables({ kind: 'choice', choices: ['abcd'] }, {}, { states: 2 }).k).toBe('cpu')
})
