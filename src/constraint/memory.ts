// What an automaton has to remember of a container besides its demand: items for uniqueness, names that came. Knows nothing of
// bytes, and not where it is remembered.

import type { Expr } from './expression.ts'
import type { KeySpace } from './key-space.ts'
import type { Outcomes, Workshop } from './workshop.ts'

/** What a value or the rest of a container has to fulfil. */
export type Demand = {
  readonly roots: readonly Expr[]
  readonly rows: Outcomes
  /** What each row means to whoever asked. */
  readonly results: readonly number[]
  readonly key: string
}

/** What declared names mean to a demand, beyond not coming twice. */
export type NamesOf = {
  /** Whether they came or not changes what else is possible. */
  readonly matter: ReadonlySet<string>
  /** They are required whatever else happens: it is enough to look when the object closes. */
  readonly kept: ReadonlySet<string>
}

export class Memory {
  private readonly shop: Workshop
  private readonly easies = new Map<string, boolean>()
  private readonly names = new Map<string, 0 | 1 | 2>()
  private readonly declared = new Map<KeySpace, Map<string, NamesOf>>()
  private readonly items = new Map<string, boolean>()

  constructor(shop: Workshop) {
    this.shop = shop
  }

  /** Nothing but assertions on members and names still required: whatever comes next can't make it worse. */
  easy(d: Demand): boolean {
    return remember(this.easies, d.key, () => {
      const plain = (y: Expr): boolean => y.atom?.k === 'properties' || y.atom?.k === 'required'
      return d.roots.length === 0 || (tops(d)?.every(plain) ?? false)
    })
  }

  /**
   * Whether open names must be told apart: 1 while members are counted, since a name said twice counts once; 2 to the end of the
   * object, where a later duplicate could undo what an earlier member decided (anything negated, or reported outwards).
   */
  tracksNames(d: Demand): 0 | 1 | 2 {
    return remember(this.names, d.key, () => {
      const { store } = this.shop
      if (!this.mayBeOpen(d)) return 0
      let level: 0 | 1 | 2 = 0
      this.visit(d, ({ atom: a }, under) => {
        // Declared names never come twice: only assertions that reach further are at risk.
        const open = a!.k === 'properties' && (a!.rest !== store.yes || a!.byPattern.length > 0)
        if (under && (open || a!.k === 'maxProperties' || a!.k === 'minProperties')) level = 2
        // The first member counts whatever its name.
        else if (a!.k === 'minProperties' && (a!.n > 1 || a!.later) && level === 0) level = 1
      })
      return level
    })
  }

  /** Whether a name that is not declared could come at all, now or later. */
  private mayBeOpen(d: Demand): boolean {
    const { store } = this.shop
    let patterns = false
    const roots = d.roots.map((r) =>
      store.substitute(r, (x) => {
        const a = x.atom!
        if (a.k !== 'properties') return x
        patterns ||= a.byPattern.length > 0
        return a.rest === store.no ? store.no : x
      }),
    )
    const fits = (row: readonly boolean[]): boolean => roots.every((r, i) => r !== (row[i] ? store.no : store.yes))
    return patterns || d.rows.some(fits)
  }

  /** Which declared names a walker has to know of, and which it only has to find at the end. */
  namesOf(d: Demand, space: KeySpace): NamesOf {
    let known = this.declared.get(space)
    if (!known) {
      known = new Map()
      this.declared.set(space, known)
    }
    return remember(known, d.key, () => {
      const matter = new Set<string>()
      let counted = false
      this.visit(d, (x, under) => {
        const a = x.atom!
        counted ||= a.k === 'minProperties' || a.k === 'maxProperties'
        // To have enough members, or to break an assertion, names must be free that can serve.
        if (a.k === 'minProperties' || (under && a.k === 'maxProperties')) for (const n of space.declared) matter.add(n)
        else if (under && a.k === 'properties')
          for (const [cls, name] of space.declared.entries())
            if (space.child(x, cls) !== this.shop.store.yes) matter.add(name)
      })
      const kept = (counted ? [] : (tops(d) ?? [])).flatMap(({ atom: a }) =>
        a?.k === 'required' && !matter.has(a.key) ? [a.key] : [],
      )
      return { matter, kept: new Set(kept) }
    })
  }

  tracksItems(d: Demand): boolean {
    return remember(this.items, d.key, () => {
      const atoms = new Set<Expr>()
      for (const r of d.roots) this.shop.store.atoms(r, atoms)
      return [...atoms].some((a) => a.atom!.k === 'unique')
    })
  }

  /** Every atom, and whether its being false may be asked for. */
  private visit(d: Demand, see: (atom: Expr, under: boolean) => void): void {
    const seen = [new Set<Expr>(), new Set<Expr>()]
    const visit = (x: Expr, under: boolean): void => {
      const mine = seen[Number(under)]!
      if (mine.has(x)) return
      mine.add(x)
      if (x.k === 'atom') see(x, under)
      for (const y of x.xs) visit(y, under || x.k === 'not' || x.k === 'one')
    }
    for (const r of d.roots) visit(r, d.rows.length > 1)
  }
}

/** The parts that must all hold, where that is what a demand is. */
function tops(d: Demand): readonly Expr[] | null {
  const x = d.roots[0]
  if (!x || d.roots.length > 1 || d.rows.length > 1 || !d.rows[0]![0]) return null
  return x.k === 'and' ? x.xs : [x]
}

function remember<V>(known: Map<string, V>, key: string, ask: () => V): V {
  let v = known.get(key)
  if (v === undefined) {
    v = ask()
    known.set(key, v)
  }
  return v
}
