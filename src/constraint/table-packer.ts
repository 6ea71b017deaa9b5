// Explores an engine's automaton into packed tables. Regexes and choices are flat; JSON needs the stack, and sets of seen names
// where an object only declares and requires members. What needs more (tapes, recursion of grammars) stays on the CPU.

import type { Engine } from './engine.ts'
import { BudgetExceeded } from './errors.ts'
import { type Expr, type TypeIndex, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import { JsonEngine, type JsonParts } from './json-engine.ts'
import type { KeySpace } from './key-space.ts'
import { event, noWay } from './lex-table.ts'
import { NumberMachine } from './number-machine.ts'
import type { Demand, Plan } from './plan.ts'
import { LiteralLexer } from './scalars.ts'
import { Action, type DraftState, TableDraft, type Tables } from './tables.ts'
import { TextEngine } from './text-engine.ts'
import { TextLexer } from './text-lexer.ts'

const maxNames = 256
/** Slots of a symbol's outcomes: the three literals, then everything else by its meaning. */
const slot = (meaning: number): number => 3 + meaning

class CpuOnly extends Error {}

/** The tables, or the reason why only the CPU can walk this constraint. */
export function packTables(engine: Engine, mostStates = 20_000): Tables | string {
  try {
    if (engine instanceof TextEngine) return packText(engine, mostStates)
    if (engine instanceof JsonEngine) return new JsonPacker(engine.parts, mostStates).pack()
    return `${engine.name} constraints need the CPU`
  } catch (error) {
    if (error instanceof CpuOnly || error instanceof RangeError || error instanceof BudgetExceeded) return error.message
    throw error
  }
}

const entry = (action: number, operand: number): number => ((action << 28) | operand) >>> 0

function packText(engine: TextEngine, most: number): Tables {
  const draft = new TableDraft(most)
  const { table, lexer } = engine
  const visit = (lex: number): number =>
    draft.state(`${lex}`, (s) => {
      s.ends = lexer.result(lex) >= 0
      for (let b = 0; b < 256; b++) {
        const to = table.next(lex, b)
        if (to !== noWay) s.row[b] = entry(Action.go, visit(to))
      }
    })
  const start = visit(lexer.start)
  draft.finish()
  return draft.pack(start)
}

/** A place between tokens: what a byte that is no white space does there. */
type Spot = {
  readonly key: string
  step(byte: number, s: DraftState): number
  prepare?(s: DraftState, ends: boolean): void
}

class JsonPacker {
  private readonly draft: TableDraft
  private readonly p: JsonParts
  private readonly symbols = new Map<string, number>()
  private readonly keyReach = new Map<string, readonly number[] | null>()
  private readonly spaceIds = new Map<KeySpace, number>()

  constructor(parts: JsonParts, most: number) {
    this.p = parts
    this.draft = new TableDraft(most)
  }

  pack(): Tables {
    const { whole, outer } = this.p
    if (!whole) throw new CpuOnly('nothing satisfies it')
    const done: Spot = {
      key: 'done',
      step: () => 0,
      prepare: (s, ends) => {
        s.ends = ends
      },
    }
    const plan: Plan = { child: whole, after: () => whole }
    const root = this.valueSpot('root', plan, () => this.at(done, true))
    const start = this.at(root, true, outer.start)
    this.draft.finish()
    return this.draft.pack(start)
  }

  /** The state at a spot, within the white space before the next byte. */
  private at(spot: Spot, outside = false, lex = outside ? this.p.outer.start : this.p.space.start): number {
    const lexer = outside ? this.p.outer : this.p.space
    return this.draft.state(`${spot.key}|${outside}${lex}`, (s) => {
      spot.prepare?.(s, lexer.ends(lex))
      for (let b = 0; b < 256; b++) {
        const to = this.p.shop.table.next(lex, b)
        if (to === event) s.row[b] = spot.step(b, s)
        else if (to !== noWay) s.row[b] = entry(Action.go, this.at(spot, outside, to))
      }
    })
  }

  private symbol(key: string, plan: Plan, after: (outcome: number) => number): number {
    let id = this.symbols.get(key)
    if (id === undefined) {
      const [made, slots] = this.draft.symbol()
      id = made
      this.symbols.set(key, id)
      plan.child.results.forEach((outcome) => void slots.set(slot(outcome), after(outcome)))
      for (const type of [0, 1, 2] as const) {
        const r = this.p.reduce(plan.child, type)
        if (r) slots.set(type, after(r.results[0]!))
      }
    }
    return id
  }

  /** Where a value is expected; `after` gives the state after each outcome. */
  private valueSpot(
    key: string,
    plan: Plan,
    after: (outcome: number) => number,
    also?: (byte: number, s: DraftState) => number,
  ): Spot {
    return {
      key,
      prepare: (s) => {
        s.symbol = this.symbol(key, plan, after)
      },
      step: (byte, s) => this.begin(plan.child, byte) || (also?.(byte, s) ?? 0),
    }
  }

  /** The entry for the first byte of a value. */
  private begin(d: Demand, byte: number): number {
    const { scalars, shop } = this.p
    const push = (state: number): number => entry(Action.push, state)
    const literal = scalars.literals.find((l) => l.word.charCodeAt(0) === byte)
    if (literal) return this.p.reduce(d, literal.type) ? push(this.scalar(literal.start)) : 0
    if (byte === 0x22) {
      const r = this.p.reduce(d, typeString)
      const lex = r ? scalars.text(r).start : noWay
      return lex === noWay ? 0 : push(this.scalar(lex))
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const r = this.p.reduce(d, typeNumber)
      const start = r ? scalars.number(r).start : noWay
      const lex = start === noWay ? noWay : shop.table.next(start, byte)
      return lex > 0 ? push(this.scalar(lex)) : 0
    }
    if (byte !== 0x5b && byte !== 0x7b) return 0
    const type: TypeIndex = byte === 0x5b ? typeArray : typeObject
    const r = this.p.reduce(d, type)
    return r ? push(this.at(type === typeArray ? this.array(r, 'first') : this.object(r, 'first', nothing))) : 0
  }

  private scalar(lex: number): number {
    const { table } = this.p.shop
    return this.draft.state(`s${lex}`, (s) => {
      const owner = table.owner(lex)
      const result = owner instanceof NumberMachine || owner instanceof TextLexer ? owner.result(lex) : -1
      if (owner instanceof NumberMachine && result >= 0) s.returns = slot(result)
      for (let b = 0; b < 256; b++) {
        const to = table.next(lex, b)
        if (to === noWay) continue
        if (to !== event) s.row[b] = entry(Action.go, this.scalar(to))
        else if (owner instanceof NumberMachine) s.row[b] = entry(Action.popRedo, slot(result))
        else s.row[b] = entry(Action.pop, owner instanceof LiteralLexer ? owner.type : slot(result))
      }
    })
  }

  private array(d: Demand, place: 'first' | 'after' | 'next'): Spot {
    const { planner } = this.p
    if (planner.tracksItems(d)) throw new CpuOnly('unique items are remembered on the CPU')
    const key = `a${place}|${d.key}`
    const close = (byte: number): number => {
      const r = byte === 0x5d ? planner.close(d) : -1
      return r < 0 ? 0 : entry(Action.pop, slot(r))
    }
    if (place === 'after') {
      return {
        key,
        step: (byte) =>
          byte === 0x2c && planner.item(d) ? entry(Action.go, this.at(this.array(d, 'next'))) : close(byte),
      }
    }
    const plan = planner.item(d)
    const end = place === 'first' ? close : () => 0
    if (!plan) return { key, step: end }
    return this.valueSpot(key, plan, (o) => this.at(this.array(plan.after(o, null)!, 'after')), end)
  }

  /**
   * An object that begins easy is one state per place, names seen kept aside; any other has a state for every set of names
   * used, all its life.
   */
  private object(
    d: Demand,
    place: 'first' | 'after' | 'next',
    used: ReadonlySet<string>,
    space = this.p.spaceOf(d),
    easy = this.p.planner.easy(d),
  ): Spot {
    const { planner } = this.p
    if (planner.tracksNames(d) > 0) throw new CpuOnly('names are remembered on the CPU')
    const key = `o${place}|${d.key}|${this.spaceId(space)}|${easy ? '' : JSON.stringify([...used].sort())}`
    const required = easy ? requiredNames(d).map((n) => this.bit(space, n)) : []
    const closing = (byte: number): number => {
      if (byte !== 0x7d) return 0
      const r = easy ? (d.results[0] ?? -1) : planner.close(d)
      return r < 0 ? 0 : entry(Action.pop, slot(r))
    }
    const names = place === 'after' ? -1 : this.names(d, space, used, easy)
    return {
      key,
      prepare: (s) => {
        if (easy && place !== 'next' && required.length > 0) s.all = required
        if (easy && place === 'next') s.any = this.keyReach.get(this.namesKey(d, space, used, easy)) ?? null
      },
      step: (byte) => {
        if (place === 'after') {
          if (byte !== 0x2c) return closing(byte)
          const next = this.object(d, 'next', used, space, easy)
          return this.names(d, space, used, easy) < 0 ? 0 : entry(Action.go, this.at(next))
        }
        if (byte === 0x22) return names < 0 ? 0 : entry(Action.go, names)
        return place === 'first' ? closing(byte) : 0
      },
    }
  }

  private spaceId(s: KeySpace): number {
    let id = this.spaceIds.get(s)
    if (id === undefined) {
      id = this.spaceIds.size
      this.spaceIds.set(s, id)
    }
    return id
  }

  private bit(space: KeySpace, name: string): number {
    if (space.declared.length > maxNames) throw new CpuOnly(`an object declares more than ${maxNames} names`)
    return space.classOf(name)
  }

  private namesKey(d: Demand, space: KeySpace, used: ReadonlySet<string>, easy: boolean): string {
    return `k${d.key}|${this.spaceId(space)}|${easy ? '' : JSON.stringify([...used].sort())}`
  }

  private readonly nameStarts = new Map<string, number>()

  /** The state after a name's opening quote, or -1 when no name is possible. */
  private names(d: Demand, space: KeySpace, used: ReadonlySet<string>, easy: boolean): number {
    const key = this.namesKey(d, space, used, easy)
    const known = this.nameStarts.get(key)
    if (known !== undefined) return known
    const { planner, shop } = this.p
    const without = (c: number): ReadonlySet<string> =>
      space.isDeclared(c) ? new Set(used).add(space.declared[c]!) : used
    const allowed = new Set<number>()
    for (let c = 0; c < space.classes; c++) {
      if (!easy && space.isDeclared(c) && used.has(space.declared[c]!)) continue
      if (planner.mayCome(d, space, c, without(c))) allowed.add(c)
    }
    const lexer = new TextLexer(
      space.machine((c) => allowed.has(c), []),
      shop.table,
      true,
      shop.plainEscapes,
    )
    if (lexer.start === noWay) {
      this.nameStarts.set(key, -1)
      return -1
    }
    const reach = easy ? reachable(lexer, shop.table, space) : new Map<number, readonly number[] | null>()
    this.keyReach.set(key, reach.get(lexer.start) ?? null)
    const visit = (lex: number): number =>
      this.draft.state(`${key}~${lex}`, (s) => {
        s.any = reach.get(lex) ?? null
        for (let b = 0; b < 256; b++) {
          const to = shop.table.next(lex, b)
          if (to === event) s.row[b] = this.named(d, space, used, easy, lexer.result(lex))
          else if (to !== noWay) s.row[b] = entry(Action.go, visit(to))
        }
      })
    const start = visit(lexer.start)
    this.nameStarts.set(key, start)
    return start
  }

  /** The entry for a name's closing quote. */
  private named(d: Demand, space: KeySpace, used: ReadonlySet<string>, easy: boolean, cls: number): number {
    const { planner } = this.p
    const declared = space.isDeclared(cls)
    const later = declared ? new Set(used).add(space.declared[cls]!) : used
    const plan = planner.member(d, space, cls, later)
    if (!plan) return 0
    const key = `${this.namesKey(d, space, used, easy)}#${cls}`
    const value = this.valueSpot(`v${key}`, plan, (o) =>
      this.at(
        easy
          ? this.object(d, 'after', used, space, true)
          : this.object(plan.after(o, null)!, 'after', later, space, false),
      ),
    )
    const bit = easy && declared ? this.bit(space, space.declared[cls]!) : -1
    const colon: Spot = {
      key: `c${key}`,
      step: (byte) => (byte === 0x3a ? entry(Action.go, this.at(value)) : 0),
    }
    // Entered by the quote alone: only here the name is checked and noted.
    const first = this.draft.state(`n${key}`, (s) => {
      if (bit >= 0) {
        s.bit = bit
        s.any = [bit]
      }
      for (let b = 0; b < 256; b++) {
        const to = this.p.shop.table.next(this.p.space.start, b)
        if (to === event) s.row[b] = colon.step(b, s)
        else if (to !== noWay) s.row[b] = entry(Action.go, this.at(colon, false, to))
      }
    })
    return entry(bit >= 0 ? Action.name : Action.go, first)
  }
}

const nothing: ReadonlySet<string> = new Set()

function requiredNames(d: Demand): string[] {
  const x = d.roots[0]
  if (!x) return []
  return (x.k === 'and' ? x.xs : [x]).flatMap((y: Expr) => (y.atom?.k === 'required' ? [y.atom.key] : []))
}

/** By lexical state: the declared names still reachable, or null where an open class is. */
function reachable(
  lexer: TextLexer,
  table: { next(lex: number, byte: number): number },
  space: KeySpace,
): Map<number, readonly number[] | null> {
  const order: number[] = [lexer.start]
  const before = new Map<number, Set<number>>([[lexer.start, new Set()]])
  const found = new Map<number, Set<number>>([[lexer.start, new Set()]])
  for (let i = 0; i < order.length; i++) {
    const lex = order[i]!
    for (let b = 0; b < 256; b++) {
      const to = table.next(lex, b)
      if (to === event) found.get(lex)!.add(lexer.result(lex))
      else if (to !== noWay) {
        if (!before.has(to)) {
          before.set(to, new Set())
          found.set(to, new Set())
          order.push(to)
          if (order.length > 20_000) throw new RangeError('Cannot pack tables: too many states')
        }
        before.get(to)!.add(lex)
      }
    }
  }
  const todo = [...order]
  for (let lex = todo.pop(); lex !== undefined; lex = todo.pop()) {
    for (const p of before.get(lex)!) {
      const mine = found.get(p)!
      const size = mine.size
      for (const c of found.get(lex)!) mine.add(c)
      if (mine.size > size) todo.push(p)
    }
  }
  return new Map([...found].map(([lex, set]) => [lex, [...set].some((c) => !space.isDeclared(c)) ? null : [...set]]))
}
