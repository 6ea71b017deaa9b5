// Reads GBNF, llama.cpp's form of EBNF: name ::= "text" [class] (group) rule * + ? {m,n} | and # comments. Knows nothing of how
// grammars are run.

import { type CodePointSet, complement, everything, normalise } from './code-points.ts'
import { ConstraintError } from './errors.ts'
import type { Grammar, Production } from './grammar-syntax.ts'

const escapes: Record<string, number> = { n: 10, r: 13, t: 9 }

export function parseGbnf(text: string): Grammar {
  return new GbnfReader(text).read()
}

class GbnfReader {
  private at = 0
  private depth = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  private refuse(what: string): never {
    const received = JSON.stringify(this.text.slice(this.at, this.at + 20))
    throw new ConstraintError('invalid_grammar', `Cannot read grammar: ${what}, received ${received}`, {
      position: this.at,
    })
  }

  private space(): void {
    const m = /(?:\s|#[^\n]*)*/y
    m.lastIndex = this.at
    this.at += m.exec(this.text)![0].length
  }

  private name(): string | null {
    const m = /[A-Za-z0-9_-]+/y
    m.lastIndex = this.at
    const found = m.exec(this.text)?.[0]
    if (found === undefined) return null
    this.at += found.length
    return found
  }

  read(): Grammar {
    const rules = new Map<string, Production>()
    this.space()
    while (this.at < this.text.length) {
      const name = this.name()
      if (name === null) this.refuse('a rule name was expected')
      this.space()
      if (!this.text.startsWith('::=', this.at)) this.refuse('"::=" was expected')
      this.at += 3
      if (rules.has(name)) this.refuse(`rule ${name} is there twice`)
      this.space()
      const from = this.at
      rules.set(name, this.alternatives())
      if (this.at === from) this.refuse(`rule ${name} has no right side`)
    }
    return { start: 'root', rules }
  }

  private alternatives(): Production {
    if (++this.depth > 200) this.refuse('groups nest deeper than 200')
    const xs: Production[] = []
    do xs.push(this.sequence())
    while (this.text[this.at] === '|' && this.at++ >= 0)
    this.depth--
    return xs.length === 1 ? xs[0]! : { k: 'alt', xs }
  }

  /** The next rule begins where a name is followed by "::=". */
  private ruleBegins(): boolean {
    const m = /[A-Za-z0-9_-]+(?:\s|#[^\n]*)*::=/y
    m.lastIndex = this.at
    return m.test(this.text)
  }

  private sequence(): Production {
    const xs: Production[] = []
    for (;;) {
      this.space()
      const c = this.text[this.at]
      if (c === undefined || c === '|' || c === ')' || this.ruleBegins()) break
      xs.push(this.repeated(this.term(c)))
    }
    return xs.length === 1 ? xs[0]! : { k: 'cat', xs }
  }

  private term(c: string): Production {
    if (c === '"') return this.string()
    if (c === '[') return { k: 'set', set: this.characterClass() }
    if (c === '.') {
      this.at++
      return { k: 'set', set: everything }
    }
    if (c === '(') {
      this.at++
      const x = this.alternatives()
      this.space()
      if (this.text[this.at] !== ')') this.refuse('")" was expected')
      this.at++
      return x
    }
    const position = this.at
    const name = this.name()
    if (name === null) return this.refuse('a string, a class, a group or a rule was expected')
    return { k: 'rule', name, position }
  }

  private repeated(x: Production): Production {
    for (;;) {
      const m = /[ \t]*(?:([*+?])|\{\s*(\d+)\s*(,)?\s*(\d*)\s*\})/y
      m.lastIndex = this.at
      const found = m.exec(this.text)
      if (!found) return x
      this.at += found[0].length
      const [, sign, least, comma, most] = found
      if (sign) x = { k: 'rep', x, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
      else x = { k: 'rep', x, min: Number(least), max: comma ? (most ? Number(most) : Infinity) : Number(least) }
      if (x.min > x.max) this.refuse('a repetition whose end is before its start')
    }
  }

  private character(): number {
    const c = this.text.codePointAt(this.at)
    if (c === undefined) return this.refuse('the text ends too soon')
    this.at += c > 0xffff ? 2 : 1
    if (c !== 0x5c) return c
    const e = this.text[this.at++] ?? ''
    const width = e === 'x' ? 2 : e === 'u' ? 4 : e === 'U' ? 8 : 0
    if (width > 0) {
      const hex = this.text.slice(this.at, this.at + width)
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < width) this.refuse('an escape that is not complete')
      this.at += width
      return Number.parseInt(hex, 16)
    }
    return escapes[e] ?? e.codePointAt(0) ?? this.refuse('the text ends too soon')
  }

  private string(): Production {
    this.at++
    const xs: Production[] = []
    while (this.text[this.at] !== '"') {
      const c = this.character()
      xs.push({ k: 'set', set: [c, c] })
    }
    this.at++
    return xs.length === 1 ? xs[0]! : { k: 'cat', xs }
  }

  private characterClass(): CodePointSet {
    this.at++
    const negate = this.text[this.at] === '^'
    if (negate) this.at++
    const pairs: number[] = []
    while (this.text[this.at] !== ']') {
      const lo = this.character()
      if (this.text[this.at] === '-' && this.text[this.at + 1] !== ']') {
        this.at++
        pairs.push(lo, this.character())
      } else pairs.push(lo, lo)
    }
    this.at++
    const set = normalise(pairs)
    return negate ? complement(set) : set
  }
}
