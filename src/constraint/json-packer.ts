// JSON values as states of a table draft: a frame is pushed for each value and popped with its outcome. Knows nothing of the
// members of objects beyond where they begin; those are object-packer.ts.

import { type TypeIndex, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import type { JsonKit } from './json-kit.ts'
import { type Places, type Spot, slot } from './json-spots.ts'
import { event, noWay } from './lex-table.ts'
import { NumberMachine } from './number-machine.ts'
import { ObjectPacker } from './object-packer.ts'
import type { Demand, Plan } from './plan.ts'
import { LiteralLexer } from './scalars.ts'
import { Action, CpuOnly, type DraftState, entry, type TableDraft } from './tables.ts'
import { TextLexer } from './text-lexer.ts'

export class JsonPacker implements Places {
  readonly kit: JsonKit
  readonly draft: TableDraft
  private readonly symbols = new Map<string, number>()
  private readonly objects: ObjectPacker

  constructor(kit: JsonKit, draft: TableDraft) {
    this.kit = kit
    this.draft = draft
    this.objects = new ObjectPacker(this)
  }

  /** A value alone, with the white space around it. */
  document(whole: Demand): number {
    const done: Spot = {
      key: 'done',
      step: () => 0,
      prepare: (s, ends) => {
        s.ends = ends
      },
    }
    const plan: Plan = { child: whole, after: () => whole }
    return this.at(
      this.valueSpot('root', plan, () => this.at(done, true)),
      true,
    )
  }

  /** The state at a spot, within the white space before the next byte. */
  at(spot: Spot, outside = false, lex = outside ? this.kit.outer.start : this.kit.space.start): number {
    const lexer = outside ? this.kit.outer : this.kit.space
    return this.draft.state(`${spot.key}|${outside}${lex}`, (s) => {
      spot.prepare?.(s, lexer.ends(lex))
      for (let b = 0; b < 256; b++) {
        const to = this.kit.shop.table.next(lex, b)
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
        const r = this.kit.reduce(plan.child, type)
        if (r) slots.set(type, after(r.results[0]!))
      }
    }
    return id
  }

  /** Where a value is expected; `after` gives the state after each outcome. */
  valueSpot(
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
    const { scalars, shop } = this.kit
    const push = (state: number): number => entry(Action.push, state)
    const literal = scalars.literals.find((l) => l.word.charCodeAt(0) === byte)
    if (literal) return this.kit.reduce(d, literal.type) ? push(this.scalar(literal.start)) : 0
    if (byte === 0x22) {
      const r = this.kit.reduce(d, typeString)
      const lex = r ? scalars.text(r).start : noWay
      return lex === noWay ? 0 : push(this.scalar(lex))
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      const r = this.kit.reduce(d, typeNumber)
      const start = r ? scalars.number(r).start : noWay
      const lex = start === noWay ? noWay : shop.table.next(start, byte)
      return lex > 0 ? push(this.scalar(lex)) : 0
    }
    if (byte !== 0x5b && byte !== 0x7b) return 0
    const inside = this.container(d, byte)
    return inside < 0 ? 0 : push(inside)
  }

  /** The state after the bracket or brace that opens a value, or -1. */
  container(d: Demand, byte: number): number {
    const type: TypeIndex = byte === 0x5b ? typeArray : typeObject
    const r = this.kit.reduce(d, type)
    if (!r) return -1
    return this.at(type === typeArray ? this.array(r, 'first') : this.objects.first(r))
  }

  private scalar(lex: number): number {
    const { table } = this.kit.shop
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
    const { planner } = this.kit
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
}
