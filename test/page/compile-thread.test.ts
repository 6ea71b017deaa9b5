// Constraints compiled in a worker: the same tables as here, the same refusals, and the page's own thread where it cannot.

import { afterEach, expect, test } from 'vitest'
import { CompileThread } from '../../src/constraint/compile-thread.ts'
import { type ConstraintSpec, compileTables } from '../../src/constraint/index.ts'

const schema = { type: 'object', properties: { a: { type: 'integer' }, b: { enum: ['x', 'y'] } }, required: ['a'] }
const threads: CompileThread[] = []
const open = () => {
  const thread = new CompileThread()
  threads.push(thread)
  return thread
}
afterEach(() => {
  for (const thread of threads.splice(0)) thread.close()
})

test('tables come back as they are made here', async () => {
  const thread = open()
  const specs: ConstraintSpec[] = [
    { kind: 'jsonSchema', schema },
    { kind: 'regex', regex: '[ab]{3}' },
    { kind: 'choice', choices: ['yes', 'no'] },
    { kind: 'grammar', grammar: 'root ::= "(" root? ")"' }, // only the CPU can walk it
    { kind: 'regex', regex: '(' },
    { kind: 'jsonSchema', schema: { type: 'strang' } },
  ]
  const made = await Promise.all(specs.map((spec) => thread.compile(spec, {})))
  expect(made).toEqual(specs.map((spec) => compileTables(spec, {})))
  expect(made.map((one) => one!.k)).toEqual(['tables', 'tables', 'tables', 'cpu', 'error', 'error'])
})

test('the page goes on meanwhile', async () => {
  const thread = open()
  await thread.compile({ kind: 'regex', regex: 'a' }, {})
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  const began = performance.now()
  const values = Array.from({ length: 30_000 }, (_, i) => `value ${i * 7919}`)
  expect((await thread.compile({ kind: 'jsonSchema', schema: { enum: values } }, {}))!.k).not.toBe('error')
  clearInterval(timer)
  expect(performance.now() - began).toBeGreaterThan(50)
  expect(turns).toBeGreaterThan(2)
})

test('closed, or without workers, it gives the work back', async () => {
  const thread = open()
  const waiting = thread.compile({ kind: 'jsonSchema', schema }, {})
  thread.close()
  expect(await waiting).toBe(undefined)
  expect(await thread.compile({ kind: 'jsonSchema', schema }, {})).toBe(undefined)
})
