// Is there any array under array atoms with given truth values? Decided by lengths and counts, item by item. Knows of other values
// only what it can ask.

import { BudgetExceeded } from './errors.ts'
import type { Expr } from './expression.ts'
import type { Workshop } from './workshop.ts'

export interface Questions {
  readonly shop: Workshop
  /** Is there a value under an expression? */
  value(x: Expr): boolean
  /** How many there are, up to a cap. */
  count(x: Expr, cap: number): number
}

export function arrayCube(ask: Questions, cube: ReadonlyMap<Expr, boolean>): boolean {
  const { store } = ask.shop
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
          return arrayCube(ask, other)
        })
    }
  }
  if (min > max) return false
  const prefix = Math.max(0, ...all.map((a) => a.prefix.length), ...broken.map((a) => a.prefix.length))
  const at = (a: (typeof all)[number], i: number): Expr => a.prefix[i] ?? a.rest
  const goals = contains.length + broken.length
  if (goals > 12) throw new BudgetExceeded('work')
  if (unique && !roomForUnique(ask, cube, all, at, prefix, min)) return false
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
        ask.shop.budget.spend(4)
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
        if (!ask.value(store.and(store.yes, ...parts))) continue
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
function roomForUnique(
  ask: Questions,
  cube: ReadonlyMap<Expr, boolean>,
  all: readonly Extract<NonNullable<Expr['atom']>, { k: 'items' }>[],
  at: (a: Extract<NonNullable<Expr['atom']>, { k: 'items' }>, i: number) => Expr,
  prefix: number,
  min: number,
): boolean {
  const { store } = ask.shop
  const seen: Expr[] = []
  for (const [x, value] of cube) if (value && x.atom!.k === 'unique') seen.push(...x.atom!.seen)
  const others = seen.map((v) => store.not(v))
  for (let i = 0; i < Math.min(prefix, min); i++) {
    if (!ask.value(store.and(store.yes, ...all.map((a) => at(a, i)), ...others))) return false
  }
  if (min <= prefix && prefix > 0) return true
  return min === 0 || ask.count(store.and(store.yes, ...all.map((a) => at(a, prefix)), ...others), min) >= min - prefix
}
