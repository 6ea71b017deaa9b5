// Regexes against the host's own RegExp, exhaustively on small alphabets: what is accepted, and which prefixes live.

import { describe, expect, test } from 'vitest'
import { ConstraintError, compile } from '../../src/constraint/index.ts'
import { judge, maskOf, random, reach, strings, vocabularyOf } from './support.ts'

const fixed = [
  'a*b',
  '(ab|ba)+',
  'a{2,4}',
  '[^a]b?',
  'a|',
  '(a|b)*abb',
  '(?:a?b){3}',
  'a+?b*?',
  '^ab$',
  'a(?=b).*',
  '(?!ab)[ab]*',
  '[ab]*(?<=ab)',
  '[ab]*(?<!ab)',
  '(?:(?!aa)[ab])*',
  '\\ba.*',
  'a\\b b|aB',
  'a\\Bb',
  '(?:a|(?=bb)b)*',
  '.*(?:aa).*',
  '\\w+ \\w+',
  '[^]',
  '(?=.{3}$)(?!.*b$).*',
]

/** A random regex over a and b. */
function randomRegex(next: () => number, depth: number): string {
  const pick = Math.floor(next() * (depth > 0 ? 9 : 3))
  switch (pick) {
    case 0:
      return 'a'
    case 1:
      return 'b'
    case 2:
      return '[ab]'
    case 3:
    case 4:
      return randomRegex(next, depth - 1) + randomRegex(next, depth - 1)
    case 5:
      return `(?:${randomRegex(next, depth - 1)}|${randomRegex(next, depth - 1)})`
    case 6:
      return `(?:${randomRegex(next, depth - 1)})${['*', '+', '?', '{2}', '{1,2}'][Math.floor(next() * 5)]}`
    case 7:
      return `(?${next() < 0.5 ? '=' : '!'}${randomRegex(next, depth - 1)})${randomRegex(next, depth - 1)}`
    default:
      return `${randomRegex(next, depth - 1)}(?<${next() < 0.5 ? '=' : '!'}${randomRegex(next, depth - 1)})`
  }
}

const next = random(7)
const made = Array.from({ length: 220 }, () => randomRegex(next, 4))

describe('a regex', () => {
  test.each([...fixed, ...made].map((r) => [r]))('%s equals brute force', (source) => {
    const all = strings('ab B'.includes(' ') && /[ B\\]/.test(source) ? 'ab B' : 'ab', /[ B\\]/.test(source) ? 5 : 8)
    const host = new RegExp(`^(?:${source})$`, 'u')
    const accepted = new Set(all.filter((s) => host.test(s)))
    const c = compile({ kind: 'regex', regex: source }, { allowUnsatisfiable: true })
    for (const s of all) expect(judge(c, s), JSON.stringify(s)).toBe(accepted.has(s))
    const prefixes = new Set(
      [...accepted].flatMap((s) => Array.from({ length: s.length + 1 }, (_, i) => s.slice(0, i))),
    )
    // Whatever begins an accepted string must live.
    for (const p of prefixes) expect(reach(c, p) !== null, JSON.stringify(p)).toBe(true)
    // And what lives must be completable, for short prefixes where the lengths looked at leave room.
    if (!all.some((s) => s.length <= 4 && accepted.has(s))) return
    for (const s of all) {
      if (s.length <= 3 && reach(c, s) !== null && !/[ B\\.^]/.test(source))
        expect(prefixes.has(s), JSON.stringify(s)).toBe(true)
    }
  })

  test('masks a vocabulary exactly', () => {
    const v = vocabularyOf(['a', 'b', 'ab', 'ba', 'abb', 'bb', 'é', 'aé'])
    const c = compile({ kind: 'regex', regex: '(?:ab)+é?' })
    expect(maskOf(c, c.start()!, v)).toEqual(new Set([0, 2]))
    expect(maskOf(c, reach(c, 'ab')!, v)).toEqual(new Set([0, 2, 6, 8]))
    expect(maskOf(c, reach(c, 'abé')!, v)).toEqual(new Set([8]))
  })

  test('takes part of a character', () => {
    const c = compile({ kind: 'regex', regex: '[α-γ]' })
    const s = c.advanceByte(c.start()!, 0xce)
    expect(s).not.toBeNull()
    expect(c.isAccepting(s!)).toBe(false)
    expect(c.advanceByte(s!, 0xb0)).toBeNull()
    expect(c.isAccepting(c.advanceByte(s!, 0xb1)!)).toBe(true)
  })

  test.each([
    ['(a)\\1', 'invalid_regex'],
    ['a(', 'invalid_regex'],
    ['a\\Z', 'invalid_regex'],
  ])('%s is refused', (source, code) => {
    const attempt = (): unknown => compile({ kind: 'regex', regex: source })
    expect(attempt).toThrow(ConstraintError)
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })

  test('nothing to accept is refused', () => {
    expect(() => compile({ kind: 'regex', regex: '(?!a)a' })).toThrow(ConstraintError)
  })
})

describe('choices', () => {
  test('are exact', () => {
    const c = compile({ kind: 'choice', choices: ['yes', 'yesterday', 'no', 'né'] })
    for (const s of ['yes', 'yesterday', 'no', 'né']) expect(judge(c, s)).toBe(true)
    for (const s of ['', 'ye', 'yester', 'not', 'nè']) expect(judge(c, s)).toBe(false)
    const v = vocabularyOf(['y', 'yes', 'ter', 'terday', 'n', 'o', ' '])
    expect(maskOf(c, c.start()!, v)).toEqual(new Set([0, 1, 4]))
    expect(maskOf(c, reach(c, 'yes')!, v)).toEqual(new Set([2, 3, 7]))
  })
})
