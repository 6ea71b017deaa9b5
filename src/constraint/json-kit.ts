// What the JSON values of one constraint share: planner, lexers, the white space between tokens, and demands once a value's type
// is known. Knows nothing of places within a document.

import type { Expr } from './expression.ts'
import { type TypeIndex, typeArray, typeObject } from './expression.ts'
import { Members } from './json-members.ts'
import type { Language } from './language.ts'
import type { Demand } from './memory.ts'
import { Planner } from './plan.ts'
import { Satisfier } from './satisfy.ts'
import { Scalars, SpaceLexer } from './scalars.ts'
import { StringMachine } from './string-machine.ts'
import type { Workshop } from './workshop.ts'

const nothing: ReadonlySet<string> = new Set()

export class JsonKit {
  readonly shop: Workshop
  readonly planner: Planner
  readonly scalars: Scalars
  readonly members: Members
  readonly space: SpaceLexer
  readonly outer: SpaceLexer
  private readonly sat: Satisfier
  private readonly typed = new Map<string, Demand | null>()

  /** `space` and `outer`: the white space allowed between tokens and around the value. */
  constructor(shop: Workshop, space: Language, outer: Language) {
    this.shop = shop
    this.sat = new Satisfier(shop)
    this.planner = new Planner(shop, this.sat)
    this.scalars = new Scalars(shop)
    this.members = new Members(shop, this.sat, this.planner)
    const lexer = (l: Language): SpaceLexer => {
      const machine = new StringMachine([l], [true], (s) => (l.accepts(s[0]!) ? 0 : -1), shop.budget)
      return new SpaceLexer(machine, shop.table)
    }
    this.space = lexer(space)
    this.outer = lexer(outer)
  }

  /** The demand on a whole value, null when nothing satisfies it. */
  whole(value: Expr): Demand | null {
    return this.sat.value(value) ? { roots: [value], rows: [[true]], results: [0], key: `${value.id}|1:0` } : null
  }

  /** The demand on a value once its type is known. */
  reduce(d: Demand, type: TypeIndex): Demand | null {
    const key = `${type}/${d.key}`
    let r = this.typed.get(key)
    if (r === undefined) {
      r = this.planner.demand(
        d.roots.map((x) => this.shop.store.forType(x, type)),
        d.rows,
        d.results,
      )
      if (r && type === typeArray && !this.planner.alive(r, type, nothing)) r = null
      if (r && type === typeObject && !this.planner.alive(r, type, nothing)) r = null
      this.typed.set(key, r)
    }
    return r
  }
}
