// Is there any object under object atoms with given truth values, some names used up? Knows of other values only what it can ask.

import type { Expr } from './expression.ts'
import type { KeySpaces } from './key-space.ts'
import type { Questions } from './satisfy-array.ts'

export function objectCube(
  ask: Questions,
  spaces: KeySpaces,
  cube: ReadonlyMap<Expr, boolean>,
  used: ReadonlySet<string>,
): boolean {
  const { store } = ask.shop
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
  const space = spaces.of([...hold, ...broken], [...required, ...forbidden])
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
    if (!ask.value(child)) return false
    chosen.set(cls, child)
  }
  if (broken.length === 0)
    return roomFor(ask, min - chosen.size, space.classes, chosen, may, base, (c) => space.size(c), used.size)
  // Every broken assertion needs a member that breaks it. Alone first: most contradictions show there.
  const wishes: { p: Expr; places: number[] }[] = []
  for (const p of broken) {
    const places: number[] = []
    const consider = (cls: number): void => {
      const breaks = store.not(space.child(p, cls))
      if (breaks !== store.no && ask.value(store.and(chosen.get(cls) ?? base(cls), breaks))) places.push(cls)
    }
    for (const cls of chosen.keys()) consider(cls)
    for (let c = 0; c < space.classes; c++) if (!chosen.has(c) && may(c) && space.size(c) > 0) consider(c)
    if (places.length === 0) return false
    wishes.push({ p, places })
  }
  wishes.sort((x, y) => x.places.length - y.places.length)
  const place = (i: number): boolean => {
    ask.shop.budget.spend(4)
    if (i === wishes.length) {
      if (chosen.size > max) return false
      return roomFor(ask, min - chosen.size, space.classes, chosen, may, base, (c) => space.size(c), used.size)
    }
    const { p, places } = wishes[i]!
    for (const cls of places) {
      const before = chosen.get(cls)
      const child = store.and(before ?? base(cls), store.not(space.child(p, cls)))
      if (!ask.value(child)) continue
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
function roomFor(
  ask: Questions,
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
    if (may(c) && ask.value(base(c)))
      missing -= size(c) === Infinity || size(c) === 1 ? size(c) : Math.max(0, size(c) - used)
  }
  return missing <= 0
}
