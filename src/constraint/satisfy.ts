// Is there any JSON value under an expression? Exact but for two liberties noted below; this is what keeps generation out of
// dead ends. Recursion is decided as a least fixed point: values are finite. Knows nothing of bytes.

import { anyCube } from './cubes.ts'
import { compare, type Decimal, isInteger, normal } from './decimal.ts'
import { type Expr, type TypeIndex, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import { KeySpaces } from './key-space.ts'
import { dead } from './language.ts'
import { noWay } from './lex-table.ts'
import { arrayCube, type Questions } from './satisfy-array.ts'
import { objectCube } from './satisfy-object.ts'
import type { Workshop } from './workshop.ts'

const sure = [[true]]

export class Satisfier implements Questions {
  readonly spaces: KeySpaces
  readonly shop: Workshop
  private readonly values = new Map<Expr, boolean>()
  private readonly active = new Map<Expr, number>()
  private lowest = Infinity
  private readonly scalars = new Map<string, boolean>()
  private readonly containers = new Map<string, boolean>()

  constructor(shop: Workshop) {
    this.shop = shop
    this.spaces = new KeySpaces(shop)
  }

  value(x: Expr): boolean {
    if (x === this.shop.store.yes) return true
    if (x === this.shop.store.no) return false
    const known = this.values.get(x)
    if (known !== undefined) return known
    const depth = this.active.get(x)
    if (depth !== undefined) {
      this.lowest = Math.min(this.lowest, depth)
      return false
    }
    const mine = this.active.size
    const outer = this.lowest
    this.lowest = Infinity
    this.active.set(x, mine)
    let ok = false
    try {
      for (let t = 0; t < 7 && !ok; t++) ok = this.ofType(x, t as TypeIndex)
    } finally {
      this.active.delete(x)
    }
    // A "no" that leaned on an unfinished question is no answer yet.
    if (ok || this.lowest >= mine) this.values.set(x, ok)
    this.lowest = Math.min(outer, !ok && this.lowest < mine ? this.lowest : Infinity)
    return ok
  }

  ofType(x: Expr, type: TypeIndex): boolean {
    const left = this.shop.store.forType(x, type)
    if (left === this.shop.store.no) return false
    if (left === this.shop.store.yes) return true
    if (type === typeString || type === typeNumber) return this.scalar(left, type)
    if (type === typeArray) return this.array(left)
    if (type === typeObject) return this.object(left, none)
    return false
  }

  private scalar(x: Expr, type: TypeIndex): boolean {
    if (x.atom?.k === 'strings') return x.atom.values.size > 0
    const key = `${type},${x.id}`
    let ok = this.scalars.get(key)
    if (ok === undefined) {
      ok =
        type === typeString
          ? this.shop.strings([x], sure, [0]).start !== dead
          : this.shop.numbers([x], sure, [0]).start !== noWay
      this.scalars.set(key, ok)
    }
    return ok
  }

  /** `x` holds array atoms about the items still to come. */
  array(x: Expr): boolean {
    return this.remember(`a${x.id}`, () => anyCube(this.positive(x), this.shop.budget, (cube) => arrayCube(this, cube)))
  }

  /** Negated `contains` is `contains` with other bounds. */
  private positive(x: Expr): Expr {
    const { store } = this.shop
    if (x.k === 'not' && x.xs[0]!.atom?.k === 'contains') {
      const c = x.xs[0]!.atom
      return store.or(
        store.atom({ ...c, min: 0, max: c.min - 1 }),
        c.max === Infinity ? store.no : store.atom({ ...c, min: c.max + 1, max: Infinity }),
      )
    }
    return x.k === 'and' || x.k === 'or' ? store.map(x, (y) => this.positive(y)) : x
  }

  private remember(key: string, ask: () => boolean): boolean {
    const known = this.containers.get(key)
    if (known !== undefined) return known
    const outer = this.lowest
    this.lowest = Infinity
    const ok = ask()
    if (ok || this.lowest === Infinity) this.containers.set(key, ok)
    this.lowest = Math.min(outer, ok ? Infinity : this.lowest)
    return ok
  }

  /** How many values, up to a cap. */
  count(x: Expr, cap: number): number {
    const { store } = this.shop
    let n = 0
    for (let t = 0; t < 7 && n < cap; t++) {
      const left = store.forType(x, t as TypeIndex)
      if (left === store.no || !this.ofType(x, t as TypeIndex)) continue
      if (t < typeNumber) n++
      else if (t === typeString)
        n += [...this.shop.strings([left], sure, [0]).census(cap).values()].reduce((a, b) => a + b, 0)
      else if (t === typeNumber) n += this.countNumbers(left, cap)
      else return Infinity
    }
    return n
  }

  private countNumbers(x: Expr, cap: number): number {
    const { store } = this.shop
    const candidates: Decimal[] = []
    let low: Decimal | null = null
    let high: Decimal | null = null
    for (const a of store.atoms(x)) {
      if (a.atom!.k === 'numbers') candidates.push(...a.atom!.values)
      if (a.atom!.k !== 'less') continue
      const c = a.atom!.than
      if (!low || compare(c, low) < 0) low = c
      if (!high || compare(c, high) > 0) high = c
    }
    if (low && high && isInteger(low) && isInteger(high)) {
      const from = low.m * 10n ** BigInt(low.e)
      const to = high.m * 10n ** BigInt(high.e)
      if (to - from <= BigInt(cap) + 2n) for (let v = from; v <= to; v++) candidates.push(normal(v, 0))
    }
    if (candidates.length === 0) return Infinity
    const all = store.atom({ k: 'numbers', values: candidates })
    if (this.ofType(store.and(x, store.not(all)), typeNumber)) return Infinity
    const distinct = new Map(candidates.map((d) => [`${d.m}e${d.e}`, d]))
    let n = 0
    for (const d of distinct.values())
      if (this.ofType(store.and(x, store.atom({ k: 'numbers', values: [d] })), typeNumber)) n++
    return n
  }

  /** `x` holds object atoms about the members still to come; names in `used` can't come again. */
  object(x: Expr, used: ReadonlySet<string>): boolean {
    const key = `o${x.id}${used.size > 0 && this.minds(x) ? JSON.stringify([...used].sort()) : ''}`
    return this.remember(key, () => anyCube(x, this.shop.budget, (cube) => objectCube(this, this.spaces, cube, used)))
  }

  /** Whether used names matter: not when all that is asked is asked of every member alike. */
  minds(x: Expr): boolean {
    for (const y of x.k === 'and' ? x.xs : [x]) {
      if (y.k !== 'atom' || y.atom!.k === 'minProperties') return true
    }
    return false
  }
}

const none: ReadonlySet<string> = new Set()
