// Bytes to characters for a string machine: UTF-8 in any cut, and in JSON strings the escapes too. A JSON string ends at its
// closing quote, with an event; raw text has no end of its own. Knows nothing of what the string is for.

import { maxCodePoint, type Partition } from './code-points.ts'
import { dead } from './language.ts'
import { event, type LexOwner, type LexTable, noWay } from './lex-table.ts'

const quote = 0x22
const backslash = 0x5c
const shortEscapes = new Map([...'"\\/'].map((c) => [c.charCodeAt(0), c.charCodeAt(0)] as const))
for (const [c, cp] of [
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
] as const)
  shortEscapes.set(c.charCodeAt(0), cp)

type Local =
  | { readonly k: 'text'; readonly s: number }
  // Inside a UTF-8 sequence: `value` so far, `rest` bytes to come, and the legal range of the next byte.
  | {
      readonly k: 'utf8'
      readonly s: number
      readonly value: number
      readonly rest: number
      readonly lo: number
      readonly hi: number
    }
  // The same where all that can follow leads to one state.
  | { readonly k: 'skip'; readonly to: number; readonly rest: number; readonly hex: boolean }
  | { readonly k: 'escape'; readonly s: number }
  | { readonly k: 'hex'; readonly s: number; readonly value: number; readonly count: number; readonly high: number }
  | { readonly k: 'low'; readonly s: number; readonly high: number; readonly at: number }

const hexValue = (b: number): number =>
  b >= 48 && b <= 57 ? b - 48 : b >= 97 && b <= 102 ? b - 87 : b >= 65 && b <= 70 ? b - 55 : -1

/** States over the characters of a string, as string-machine.ts makes them. */
export type TextMachine = {
  readonly partition: Partition
  readonly start: number
  step(state: number, cls: number): number
  /** What the string gives if it ends here, or -1. */
  result(state: number): number
}

export class TextLexer implements LexOwner {
  readonly machine: TextMachine
  /** The lexical state at the first character, or 0 when nothing is allowed. */
  readonly start: number
  private readonly table: LexTable
  private readonly json: boolean
  private readonly plain: boolean
  private readonly locals: Local[] = []
  private readonly ids = new Map<string, number>()

  /** `plain`: \\u only where there is no other spelling, for control characters. */
  constructor(machine: TextMachine, table: LexTable, json: boolean, plain = false) {
    this.plain = plain
    this.machine = machine
    this.table = table
    this.json = json
    this.start = machine.start === dead ? noWay : this.text(machine.start)
  }

  private lex(local: Local, key: string): number {
    let id = this.ids.get(key)
    if (id === undefined) {
      id = this.table.add(this, this.locals.length)
      this.locals.push(local)
      this.ids.set(key, id)
    }
    return id
  }

  private text(s: number): number {
    return s === dead ? noWay : this.lex({ k: 'text', s }, `t${s}`)
  }

  private skip(to: number, rest: number, hex: boolean): number {
    return this.lex({ k: 'skip', to, rest, hex }, `s${to},${rest},${hex}`)
  }

  /** What the string would give if it ended in this lexical state; -1 inside a character or where it may not end. */
  result(lex: number): number {
    const local = this.locals[this.table.local(lex)]!
    return local.k === 'text' ? this.machine.result(local.s) : -1
  }

  /** The machine's state, or -1 inside a character. */
  state(lex: number): number {
    const local = this.locals[this.table.local(lex)]!
    return local.k === 'text' ? local.s : -1
  }

  private character(s: number, cp: number): number {
    return this.machine.step(s, this.machine.partition.classOf(cp))
  }

  /** Where the code points lo..hi lead from s: 'none', one state, or 'many'. Surrogates are left out. */
  private reach(s: number, lo: number, hi: number): number | 'none' | 'many' {
    const { starts, classes } = this.machine.partition
    let found: number | 'none' = 'none'
    let missing = false
    for (let i = this.machine.partition.intervalOf(lo); i < starts.length && starts[i]! <= hi; i++) {
      const from = Math.max(lo, starts[i]!)
      const to = Math.min(hi, i + 1 < starts.length ? starts[i + 1]! - 1 : maxCodePoint)
      if (from >= 0xd800 && to <= 0xdfff) continue
      const t = this.machine.step(s, classes[i]!)
      if (t === dead) missing = true
      else if (found === 'none') found = t
      else if (found !== t) return 'many'
    }
    return found !== 'none' && missing ? 'many' : found
  }

  private utf8(s: number, value: number, rest: number, lo: number, hi: number): number {
    const shift = 6 * (rest - 1)
    const r = this.reach(s, ((value << 6) | (lo & 63)) << shift, ((((value << 6) | (hi & 63)) + 1) << shift) - 1)
    if (r === 'none') return noWay
    if (r !== 'many' && lo === 0x80 && hi === 0xbf) return this.skip(r, rest, false)
    return this.lex({ k: 'utf8', s, value, rest, lo, hi }, `u${s},${value},${rest},${lo},${hi}`)
  }

  private hex(s: number, value: number, count: number, high: number): number {
    const rest = 4 - count
    const lo = value << (4 * rest)
    const hi = ((value + 1) << (4 * rest)) - 1
    if (this.plain && (lo > 0x1f || this.reach(s, lo, Math.min(hi, 0x1f)) === 'none')) return noWay
    if (high >= 0) {
      // The second half of a pair.
      const from = Math.max(lo, 0xdc00)
      const to = Math.min(hi, 0xdfff)
      if (from > to) return noWay
      const base = 0x10000 + ((high - 0xd800) << 10)
      const r = this.reach(s, base + from - 0xdc00, base + to - 0xdc00)
      if (r === 'none') return noWay
      if (rest === 0) return r === 'many' ? noWay : this.text(r)
      if (r !== 'many' && lo >= 0xdc00 && hi <= 0xdfff) return this.skip(r, rest, true)
    } else if (rest === 0) {
      if (value >= 0xdc00 && value <= 0xdfff) return noWay
      if (value >= 0xd800 && value <= 0xdbff) return this.low(s, value, 0)
      return this.text(this.character(s, value))
    } else if ((hi < 0xd800 || lo > 0xdfff) && !this.plain) {
      const r = this.reach(s, lo, hi)
      if (r === 'none') return noWay
      if (r !== 'many') return this.skip(r, rest, true)
    } else if (!this.plain) {
      const alive =
        this.reach(s, lo, hi) !== 'none' || (lo <= 0xdbff && this.highs(s, Math.max(lo, 0xd800), Math.min(hi, 0xdbff)))
      if (!alive) return noWay
    }
    return this.lex({ k: 'hex', s, value, count, high }, `h${s},${value},${count},${high}`)
  }

  private highs(s: number, lo: number, hi: number): boolean {
    return (
      lo <= hi && this.reach(s, 0x10000 + ((lo - 0xd800) << 10), 0x10000 + ((hi - 0xd800 + 1) << 10) - 1) !== 'none'
    )
  }

  private low(s: number, high: number, at: number): number {
    if (!this.highs(s, high, high)) return noWay
    return this.lex({ k: 'low', s, high, at }, `l${s},${high},${at}`)
  }

  next(index: number, byte: number): number {
    const x = this.locals[index]!
    switch (x.k) {
      case 'text':
        return this.fromText(x.s, byte)
      case 'skip': {
        if (x.hex ? hexValue(byte) < 0 : byte < 0x80 || byte > 0xbf) return noWay
        return x.rest === 1 ? this.text(x.to) : this.skip(x.to, x.rest - 1, x.hex)
      }
      case 'utf8': {
        if (byte < x.lo || byte > x.hi) return noWay
        const value = (x.value << 6) | (byte & 63)
        return x.rest === 1 ? this.text(this.character(x.s, value)) : this.utf8(x.s, value, x.rest - 1, 0x80, 0xbf)
      }
      case 'escape': {
        if (byte === 0x75) return this.hex(x.s, 0, 0, -1)
        if (this.plain && byte === 0x2f) return noWay
        const cp = shortEscapes.get(byte)
        return cp === undefined ? noWay : this.text(this.character(x.s, cp))
      }
      case 'hex': {
        const v = hexValue(byte)
        return v < 0 ? noWay : this.hex(x.s, (x.value << 4) | v, x.count + 1, x.high)
      }
      case 'low':
        if (x.at === 0) return byte === backslash ? this.low(x.s, x.high, 1) : noWay
        return byte === 0x75 ? this.hex(x.s, 0, 0, x.high) : noWay
    }
  }

  private fromText(s: number, byte: number): number {
    if (this.json) {
      if (byte === quote) return this.machine.result(s) >= 0 ? event : noWay
      if (byte < 0x20) return noWay
      if (byte === backslash) return this.lex({ k: 'escape', s }, `e${s}`) * Number(this.escapable(s))
    }
    if (byte < 0x80) return this.text(this.character(s, byte))
    if (byte < 0xc2 || byte > 0xf4) return noWay
    if (byte < 0xe0) return this.utf8(s, byte & 31, 1, 0x80, 0xbf)
    if (byte < 0xf0) return this.utf8(s, byte & 15, 2, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf)
    return this.utf8(s, byte & 7, 3, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf)
  }

  private escapable(s: number): boolean {
    if (!this.plain) return this.reach(s, 0, maxCodePoint) !== 'none'
    return (
      this.reach(s, 0, 0x1f) !== 'none' || this.character(s, quote) !== dead || this.character(s, backslash) !== dead
    )
  }
}
