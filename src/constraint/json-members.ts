// The members an object may still get: which names, their lexers, and the plan for the value under each. Knows nothing of bytes.

import type { Expr } from './expression.ts'
import type { Frame } from './json-frames.ts'
import type { KeySpace } from './key-space.ts'
import type { Demand } from './memory.ts'
import type { Plan, Planner } from './plan.ts'
import type { Satisfier } from './satisfy.ts'
import { TextLexer } from './text-lexer.ts'
import type { Workshop } from './workshop.ts'

export class Members {
  private readonly shop: Workshop
  private readonly sat: Satisfier
  private readonly planner: Planner
  private readonly keyLexers = new Map<string, TextLexer>()
  private readonly spaceIds = new Map<KeySpace, number>()

  constructor(shop: Workshop, sat: Satisfier, planner: Planner) {
    this.shop = shop
    this.sat = sat
    this.planner = planner
  }

  spaceId(s: KeySpace): number {
    let id = this.spaceIds.get(s)
    if (id === undefined) {
      id = this.spaceIds.size
      this.spaceIds.set(s, id)
    }
    return id
  }

  spaceOf(d: Demand): KeySpace {
    const atoms = new Set<Expr>()
    for (const r of d.roots) this.shop.store.atoms(r, atoms)
    const list = [...atoms]
    return this.sat.spaces.of(
      list.filter((a) => a.atom!.k === 'properties'),
      list.flatMap((a) => (a.atom!.k === 'required' ? [a.atom!.key] : [])),
    )
  }

  /** The plan for a member of that class, null when none is possible now. */
  plan(f: Frame, cls: number): Plan | null {
    let plan = f.plans.get(cls)
    if (plan === undefined) {
      const space = f.space!
      const name = space.isDeclared(cls) ? space.declared[cls]! : null
      plan =
        name !== null && f.used.has(name)
          ? null
          : this.planner.member(f.demand, space, cls, name === null ? f.used : new Set(f.used).add(name))
      f.plans.set(cls, plan)
    }
    return plan
  }

  private mayCome(f: Frame, cls: number): boolean {
    const known = f.plans.get(cls)
    if (known !== undefined) return known !== null
    const space = f.space!
    if (space.isDeclared(cls) && f.used.has(space.declared[cls]!)) return false
    return this.planner.mayCome(
      f.demand,
      space,
      cls,
      space.isDeclared(cls) ? new Set(f.used).add(space.declared[cls]!) : f.used,
    )
  }

  /** The lexer of the names possible now. */
  keys(f: Frame): { lexer: TextLexer; open: boolean } {
    if (f.keys) return f.keys
    const space = f.space!
    const id = this.spaceId(space)
    if (space.languages.length === 0 && this.mayCome(f, space.declared.length)) {
      // Any name may still come, so a name can be judged when it ends; the lexer is the same for all such frames.
      const key = `${id} open`
      let lexer = this.keyLexers.get(key)
      if (!lexer)
        lexer = new TextLexer(
          space.machine(() => true, []),
          this.shop.table,
          true,
          this.shop.plainEscapes,
        )
      this.keyLexers.set(key, lexer)
      f.keys = { lexer, open: true }
      return f.keys
    }
    const allowed: number[] = []
    for (let c = 0; c < space.classes; c++) if (this.mayCome(f, c)) allowed.push(c)
    const excluded = [...f.used].filter((n) => !space.isDeclared(space.classOf(n)))
    const key = `${id}|${allowed.join()}|${JSON.stringify(excluded)}`
    let lexer = this.keyLexers.get(key)
    if (!lexer) {
      const set = new Set(allowed)
      lexer = new TextLexer(
        space.machine((c) => set.has(c), excluded),
        this.shop.table,
        true,
        this.shop.plainEscapes,
      )
      this.keyLexers.set(key, lexer)
    }
    f.keys = { lexer, open: false }
    return f.keys
  }
}
