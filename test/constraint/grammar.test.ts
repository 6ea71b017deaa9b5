// Grammars in both spellings, and structural tags around other constraints.

import { describe, expect, test } from 'vitest'
import { ConstraintError, compile } from '../../src/constraint/index.ts'
import { judge, maskOf, reach, strings, vocabularyOf } from './support.ts'

const gbnf = (grammar: string) => compile({ kind: 'grammar', grammar })

describe('GBNF', () => {
  test('a recursive grammar, exhaustively', () => {
    const c = gbnf('root ::= pair | "b"\npair ::= "a" root? "a" # mirrored\n')
    const own = (s: string): boolean =>
      s === 'b' || s === 'aa' || (s.length > 2 && s.startsWith('a') && s.endsWith('a') && own(s.slice(1, -1)))
    for (const s of strings('ab', 7)) expect(judge(c, s), s).toBe(own(s))
    const prefixes = new Set(
      strings('ab', 9)
        .filter(own)
        .flatMap((s) => Array.from({ length: s.length + 1 }, (_, i) => s.slice(0, i))),
    )
    for (const s of strings('ab', 4)) expect(reach(c, s) !== null, s).toBe(prefixes.has(s))
  })
  test('left and right recursion, hidden empties', () => {
    const left = gbnf('root ::= root "a" | e\ne ::= ""')
    const right = gbnf('root ::= e "a" root e | e\ne ::= "" | e "b"')
    for (const s of strings('ab', 5)) {
      expect(judge(left, s)).toBe(/^a*$/.test(s))
      expect(judge(right, s)).toBe(true)
    }
  })
  test('repetitions, classes and escapes', () => {
    const c = gbnf('root ::= [a-c]{2,3} "\\n" [^\\x00-\\x60é]+ "\\u00e9"? (x | "") .\nx ::= "(" x ")" | "!"')
    for (const s of ['ab\nz.', 'abc\nzzé((!))?', 'ab\nz!']) expect(judge(c, s), s).toBe(true)
    for (const s of ['a\nz.', 'abcc\nz.', 'ab\nZ.', 'ab\nz']) expect(judge(c, s), s).toBe(false)
  })
  test('without recursion it becomes a table', () => {
    expect(gbnf('root ::= "a" x\nx ::= [0-9]+').engine.name).toBe('text')
    expect(gbnf('root ::= "a" root?').engine.name).toBe('grammar')
  })
  test('masks', () => {
    const v = vocabularyOf(['(', ')', '((', '))', '()', 'x'])
    const c = gbnf('root ::= "(" root* ")"')
    expect(maskOf(c, c.start()!, v)).toEqual(new Set([0, 2, 4]))
    expect(maskOf(c, reach(c, '(')!, v)).toEqual(new Set([0, 1, 2, 4]))
    expect(maskOf(c, reach(c, '((')!, v)).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(maskOf(c, reach(c, '()')!, v)).toEqual(new Set([6]))
  })
  test.each(['root ::=', 'root ::= x', 'root ::= "a', 'start ::= "a"', 'root ::= root "a"'])(
    '%s is refused',
    (grammar) => {
      expect(() => gbnf(grammar)).toThrow(ConstraintError)
      expect(() => gbnf(grammar)).toThrow(expect.objectContaining({ code: 'invalid_grammar' }))
    },
  )
})

describe('the Lark-like form', () => {
  const c = gbnf(`
// a calculator
start: stmt+
stmt: NAME "=" expr ";"
    | "print"i expr ";" -> output
?expr: term (("+" | "-") term)*
?term: NUMBER | NAME | "(" expr ")" | "[" "a".."c" ~ 2..3 "]"
NAME: /[a-z_]+/
%import common.NUMBER
%import common.WS
%ignore WS
`)
  test.each([
    ['x=1;', true],
    ['x = (y + 2) ;\n z=3 ; ', true],
    ['PRINT [ a b];', true],
    ['print [abca];', false],
    ['x=;', false],
    ['x=1', false],
  ])('%s is %s', (text, want) => {
    expect(judge(c, text)).toBe(want)
  })
  test('refusals', () => {
    for (const g of [
      'start: X',
      'start: "a',
      'start: "a" )',
      '%import common.NOPE\nstart: "a"',
      '%declare A\nstart: "a"',
    ]) {
      expect(() => gbnf(g), g).toThrow(ConstraintError)
    }
  })
})

describe('structural tags', () => {
  const tool = (name: string) =>
    ({
      begin: `<fn=${name}>`,
      content: {
        k: 'content',
        content: {
          kind: 'jsonSchema',
          schema: {
            type: 'object',
            properties: { [name]: { type: 'integer' } },
            required: [name],
            additionalProperties: false,
          },
        },
      },
      end: '</fn>',
    }) as const
  const tags = [tool('a'), tool('bc')]
  test('free text until a trigger', () => {
    const c = compile({ kind: 'structuralTag', part: { k: 'triggered', triggers: ['<fn='], tags } })
    for (const t of ['', 'hi', 'a < b <fn', '<fn=a>{"a":1}</fn>', 'x<fn=bc>{"bc": 1}</fn>y<fn=a>{"a":2}</fn>z'])
      expect(judge(c, t), t).toBe(true)
    for (const t of ['<fn=', '<fn=a>{"a":1}', '<fn=a>{"a":1}</fn'])
      expect([judge(c, t), reach(c, t) !== null], t).toEqual([false, true])
    for (const t of ['<fn=x', '<fn=a>{"bc"', '<fn=a>{"a":1}<']) expect(reach(c, t) === null, t).toBe(!t.endsWith('<'))
  })
  test('at least one, and no more', () => {
    const c = compile({
      kind: 'structuralTag',
      part: { k: 'triggered', triggers: ['<fn='], tags, atLeastOne: true, stopAfterFirst: true },
    })
    expect(judge(c, 'hi')).toBe(false)
    expect(judge(c, 'hi<fn=a>{"a":1}</fn>')).toBe(true)
    expect(reach(c, 'hi<fn=a>{"a":1}</fn>!')).toBeNull()
  })
  test('sequences, choices, separated tags, numbers before literals', () => {
    const c = compile({
      kind: 'structuralTag',
      part: {
        k: 'sequence',
        parts: [
          { k: 'content', content: { kind: 'jsonSchema', schema: { type: 'integer' } } },
          { k: 'literal', text: ':' },
          {
            k: 'choice',
            parts: [
              { k: 'literal', text: 'none' },
              { k: 'separated', tags, separator: ';', atLeastOne: true },
            ],
          },
        ],
      },
    })
    for (const t of ['12:none', '0:<fn=a>{"a":1}</fn>', '0:<fn=a>{"a":1}</fn>;<fn=bc>{"bc":1}</fn>'])
      expect(judge(c, t), t).toBe(true)
    for (const t of [':none', '12:', '12:none;', '0:<fn=a>{"a":1}</fn>;']) expect(judge(c, t), t).toBe(false)
  })
  test('masks are what tokens walk', () => {
    const v = vocabularyOf(['<', 'fn', '<fn=', '=a>', 'a', '{"', '>{', '"a', '":', '1', '}', '}</', '</fn>', 'x', 'bc'])
    const c = compile({ kind: 'structuralTag', part: { k: 'triggered', triggers: ['<fn='], tags } })
    for (const t of ['', '<', '<fn=', '<fn=a>', '<fn=a>{"', '<fn=a>{"a":1', '<fn=a>{"a":1}', '<fn=a>{"a":1}</fn>']) {
      const s = reach(c, t)!
      const mask = maskOf(c, s, v)
      for (let id = 0; id < v.size - 1; id++)
        expect(mask.has(id), `${t} + ${id}`).toBe(c.advanceToken(s, id, v) !== null)
      expect(mask.has(v.size - 1)).toBe(c.isAccepting(s))
    }
  })
  test('refusals', () => {
    expect(() => compile({ kind: 'structuralTag', part: { k: 'triggered', triggers: ['<x'], tags } })).toThrow(
      ConstraintError,
    )
    expect(() =>
      compile({
        kind: 'structuralTag',
        part: {
          k: 'tag',
          begin: '',
          end: '',
          content: { k: 'content', content: { kind: 'jsonSchema', schema: false } },
        },
      }),
    ).toThrow(ConstraintError)
  })
})
