// Is there any JSON value under an expression? Exact but for two liberties noted below; this is what keeps generation out of
// dead ends. Recursion is decided as a least fixed point: values are finite. Knows nothing of bytes.

import { anyCube } from './cubes.ts'
import { compare, type Decimal, isInteger, normal } from './decimal.ts'
import { BudgetExceeded } from './errors.ts'
import { type Expr, type TypeIndex, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import { KeySpaces } from './key-space.ts'
import { dead } from './language.ts'
import { noWay } from './lex-table.ts'
import type { Workshop } from './workshop.ts'

const sure = [[true]]

export class Satisfier {
  readonly spaces: KeySpaces
  private readonly shop: Workshop
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
    return this.remember(`a${x.id}`, () => anyCube(this.positive(x), this.shop.budget, (cube) => this.arrayCube(cube)))
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

  private arrayCube(cube: ReadonlyMap<Expr, boolean>): boolean {
    const { store } = this.shop
    const all: Extract<NonNullable<Expr['atom']>, { k: 'items' }>[] = []
    const broken: typeof all = []
    const contains: { x: Expr; min: number; max: number }[] = []
    let min = 0
    let max = Infinity
    let unique = false
    for (const [x, value] of cube) {
      const a = x.atom!
      if (a.k === 'items') (value ? all : broken).push(a)
      else if (a.k === 'minItems') {
        if (value) min = Math.max(min, a.n)
        else max = Math.min(max, a.n - 1)
      } else if (a.k === 'maxItems') {
        if (value) max = Math.min(max, a.n)
        else min = Math.max(min, a.n + 1)
      } else if (a.k === 'unique') {
        if (value) unique = true
        else min = Math.max(min, a.seen.length > 0 ? 1 : 2)
      } else if (a.k === 'contains') {
        if (value) contains.push(a)
        else if (a.max === Infinity) contains.push({ x: a.x, min: 0, max: a.min - 1 })
        else
          return [
            { x: a.x, min: 0, max: a.min - 1 },
            { x: a.x, min: a.max + 1, max: Infinity },
          ].some((c) => {
            const other = new Map(cube)
            other.delete(x)
            const y = store.atom({ k: 'contains', ...c })
            if (y === store.no) return false
            if (y !== store.yes) other.set(y, true)
            return this.arrayCube(other)
          })
      }
    }
    if (min > max) return false
    const prefix = Math.max(0, ...all.map((a) => a.prefix.length), ...broken.map((a) => a.prefix.length))
    const at = (a: (typeof all)[number], i: number): Expr => a.prefix[i] ?? a.rest
    const goals = contains.length + broken.length
    if (goals > 12) throw new BudgetExceeded('work')
    if (unique && !this.roomForUnique(cube, all, at, prefix, min)) return false
    const needed = (min2: number, counts: readonly number[], hits: number, length: number): boolean =>
      length >= min2 &&
      counts.every((c, i) => c >= contains[i]!.min && c <= contains[i]!.max) &&
      hits === (1 << broken.length) - 1
    type Node = { length: number; counts: number[]; hits: number; free: boolean }
    const seen = new Set<string>()
    let front: Node[] = [{ length: 0, counts: contains.map(() => 0), hits: 0, free: false }]
    while (front.length > 0) {
      const next: Node[] = []
      for (const n of front) {
        if (needed(n.free ? 0 : min, n.counts, n.hits, n.length)) return true
        if (n.length >= max) continue
        const i = Math.min(n.length, prefix)
        const base = all.map((a) => at(a, i))
        for (let choice = 0; choice < 1 << goals; choice++) {
          this.shop.budget.spend(4)
          const counts = n.counts.map((c, k) => c + ((choice >> k) & 1))
          if (counts.some((c, k) => c > contains[k]!.max)) continue
          const hits = n.hits | (choice >> contains.length)
          const parts = [...base]
          contains.forEach((c, k) => {
            if ((choice >> k) & 1) parts.push(c.x)
            else if (c.max !== Infinity) parts.push(store.not(c.x))
          })
          broken.forEach((b, k) => {
            if ((choice >> (contains.length + k)) & 1) parts.push(store.not(at(b, i)))
          })
          if (!this.value(store.and(store.yes, ...parts))) continue
          // An item after the prefix that changes no count can be repeated as often as needed.
          const free = n.free || (i === prefix && choice === 0 && max >= min)
          const capped = counts.map((c, k) => (contains[k]!.max === Infinity ? Math.min(c, contains[k]!.min) : c))
          const length = n.length + 1
          const key = `${free ? 'f' : Math.min(length, Math.max(prefix, max === Infinity ? min : max))},${capped.join()},${hits},${Math.min(length, prefix)}`
          if (seen.has(key)) continue
          seen.add(key)
          next.push({ length, counts: capped, hits, free })
        }
      }
      front = next
    }
    return false
  }

  /** Are there enough different items? Arrays and objects are taken to be many, the first liberty. */
  private roomForUnique(
    cube: ReadonlyMap<Expr, boolean>,
    all: readonly Extract<NonNullable<Expr['atom']>, { k: 'items' }>[],
    at: (a: Extract<NonNullable<Expr['atom']>, { k: 'items' }>, i: number) => Expr,
    prefix: number,
    min: number,
  ): boolean {
    const { store } = this.shop
    const seen: Expr[] = []
    for (const [x, value] of cube) if (value && x.atom!.k === 'unique') seen.push(...x.atom!.seen)
    const others = seen.map((v) => store.not(v))
    for (let i = 0; i < Math.min(prefix, min); i++) {
      if (!this.value(store.and(store.yes, ...all.map((a) => at(a, i)), ...others))) return false
    }
    if (min <= prefix && prefix > 0) return true
    return (
      min === 0 || this.count(store.and(store.yes, ...all.map((a) => at(a, prefix)), ...others), min) >= min - prefix
    )
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
    return this.remember(key, () => anyCube(x, this.shop.budget, (cube) => this.objectCube(cube, used)))
  }

  /** Whether used names matter: not when all that is asked is asked of every member alike. */
  minds(x: Expr): boolean {
    for (const y of x.k === 'and' ? x.xs : [x]) {
      if (y.k !== 'atom' || y.atom!.k === 'minProperties') return true
    }
    return false
  }

  private objectCube(cube: ReadonlyMap<Expr, boolean>, used: ReadonlySet<string>): boolean {
    const { store } = this.shop
    const hold: Expr[] = []
    const broken: Expr[] = []
    const required = new Set<string>()
    const forbidden = new Set<string>()
    let min = 0
    let max = Infinity
    for (const [x, value] of cube) {
      const a = x.atom!
      if (a.k === 'properties') (value ? hold : broken).push(x)
      else if (a.k === 'required') (value ? required : forbidden).add(a.key)
      else if (a.k === 'minProperties') {
        if (value) min = Math.max(min, a.n)
        else max = Math.min(max, a.n - 1)
      } else if (a.k === 'maxProperties') {
        if (value) max = Math.min(max, a.n)
        else min = Math.max(min, a.n + 1)
      }
    }
    if (min > max || required.size > max) return false
    for (const k of required) if (used.has(k)) return false
    const space = this.spaces.of([...hold, ...broken], [...required, ...forbidden])
    const base = (cls: number): Expr => store.and(store.yes, ...hold.map((p) => space.child(p, cls)))
    const may = (cls: number): boolean => {
      if (!space.isDeclared(cls)) return true
      const name = space.declared[cls]!
      return !used.has(name) && !forbidden.has(name)
    }
    const chosen = new Map<number, Expr>()
    for (const k of required) {
      const cls = space.classOf(k)
      const child = base(cls)
      if (!this.value(child)) return false
      chosen.set(cls, child)
    }
    if (broken.length === 0)
      return this.roomFor(min - chosen.size, space.classes, chosen, may, base, (c) => space.size(c), used.size)
    // Every broken assertion needs a member that breaks it. Alone first: most contradictions show there.
    const wishes: { p: Expr; places: number[] }[] = []
    for (const p of broken) {
      const places: number[] = []
      const consider = (cls: number): void => {
        const breaks = store.not(space.child(p, cls))
        if (breaks !== store.no && this.value(store.and(chosen.get(cls) ?? base(cls), breaks))) places.push(cls)
      }
      for (const cls of chosen.keys()) consider(cls)
      for (let c = 0; c < space.classes; c++) if (!chosen.has(c) && may(c) && space.size(c) > 0) consider(c)
      if (places.length === 0) return false
      wishes.push({ p, places })
    }
    wishes.sort((x, y) => x.places.length - y.places.length)
    const place = (i: number): boolean => {
      this.shop.budget.spend(4)
      if (i === wishes.length) {
        if (chosen.size > max) return false
        return this.roomFor(min - chosen.size, space.classes, chosen, may, base, (c) => space.size(c), used.size)
      }
      const { p, places } = wishes[i]!
      for (const cls of places) {
        const before = chosen.get(cls)
        const child = store.and(before ?? base(cls), store.not(space.child(p, cls)))
        if (!this.value(child)) continue
        chosen.set(cls, child)
        if (place(i + 1)) return true
        if (before) chosen.set(cls, before)
        else chosen.delete(cls)
      }
      return false
    }
    return place(0)
  }

  /** Are there names and values for so many more members? Two members of one open class are not told apart, the second liberty. */
  private roomFor(
    missing: number,
    classes: number,
    chosen: ReadonlyMap<number, Expr>,
    may: (cls: number) => boolean,
    base: (cls: number) => Expr,
    size: (cls: number) => number,
    used: number,
  ): boolean {
    if (missing <= 0) return true
    for (let c = classes - 1; c >= 0 && missing > 0; c--) {
      if (chosen.has(c) && size(c) === 1) continue
      if (may(c) && this.value(base(c)))
        missing -= size(c) === Infinity || size(c) === 1 ? size(c) : Math.max(0, size(c) - used)
    }
    return missing <= 0
  }
}

const none: ReadonlySet<string> = new Set()
