// What a container still asks for, and what its next item or member has to do with it. A demand is some expressions and the
// rows of truth values they may end with; a plan is the demand on one child and the container's demand after each outcome.
// Knows nothing of bytes.

import { BudgetExceeded } from './errors.ts'
import { type Expr, typeArray, typeObject } from './expression.ts'
import type { KeySpace } from './key-space.ts'
import { type Demand, Memory } from './memory.ts'
import type { Satisfier } from './satisfy.ts'
import { evaluate, type Outcomes, outcomeIndex, type Workshop } from './workshop.ts'

export type Plan = {
  readonly child: Demand
  /** The container's demand after the child ended with that outcome. */
  after(outcome: number, value: Expr | null): Demand | null
}

const maxOutcomes = 256

export class Planner {
  private readonly shop: Workshop
  private readonly sat: Satisfier
  readonly memory: Memory
  private readonly arrayPlans = new Map<string, Plan>()

  constructor(shop: Workshop, sat: Satisfier) {
    this.shop = shop
    this.sat = sat
    this.memory = new Memory(shop)
  }

  /** Drops what is settled; null when no row is left. */
  demand(roots: readonly Expr[], rows: Outcomes, results: readonly number[]): Demand | null {
    const { store } = this.shop
    const open = roots.flatMap((r, i) => (r === store.yes || r === store.no ? [] : [i]))
    let kept: boolean[][] = []
    let means: number[] = []
    rows.forEach((row, n) => {
      if (!roots.every((r, i) => (r === store.yes ? row[i] === true : r === store.no ? row[i] === false : true))) return
      kept.push(open.map((i) => row[i]!))
      means.push(results[n]!)
    })
    if (kept.length === 0) return null
    let left = open.map((i) => roots[i]!)
    if (left.length === 0) {
      kept = [[]]
      means = [means[0]!]
    } else if (kept.length === 1 && (left.length > 1 || kept[0]![0] === false)) {
      left = [store.and(...left.map((r, i) => (kept[0]![i] ? r : store.not(r))), store.yes)]
      if (left[0] === store.no) return null
      kept = [[true]]
      if (left[0] === store.yes) {
        left = []
        kept = [[]]
      }
    }
    const key = `${left.map((r) => r.id).join()}|${kept.map((r, i) => `${r.map(Number).join('')}:${means[i]}`).join()}`
    return { roots: left, rows: kept, results: means, key }
  }

  /** Can a container with that demand still end well? */
  alive(d: Demand, type: number, used: ReadonlySet<string>): boolean {
    if (d.roots.length === 0) return true
    const { store } = this.shop
    return d.rows.some((row) => {
      const x = store.and(store.yes, ...d.roots.map((r, i) => (row[i] ? r : store.not(r))))
      if (x === store.no) return false
      return type === typeArray ? this.sat.array(x) : this.sat.object(x, used)
    })
  }

  /** The result if the container closed now, or -1. Required names in `kept` are taken to be there. */
  close(d: Demand, kept = none): number {
    const row = d.roots.map((r) => evaluate(r, (a) => settled(a, kept)))
    const i = outcomeIndex(row, d.rows)!
    return i < 0 ? -1 : d.results[i]!
  }

  item(d: Demand): Plan | null {
    let plan = this.arrayPlans.get(d.key)
    if (!plan) {
      const { store } = this.shop
      const ask = (a: Expr): Expr | null => {
        const x = a.atom!
        if (x.k === 'items') return x.prefix[0] ?? x.rest
        if (x.k === 'contains') return x.x
        if (x.k === 'unique') return store.and(store.yes, ...x.seen.map((v) => store.not(v)))
        return null
      }
      const derive = (a: Expr, verdict: boolean, value: Expr | null): Expr => {
        const x = a.atom!
        switch (x.k) {
          case 'items':
            return verdict ? store.atom({ ...x, prefix: x.prefix.slice(1) }) : store.no
          case 'contains':
            return verdict ? store.atom({ ...x, min: Math.max(0, x.min - 1), max: x.max - 1 }) : a
          case 'unique':
            // While the value is not known, something no value equals stands for it.
            return verdict ? store.atom({ k: 'unique', seen: [...x.seen, value ?? store.no] }) : store.no
          case 'minItems':
          case 'maxItems':
            return store.atom({ k: x.k, n: x.n - 1 })
          default:
            return a
        }
      }
      plan = this.plan(d, typeArray, none, ask, derive)
      this.arrayPlans.set(d.key, plan)
    }
    return plan.child.rows.length > 0 ? plan : null
  }

  /** Required names in `kept` stay required; see memory.ts. */
  member(d: Demand, space: KeySpace, cls: number, used: ReadonlySet<string>, kept = none): Plan | null {
    const { store } = this.shop
    const name = space.isDeclared(cls) ? space.declared[cls]! : null
    const ask = (a: Expr): Expr | null => (a.atom!.k === 'properties' ? space.child(a, cls) : null)
    const derive = (a: Expr, verdict: boolean): Expr => {
      const x = a.atom!
      switch (x.k) {
        case 'properties':
          return verdict ? a : store.no
        case 'required':
          return x.key === name && !kept.has(name) ? store.yes : a
        case 'minProperties':
          return store.atom({ k: x.k, n: x.n - 1, later: true })
        case 'maxProperties':
          return store.atom({ k: x.k, n: x.n - 1 })
        default:
          return a
      }
    }
    const plan = this.plan(d, typeObject, used, ask, derive)
    return plan.child.rows.length > 0 ? plan : null
  }

  /** Whether a member of that class may come; its plan need not be made yet. */
  mayCome(d: Demand, space: KeySpace, cls: number, used: ReadonlySet<string>, kept = none): boolean {
    if (!this.memory.easy(d)) return this.member(d, space, cls, used, kept) !== null
    const { store } = this.shop
    const x = d.roots[0]
    const children: Expr[] = []
    for (const y of x ? (x.k === 'and' ? x.xs : [x]) : [])
      if (y.atom!.k === 'properties') children.push(space.child(y, cls))
    return this.sat.value(store.and(store.yes, ...children))
  }

  private plan(
    d: Demand,
    type: number,
    used: ReadonlySet<string>,
    ask: (atom: Expr) => Expr | null,
    derive: (atom: Expr, verdict: boolean, value: Expr | null) => Expr,
  ): Plan {
    const { store } = this.shop
    const atoms = new Set<Expr>()
    for (const r of d.roots) store.atoms(r, atoms)
    const asked = new Map<Expr, Expr>()
    const children = new Set<Expr>()
    for (const a of atoms) {
      const c = ask(a)
      if (!c) continue
      asked.set(a, c)
      if (c !== store.yes && c !== store.no) children.add(c)
    }
    const list = [...children]
    // The demand after the verdicts known so far; atoms without a verdict stay as they are.
    const derived = (verdicts: ReadonlyMap<Expr, boolean>, whole: boolean, value: Expr | null): Demand | null => {
      const memo = new Map<Expr, Expr>()
      const roots = d.roots.map((r) =>
        store.substitute(
          r,
          (a) => {
            const c = asked.get(a)
            const v = c === undefined ? true : c === store.yes ? true : c === store.no ? false : verdicts.get(c)
            return v === undefined ? a : !v || whole ? derive(a, v, value) : a
          },
          memo,
        ),
      )
      return this.demand(roots, d.rows, d.results)
    }
    const easy = type === typeObject && this.memory.easy(d)
    const rows: boolean[][] = []
    const verdictsOf: Map<Expr, boolean>[] = []
    const known: (Demand | null)[] = []
    const search = (i: number, verdicts: Map<Expr, boolean>, so: Expr): void => {
      this.shop.budget.spend(2)
      if (i === list.length) {
        const next = derived(verdicts, true, null)
        if (!next || !(easy || this.alive(next, type, used))) return
        if (rows.length >= maxOutcomes) throw new BudgetExceeded('work')
        rows.push(list.map((c) => verdicts.get(c)!))
        verdictsOf.push(new Map(verdicts))
        known.push(next)
        return
      }
      for (const v of [true, false]) {
        const c = list[i]!
        const both = store.and(so, v ? c : store.not(c))
        if (both === store.no || !this.sat.value(both)) continue
        verdicts.set(c, v)
        if (v || derived(verdicts, false, null)) search(i + 1, verdicts, both)
        verdicts.delete(c)
      }
    }
    if (derived(new Map(), false, null)) search(0, new Map(), store.yes)
    const child = this.demand(
      list,
      rows,
      rows.map((_, i) => i),
    )
    return {
      child: child ?? { roots: [], rows: [], results: [], key: '' },
      after: (outcome, value) => (value === null ? known[outcome]! : derived(verdictsOf[outcome]!, true, value)),
    }
  }
}

const none: ReadonlySet<string> = new Set()

function settled(a: Expr, kept: ReadonlySet<string>): boolean {
  const x = a.atom!
  switch (x.k) {
    case 'required':
      return kept.has(x.key)
    case 'minItems':
    case 'minProperties':
      return false
    case 'contains':
      return x.min <= 0
    default:
      return true
  }
}
