// Constraints meant to hurt, asked of the API: each is answered or refused soon, and the next request goes on.

import { expect, test } from 'vitest'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'

const nested = (levels: number) => {
  const $defs: Record<string, object> = { [`d${levels}`]: { type: 'boolean' } }
  for (let i = 0; i < levels; i++)
    $defs[`d${i}`] = { type: 'object', properties: { a: { $ref: `#/$defs/d${i + 1}` } }, required: ['a'] }
  return { $defs, $ref: '#/$defs/d0' }
}
const wide = (bytes: number) => ({
  type: 'object',
  properties: Object.fromEntries(
    Array.from({ length: bytes / 50 }, (_, i) => [`a property with the number ${i}`, { type: 'integer' }]),
  ),
})

test.each<[string, object]>([
  ['an exponential regex', { guided_regex: '(?:a|b)*a(?:a|b){30}' }],
  ['stars in stars', { guided_regex: '(?:(?:(?:a*)*)*)*b' }],
  ['a huge repetition', { guided_regex: '(?:a{1000}){1000}' }],
  ['deep groups', { guided_regex: `${'('.repeat(20_000)}a${')'.repeat(20_000)}` }],
  ['an enum of 10^5 values', { guided_json: { enum: Array.from({ length: 100_000 }, (_, i) => `value ${i}`) } }],
  ['10^5 choices', { guided_choice: Array.from({ length: 100_000 }, (_, i) => `choice ${i * 7919}`) }],
  ['1,000 nested references', { guided_json: nested(1000) }],
  ['a reference to itself', { guided_json: { $ref: '#' } }],
  ['recursion without end', { guided_json: { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] } }],
  ['a tree', { guided_json: { type: 'array', items: { $ref: '#' } } }],
  ['huge maxItems', { guided_json: { type: 'array', items: { type: 'integer' }, maxItems: 1e9, minItems: 1e6 } }],
  ['huge maxLength', { guided_json: { type: 'string', minLength: 1e6, maxLength: 1e9, pattern: 'a.*b' } }],
  ['a schema of 5 MB', { guided_json: wide(5e6) }],
  ['the same as text', { guided_json: JSON.stringify(wide(5e6)) }],
  [
    'patterns in product',
    { guided_json: { allOf: Array.from({ length: 12 }, (_, i) => ({ pattern: `^(a|b)*a(a|b){${i + 4}}$` })) } },
  ],
  ['deep anyOf', { guided_json: JSON.parse(`${'{"anyOf":[{"type":"null"},'.repeat(2000)}{}${']}'.repeat(2000)}`) }],
  [
    'a grammar of 10^4 rules',
    {
      guided_grammar: `root ::= r0\n${Array.from({ length: 10_000 }, (_, i) => `r${i} ::= "x" r${(i + 1) % 10_000}?`).join('\n')}`,
    },
  ],
  ['an ambiguous grammar', { guided_grammar: 'root ::= root root | "a" | ""' }],
  ['a bad white space', { guided_json: true, guided_whitespace_pattern: '(?:(?:\\s*)*)*{9' }],
])('%s', async (_name, fields) => {
  const { post, engine } = mockHost(says([300, 301]))
  const ask = { model: 'org/tiny', prompt: 'a', max_tokens: 2 }
  const began = performance.now()
  const response = await post('/v1/completions', { ...ask, ...fields })
  const spent = performance.now() - began
  const body = await response.json()
  if (response.status !== 200)
    expect(body.error).toMatchObject({ code: expect.stringMatching(/^invalid_(json_schema|regex|grammar)$/) })
  expect([200, 400]).toContain(response.status)
  expect(spent).toBeLessThan(20_000) // it ends: within 2 s on a machine that has nothing else to do
  expect((await post('/v1/completions', ask)).status).toBe(200)
  expect(engine.running).toBe(0)
})
