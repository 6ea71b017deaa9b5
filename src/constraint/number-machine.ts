// The spellings of one JSON number under a Boolean expression over number atoms. Digits are read one by one and compared
// exactly, never as floats. Restrictions, the same for all: bounded digits, exponents of two digits, and under a constraint an
// exponent only after a single digit; plain numbers have no exponent there, no fraction that ends with 0, and no -0. Knows
// nothing of other JSON.

import { normal } from './decimal.ts'
import { type Budget, BudgetExceeded } from './errors.ts'
import type { Expr } from './expression.ts'
import { event, type LexOwner, type LexTable, noWay } from './lex-table.ts'
import { type Local, type Part, partOf, phase } from './number-parts.ts'

const maxStates = 200_000
const alphabet = [...'0123456789.-+eE'].map((c) => c.charCodeAt(0))
const unknown = -2

export class NumberMachine implements LexOwner {
  /** The lexical state before the first character, or 0 when no number is allowed. */
  readonly start: number
  private readonly table: LexTable
  private readonly budget: Budget
  private readonly atoms: readonly Expr[]
  private readonly parts: readonly Part[]
  private readonly judge: (value: (atom: Expr) => boolean | undefined) => number | undefined
  private readonly locals: Local[] = []
  private readonly lexes: number[] = []
  private readonly ids = new Map<string, number>()
  private readonly fate: number[] = []
  private readonly moves: Int32Array[] = []
  private readonly care: 0 | 1 | 2
  private readonly maxInt: number
  private readonly maxAll: number
  private readonly maxFrac: number
  private readonly plain: boolean
  /** Whether the sign, and which digit a single one is beyond being 0, can change a result. */
  private readonly signs: boolean
  private readonly digits: boolean

  /** `judge` maps truth values of atoms to a result: -1 not allowed, undefined while open. */
  constructor(
    atoms: readonly Expr[],
    judge: (value: (atom: Expr) => boolean | undefined) => number | undefined,
    care: 0 | 1 | 2,
    plain: boolean,
    table: LexTable,
    budget: Budget,
  ) {
    this.plain = plain
    this.table = table
    this.budget = budget
    this.atoms = atoms
    this.judge = judge
    this.parts = atoms.map((a) => partOf(a.atom!))
    // Beyond 15 digits a reader that holds numbers as doubles may see another number: harmless for inclusive bounds only.
    const exact = care > 0 || atoms.some((a) => a.atom!.k === 'multiple')
    const integers = care === 0 && atoms.every((a) => a.atom!.k === 'integer')
    this.maxInt = integers ? 64 : Math.max(exact ? 15 : 20, ...this.parts.map((p) => p.intDigits))
    this.maxAll = care === 0 ? 24 : care === 1 ? 16 : 15
    this.care = care
    this.signs = plain || atoms.some((a) => a.atom!.k === 'less' || a.atom!.k === 'numbers')
    this.digits = atoms.some((a) => a.atom!.k !== 'integer')
    this.maxFrac = Math.max(1, ...this.parts.map((p) => p.fracDigits))
    const first = this.intern({
      phase: phase.start,
      negative: false,
      nInt: 0,
      nFrac: 0,
      room: 0,
      digit: -1,
      exponent: 0,
      minusExponent: false,
      fracNonZero: false,
      fracEndsZero: false,
      parts: this.parts.map((p) => p.start),
    })
    this.start = this.alive(first) ? this.lex(first) : noWay
  }

  private intern(s: Local): number {
    const key = `${s.phase}${s.negative ? '-' : '+'}${s.nInt},${s.nFrac},${s.room},${s.digit},${s.exponent},${s.minusExponent},${s.fracNonZero},${s.fracEndsZero},${s.parts.join()}`
    let id = this.ids.get(key)
    if (id === undefined) {
      if (this.locals.length >= maxStates) throw new BudgetExceeded('memory')
      this.budget.spend()
      id = this.locals.length
      this.ids.set(key, id)
      this.locals.push(s)
      this.fate.push(0)
      this.moves.push(new Int32Array(alphabet.length).fill(unknown))
    }
    return id
  }

  private lex(id: number): number {
    this.lexes[id] ??= this.table.add(this, id)
    return this.lexes[id]
  }

  result(lex: number): number {
    return this.resultOf(this.locals[this.table.local(lex)]!)
  }

  private resultOf(s: Local): number {
    if (this.plain && (s.fracEndsZero || (s.phase === phase.zero && s.negative))) return -1
    if (s.phase === phase.zero || s.phase === phase.int || s.phase === phase.frac) {
      return this.judge((a) => {
        const i = this.atoms.indexOf(a)
        return this.parts[i]!.atEnd(s.parts[i]!, s)
      })!
    }
    if (s.phase === phase.end) return s.digit
    if (s.phase !== phase.exp) return -1
    if (this.atoms.length === 0) return this.judge(() => undefined)!
    const m = BigInt(s.negative ? -s.digit : s.digit)
    const value = normal(m, s.minusExponent ? -s.exponent : s.exponent)
    return this.judge((a) => this.parts[this.atoms.indexOf(a)]!.exact(value, true))!
  }

  /** The local state after a byte, or -1; each found once. */
  private move(id: number, byte: number): number {
    const place = alphabet.indexOf(byte)
    if (place < 0) return -1
    const row = this.moves[id]!
    if (row[place] === unknown) row[place] = this.makeMove(id, byte)
    return row[place]!
  }

  private makeMove(id: number, byte: number): number {
    const s = this.locals[id]!
    const c = String.fromCharCode(byte)
    const isDigit = byte >= 48 && byte <= 57
    const d = byte - 48
    switch (s.phase) {
      case phase.start:
      case phase.minus:
        if (c === '-' && s.phase === phase.start) return this.intern({ ...s, phase: phase.minus, negative: this.signs })
        if (!isDigit) return -1
        return this.intern(this.digit({ ...s, nInt: 0 }, d, d === 0 ? phase.zero : phase.int))
      case phase.zero:
      case phase.int:
        if (isDigit) {
          if (s.phase === phase.zero || s.nInt >= this.maxInt) return -1
          return this.intern(this.digit(s, d, phase.int))
        }
        if (c === '.') return this.roomAfter(s.nInt) > 0 ? this.intern({ ...s, phase: phase.point, digit: -1 }) : -1
        return this.exponentMark(s, c)
      case phase.point:
      case phase.frac:
        if (isDigit) {
          if (s.phase === phase.frac && s.room === 0) return -1
          return this.intern(this.digit(s, d, phase.frac))
        }
        return s.phase === phase.frac && this.atoms.length === 0 ? this.exponentMark(s, c) : -1
      case phase.e:
        if (c === '+' || c === '-') return this.intern({ ...s, phase: phase.sign, minusExponent: c === '-' })
        return isDigit ? this.exponentDigit(s, d) : -1
      case phase.end:
        return -1
      default:
        return isDigit ? this.exponentDigit(s, d) : -1
    }
  }

  private digit(s: Local, d: number, to: number): Local {
    const inFrac = to === phase.frac
    return {
      ...s,
      phase: to,
      nInt: inFrac ? 0 : s.nInt + 1,
      nFrac: inFrac ? Math.min(s.nFrac + 1, this.maxFrac + 1) : 0,
      room: !inFrac ? 0 : (s.phase === phase.point ? this.roomAfter(s.nInt) : s.room) - 1,
      digit: inFrac || s.nInt > 0 || this.atoms.length === 0 ? -1 : this.digits ? d : Math.sign(d),
      fracNonZero: s.fracNonZero || (inFrac && d !== 0),
      fracEndsZero: this.plain && inFrac && d === 0,
      parts: this.parts.map((p, i) => p.step(s.parts[i]!, d, s)),
    }
  }

  /** How many fraction digits may follow so many integer digits. */
  private roomAfter(nInt: number): number {
    if (this.care === 0) return Math.max(this.maxAll, this.maxFrac)
    return this.care === 1 ? Math.max(this.maxAll - nInt, this.maxFrac) : Math.max(this.maxAll - nInt, 0)
  }

  private exponentMark(s: Local, c: string): number {
    if (c !== 'e' && c !== 'E') return -1
    const blank = {
      phase: phase.e,
      nInt: 0,
      nFrac: 0,
      room: 0,
      exponent: 0,
      fracNonZero: false,
      fracEndsZero: false,
      parts: [],
    }
    if (this.atoms.length === 0) return this.intern({ ...s, ...blank, digit: 0 })
    return !this.plain && s.phase === phase.int && s.nInt === 1 ? this.intern({ ...s, ...blank }) : -1
  }

  private exponentDigit(s: Local, d: number): number {
    if (s.nInt >= 2) return -1
    const exponent = this.atoms.length === 0 ? 0 : s.exponent * 10 + d
    if (exponent > 15) return -1
    const to = { ...s, phase: phase.exp, nInt: s.nInt + 1, exponent }
    if (to.nInt < 2 && exponent < 2) return this.intern(to)
    // No digit can follow: all that is left is what the number gives.
    return this.intern({ ...this.locals[0]!, phase: phase.end, digit: this.resultOf(to) })
  }

  private alive(id: number): boolean {
    if (this.fate[id] !== 0) return this.fate[id] === 1
    const from = new Map<number, number>([[id, -1]])
    const queue = [id]
    for (let i = 0; i < queue.length; i++) {
      const s = queue[i]!
      this.budget.spend()
      if (this.fate[s] === 1 || this.resultOf(this.locals[s]!) >= 0) {
        for (let p = s; p !== -1; p = from.get(p)!) this.fate[p] = 1
        return true
      }
      if (this.hopeless(this.locals[s]!)) continue
      for (const byte of alphabet) {
        const to = this.move(s, byte)
        if (to < 0 || from.has(to) || this.fate[to] === 2) continue
        from.set(to, s)
        queue.push(to)
      }
    }
    for (const s of queue) this.fate[s] = 2
    return false
  }

  private hopeless(s: Local): boolean {
    if (s.parts.length === 0 || s.phase >= phase.e) return false
    // An exponent can still change everything after a single digit.
    if (s.phase === phase.start || s.phase === phase.minus) return false
    if (!this.plain && s.phase === phase.int && s.nInt === 1) return false
    const r = this.judge((a) => {
      const i = this.atoms.indexOf(a)
      return this.parts[i]!.sure(s.parts[i]!, s)
    })
    return r === -1
  }

  next(id: number, byte: number): number {
    const to = this.move(id, byte)
    if (to >= 0) return this.alive(to) ? this.lex(to) : noWay
    const delimiter =
      byte === 0x2c || byte === 0x7d || byte === 0x5d || byte === 32 || byte === 10 || byte === 13 || byte === 9
    return delimiter && this.resultOf(this.locals[id]!) >= 0 ? event : noWay
  }
}
