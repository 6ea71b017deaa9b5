// Turns the text of an ECMAScript regex into a small tree over code-point sets. The host's own RegExp checks the syntax first,
// so this reader only has to follow texts that are right. Knows nothing of automata. Back references are refused; so are
// letters escaped without meaning (\Z, \A), which are most often another dialect's syntax.

import { type CodePointSet, complement, everything, maxCodePoint, normalise } from './code-points.ts'
import { ConstraintError } from './errors.ts'

export type Regex =
  | { readonly k: 'set'; readonly set: CodePointSet }
  | { readonly k: 'cat'; readonly xs: readonly Regex[] }
  | { readonly k: 'alt'; readonly xs: readonly Regex[] }
  | { readonly k: 'rep'; readonly x: Regex; readonly min: number; readonly max: number }
  | { readonly k: 'assert'; readonly what: 'start' | 'end' | 'word' | 'not-word' }
  | { readonly k: 'look'; readonly ahead: boolean; readonly negate: boolean; readonly x: Regex }

export const digitSet: CodePointSet = [0x30, 0x39]
export const wordSet: CodePointSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
// biome-ignore format: pairs
const spaceSet: CodePointSet = normalise([
  9, 13, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
])
const dotSet: CodePointSet = complement([10, 10, 13, 13, 0x2028, 0x2029])

export const literal = (text: string): Regex => ({
  k: 'cat',
  xs: Array.from(text, (c) => ({ k: 'set', set: [c.codePointAt(0)!, c.codePointAt(0)!] }) as const),
})

export type RegexFlags = { readonly ignoreCase?: boolean; readonly dotAll?: boolean }

export function parseRegex(source: string, flags: RegexFlags = {}): Regex {
  let unicode = true
  try {
    new RegExp(source, 'u')
  } catch {
    unicode = false
    try {
      new RegExp(source)
    } catch (error) {
      throw new ConstraintError(
        'invalid_regex',
        `Cannot read regex: ${reason(error, source)}, received ${short(source)}`,
        {
          position: 0,
        },
      )
    }
  }
  return new Reader(source, unicode, flags).read()
}

const reason = (error: unknown, source: string): string =>
  (error as Error).message.replace(source, '').replace(/^.*\/[a-z]*: /, '')

const short = (s: string): string => (s.length > 80 ? `${s.slice(0, 77)}…` : s)
const controls: Record<string, number> = { t: 9, n: 10, v: 11, f: 12, r: 13 }

class Reader {
  private at = 0
  private depth = 0
  private readonly source: string
  private readonly unicode: boolean
  private readonly flags: RegexFlags

  constructor(source: string, unicode: boolean, flags: RegexFlags) {
    this.source = source
    this.unicode = unicode
    this.flags = flags
  }

  private refuse(what: string): never {
    throw new ConstraintError('invalid_regex', `Cannot use regex: ${what}, received ${short(this.source)}`, {
      position: this.at,
    })
  }

  read(): Regex {
    const x = this.alternatives()
    if (this.at < this.source.length) this.refuse(`unexpected ${this.source[this.at]}`)
    return x
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false
    this.at += text.length
    return true
  }

  private alternatives(): Regex {
    if (++this.depth > 250) this.refuse('groups nest deeper than 250')
    const xs: Regex[] = []
    do {
      const parts: Regex[] = []
      while (this.at < this.source.length && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
        parts.push(this.quantified())
      }
      xs.push(parts.length === 1 ? parts[0]! : { k: 'cat', xs: parts })
    } while (this.take('|'))
    this.depth--
    return xs.length === 1 ? xs[0]! : { k: 'alt', xs }
  }

  private quantified(): Regex {
    const x = this.term()
    const m = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.source.slice(this.at, this.at + 40))
    if (!m) return x
    this.at += m[0].length
    if (x.k === 'look' || x.k === 'assert') this.refuse('a quantifier after an assertion')
    if (m[1] === '*') return { k: 'rep', x, min: 0, max: Infinity }
    if (m[1] === '+') return { k: 'rep', x, min: 1, max: Infinity }
    if (m[1] === '?') return { k: 'rep', x, min: 0, max: 1 }
    const min = Number(m[2])
    return { k: 'rep', x, min, max: m[3] ? (m[4] ? Number(m[4]) : Infinity) : min }
  }

  private group(): Regex {
    const x = this.alternatives()
    if (!this.take(')')) this.refuse('a group is not closed')
    return x
  }

  private term(): Regex {
    const c = String.fromCodePoint(this.source.codePointAt(this.at)!)
    if (c === '^' || c === '$') {
      this.at++
      return { k: 'assert', what: c === '^' ? 'start' : 'end' }
    }
    if (c === '(') {
      this.at++
      if (this.take('?:')) return this.group()
      if (this.take('?=')) return { k: 'look', ahead: true, negate: false, x: this.group() }
      if (this.take('?!')) return { k: 'look', ahead: true, negate: true, x: this.group() }
      if (this.take('?<=')) return { k: 'look', ahead: false, negate: false, x: this.group() }
      if (this.take('?<!')) return { k: 'look', ahead: false, negate: true, x: this.group() }
      if (this.take('?<')) this.at = this.source.indexOf('>', this.at) + 1
      else if (this.source[this.at] === '?') this.refuse('group modifiers are not supported')
      return this.group()
    }
    if (c === '[') return { k: 'set', set: this.characterClass() }
    if (c === '.') {
      this.at++
      return { k: 'set', set: this.flags.dotAll ? everything : dotSet }
    }
    if (c === '\\') {
      const next = this.source[this.at + 1]
      if (next === 'b' || next === 'B') {
        this.at += 2
        return { k: 'assert', what: next === 'b' ? 'word' : 'not-word' }
      }
      if (next === 'k' || (next !== undefined && /[1-9]/.test(next))) this.refuse('back references are not supported')
      const e = this.escape()
      return { k: 'set', set: typeof e === 'number' ? this.folded([e, e]) : e }
    }
    this.at += c.length
    const cp = this.whole(c.codePointAt(0)!)
    return { k: 'set', set: this.folded([cp, cp]) }
  }

  private whole(cp: number): number {
    if (!this.unicode && cp > 0xffff) this.refuse('an astral character in a pattern that is no Unicode pattern')
    return cp
  }

  /** After a backslash: a code point or, for \d and the like, a set. */
  private escape(): number | CodePointSet {
    this.at++
    const c = String.fromCodePoint(this.source.codePointAt(this.at)!)
    this.at += c.length
    switch (c) {
      case 'd':
        return digitSet
      case 'D':
        return complement(digitSet)
      case 'w':
        return wordSet
      case 'W':
        return complement(wordSet)
      case 's':
        return spaceSet
      case 'S':
        return complement(spaceSet)
    }
    if (controls[c] !== undefined) return controls[c]
    if (c === '0' && !/\d/.test(this.source[this.at] ?? '')) return 0
    if ((c === 'p' || c === 'P') && this.unicode) {
      const end = this.source.indexOf('}', this.at)
      const body = this.source.slice(this.at, end + 1)
      this.at = end + 1
      return propertySet(`\\${c}${body}`)
    }
    const rest = this.source.slice(this.at, this.at + 12)
    const hex = c === 'x' ? /^[0-9a-fA-F]{2}/.exec(rest) : c === 'u' ? /^[0-9a-fA-F]{4}/.exec(rest) : null
    if (hex) {
      this.at += hex[0].length
      let cp = Number.parseInt(hex[0], 16)
      const low = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(this.source.slice(this.at, this.at + 6))
      if (this.unicode && cp >= 0xd800 && cp < 0xdc00 && low) {
        this.at += 6
        cp = 0x10000 + ((cp - 0xd800) << 10) + (Number.parseInt(low[1]!, 16) - 0xdc00)
      }
      return cp
    }
    const braced = c === 'u' && this.unicode ? /^\{([0-9a-fA-F]+)\}/.exec(rest) : null
    if (braced) {
      this.at += braced[0].length
      return Number.parseInt(braced[1]!, 16)
    }
    if (c === 'c' && /^[A-Za-z]/.test(rest)) {
      this.at++
      return rest.charCodeAt(0) % 32
    }
    if (/[A-Za-z0-9]/.test(c)) this.refuse(`\\${c} has no meaning`)
    return this.whole(c.codePointAt(0)!)
  }

  private folded(set: CodePointSet): CodePointSet {
    if (!this.flags.ignoreCase) return set
    const out = [...set]
    for (let i = 0; i < set.length; i += 2) {
      const hi = Math.min(set[i + 1]!, 0x24f)
      for (let c = set[i]!; c <= hi; c++) {
        for (const s of [String.fromCodePoint(c).toLowerCase(), String.fromCodePoint(c).toUpperCase()]) {
          if (s.length === 1) out.push(s.charCodeAt(0), s.charCodeAt(0))
        }
      }
    }
    return normalise(out)
  }

  private classMember(): number | CodePointSet {
    if (this.source[this.at] === '\\') {
      if (this.source[this.at + 1] === 'b') {
        this.at += 2
        return 8
      }
      if (this.source[this.at + 1] === '-') {
        this.at += 2
        return 0x2d
      }
      return this.escape()
    }
    const c = this.source.codePointAt(this.at)!
    this.at += c > 0xffff ? 2 : 1
    return this.whole(c)
  }

  private characterClass(): CodePointSet {
    this.at++
    const negate = this.take('^')
    const pairs: number[] = []
    const add = (x: number | CodePointSet): void => void pairs.push(...(typeof x === 'number' ? [x, x] : x))
    while (!this.take(']')) {
      if (this.at >= this.source.length) this.refuse('a class is not closed')
      const lo = this.classMember()
      if (this.source[this.at] === '-' && this.source[this.at + 1] !== ']') {
        this.at++
        const hi = this.classMember()
        if (typeof lo === 'number' && typeof hi === 'number') pairs.push(lo, hi)
        else {
          add(lo)
          add(hi)
          add(0x2d)
        }
      } else add(lo)
    }
    const set = this.folded(normalise(pairs))
    return negate ? complement(set) : set
  }
}

/** The members of \p{…} or \P{…}, found by asking the host's own RegExp about blocks of code points. */
function propertySet(raw: string): CodePointSet {
  const run = new RegExp(`(?:${raw})+`, 'gu')
  const pairs: number[] = []
  const block = 0x8000
  for (let base = 0; base <= maxCodePoint; base += block) {
    let text = ''
    for (let c = base; c < base + block; c++) text += c >= 0xd800 && c <= 0xdfff ? ' ' : String.fromCodePoint(c)
    const wide = base >= 0x10000 ? 2 : 1
    for (const m of text.matchAll(run)) {
      const lo = base + m.index / wide
      pairs.push(lo, lo + m[0].length / wide - 1)
    }
  }
  return normalise(pairs)
}
