// How each number atom follows the digits of a number: comparison, divisibility, membership, each by digits and exactly. Knows
// nothing of the spelling beyond digits and the point.

import { compare, type Decimal, digits, isInteger, isMultiple } from './decimal.ts'
import type { Atom } from './expression.ts'

export const phase = { start: 0, minus: 1, zero: 2, int: 3, point: 4, frac: 5, e: 6, sign: 7, exp: 8, end: 9 } as const

export type Local = {
  readonly phase: number
  readonly negative: boolean
  readonly nInt: number
  /** Fraction digits, no further than any atom looks. */
  readonly nFrac: number
  /** Fraction digits that may still come. */
  readonly room: number
  /** The only integer digit so far, or the mantissa of an exponent; -1 if there are more. */
  readonly digit: number
  readonly exponent: number
  readonly minusExponent: boolean
  readonly fracNonZero: boolean
  /** The last fraction digit is a zero; told only where numbers are plain. */
  readonly fracEndsZero: boolean
  /** One number per atom, its meaning the atom's own. */
  readonly parts: readonly number[]
}

export type Part = {
  readonly start: number
  step(part: number, digit: number, s: Local): number
  /** true or false when sure whatever follows; undefined while open. */
  sure(part: number, s: Local): boolean | undefined
  atEnd(part: number, s: Local): boolean
  exact(value: Decimal, spelledWithExponent: boolean): boolean
  readonly intDigits: number
  readonly fracDigits: number
}

export function partOf(a: Atom): Part {
  switch (a.k) {
    case 'integer':
      return {
        start: 0,
        step: () => 0,
        sure: (_, s) => (s.fracNonZero || (a.strict && s.phase >= phase.point) ? false : undefined),
        atEnd: (_, s) => !s.fracNonZero && (!a.strict || s.phase < phase.point),
        exact: (v, exp) => isInteger(v) && !(a.strict && exp),
        intDigits: 0,
        fracDigits: 1,
      }
    case 'less':
      return lessPart(a.than, a.orEqual)
    case 'multiple':
      return multiplePart(a.of)
    case 'numbers':
      return numbersPart(a.values)
    default:
      throw new Error(`Cannot read numbers: not a number atom, received ${a.k}`)
  }
}

/** The part is the comparison of the digits so far with the constant's: 0 less, 1 equal, 2 greater. */
function lessPart(than: Decimal, orEqual: boolean): Part {
  const c = digits(than)
  const isZero = than.m === 0n
  const magnitude = (part: number, s: Local, final: boolean): number => {
    const inInt = s.phase <= phase.int
    if (inInt && s.nInt !== c.int.length) return s.nInt < c.int.length ? 0 : 2
    if (part !== 1 || !final) return part
    return (inInt ? 0 : s.nFrac) < c.frac.length ? 0 : 1
  }
  const answer = (m: number, s: Local): boolean => {
    // m compares |value| with |c|.
    if (isZero && m === 1) return orEqual
    if (s.negative !== c.negative) {
      if (isZero) return s.negative
      return s.negative
    }
    if (m === 1) return orEqual
    return s.negative ? m === 2 : m === 0
  }
  return {
    start: 1,
    step(part, d, s) {
      if (s.phase < phase.point) {
        if (part !== 1) return part
        const at = Number(c.int[s.nInt] ?? '0')
        if (s.nInt >= c.int.length) return 2
        return d < at ? 0 : d > at ? 2 : 1
      }
      if (s.phase === phase.point) part = magnitude(part, { ...s, phase: phase.int }, false)
      if (part !== 1) return part
      const at = Number(c.frac[s.nFrac] ?? '0')
      return d < at ? 0 : d > at ? 2 : 1
    },
    sure(part, s) {
      if (s.phase <= phase.minus) return undefined
      if (s.phase <= phase.int) {
        if (s.phase === phase.int && s.nInt <= c.int.length) return undefined
        if (s.phase === phase.zero) return undefined
        return answer(2, s)
      }
      if (s.phase === phase.point) return undefined
      return part === 1 ? undefined : answer(part, s)
    },
    atEnd: (part, s) => answer(magnitude(part, s, true), s),
    exact: (v) => (orEqual ? compare(v, than) <= 0 : compare(v, than) < 0),
    intDigits: c.int.length,
    fracDigits: c.frac.length + 1,
  }
}

/** The part is the value so far modulo the modulus, or -1 once it can't be a multiple. */
function multiplePart(of: Decimal): Part {
  const scale = Math.max(0, -of.e)
  const modulus = Number(of.m * 10n ** BigInt(Math.max(0, of.e)))
  return {
    start: 0,
    step(part, d, s) {
      if (part < 0) return part
      if (s.phase >= phase.point && s.nFrac >= scale) return d === 0 ? part : -1
      return (part * 10 + d) % modulus
    },
    sure: (part) => (part < 0 ? false : undefined),
    atEnd(part, s) {
      if (part < 0) return false
      for (let i = s.phase >= phase.point ? s.nFrac : 0; i < scale; i++) part = (part * 10) % modulus
      return part === 0
    },
    exact: (v) => isMultiple(v, of),
    intDigits: 0,
    fracDigits: scale + 1,
  }
}

/** The part is a node of the trie of the values' spellings; -1 none, -2 - n: at value n with only zeros since. */
function numbersPart(values: readonly Decimal[]): Part {
  const next: Map<string, number>[] = [new Map()]
  const ends: boolean[] = [false]
  // Decimals are normal: equal ones are spelled alike.
  const exactly = new Set(values.map((v) => `${v.m}e${v.e}`))
  let intDigits = 1
  let fracDigits = 1
  for (const v of values) {
    const d = digits(v)
    intDigits = Math.max(intDigits, d.int.length)
    fracDigits = Math.max(fracDigits, d.frac.length + 1)
    for (const sign of v.m === 0n ? ['+', '-'] : [d.negative ? '-' : '+']) {
      let at = 0
      for (const c of `${sign}${d.int}${d.frac ? `.${d.frac}` : ''}`) {
        let to = next[at]!.get(c)
        if (to === undefined) {
          to = next.length
          next[at]!.set(c, to)
          next.push(new Map())
          ends.push(false)
        }
        at = to
      }
      ends[at] = true
    }
  }
  // Fraction zeros keep the value: mark the nodes reached by them.
  const spread = (at: number, inFrac: boolean): void => {
    for (const [c, to] of next[at]!) {
      if (ends[at] && (c === '.' || (inFrac && c === '0'))) ends[to] = true
      spread(to, inFrac || c === '.')
    }
  }
  spread(0, false)
  const child = (at: number, c: string): number => (at < 0 ? -1 : (next[at]!.get(c) ?? -1))
  return {
    start: 0,
    step(part, d, s) {
      if (part === -2) return d === 0 ? -2 : -1
      if (s.phase === phase.start || s.phase === phase.minus) return child(child(0, s.negative ? '-' : '+'), String(d))
      if (s.phase < phase.point) return child(part, String(d))
      let at = part
      if (s.phase === phase.point) {
        if (at < 0) return -1
        const dot = child(at, '.')
        if (dot < 0) return ends[at] && d === 0 ? -2 : -1
        at = dot
      }
      const to = child(at, String(d))
      return to < 0 && at >= 0 && ends[at] && d === 0 ? -2 : to
    },
    sure: (part) => (part === -1 ? false : undefined),
    atEnd: (part) => part === -2 || (part >= 0 && ends[part]!),
    exact: (v) => exactly.has(`${v.m}e${v.e}`),
    intDigits,
    fracDigits,
  }
}
