// JSON values as states of a table draft: a frame is pushed for each value and popped with its outcome. Knows nothing of the
// members of objects beyond where they begin; those are object-packer.ts.

import { type TypeIndex, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import type { JsonKit } from './json-kit.ts'
import { type Places, type Spot, slot, spaceSlot } from './json-spots.ts'
import { dead } from './language.ts'
import { event, noWay } from './lex-table.ts'
import type { Demand } from './memory.ts'
import { NumberMachine } from './number-machine.ts'
import { ObjectPacker } from './object-packer.ts'
import type { Plan } from './plan.ts'
import { LiteralLexer } from './scalars.ts'
import { CpuOnly, type DraftState, entry, type TableDraft } from './table-draft.ts'
import { Action } from './tables.ts'
import type { TextMachine } from './text-lexer.ts'
import { TextPacker, type TextPlan } from './text-packer.ts'

const white = [0x20, 0x0a, 0x0d, 0x09]

export class JsonPacker implements Places {
  readonly kit: JsonKit
  readonly draft: TableDraft
  private readonly symbols = new Map<string, number>()
  readonly texts: TextPacker
  private readonly objects: ObjectPacker

  constructor(kit: JsonKit, draft: TableDraft) {
    this.kit = kit
    this.draft = draft
    this.texts = new TextPacker(draft, kit.shop.table, kit.shop.plainEscapes)
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
    return this.outside(this.valueSpot('root', plan, () => this.outside(done)))
  }

  /** The state at a spot, before any white space. */
  at(spot: Spot): number {
    return this.draft.state(spot.key, (s) => this.fill(s, spot))
  }

  /** What a state at a spot does: white space is a frame of its own, unless it leads back to where it began. */
  fill(s: DraftState, spot: Spot): void {
    const { shop, space } = this.kit
    spot.prepare?.(s, false)
    for (let b = 0; b < 256; b++) {
      const to = shop.table.next(space.start, b)
      if (to === event) s.row[b] = spot.step(b, s)
      else if (to === space.start) s.row[b] = entry(Action.go, this.at(spot))
      else if (to !== noWay) {
        s.row[b] = entry(Action.push, this.blank(to))
        s.symbol = this.symbol(spot.key)
        this.draft.returns[s.symbol]!.set(spaceSlot, this.late(spot))
      }
    }
  }

  private blank(lex: number): number {
    return this.draft.state(`w${lex}`, (s) => {
      for (let b = 0; b < 256; b++) {
        const to = this.kit.shop.table.next(lex, b)
        if (to === event) s.row[b] = entry(Action.popRedo, spaceSlot)
        else if (to !== noWay) s.row[b] = entry(Action.go, this.blank(to))
      }
    })
  }

  /** A spot when its white space is over. */
  private late(spot: Spot): number {
    return this.draft.state(`${spot.key} late`, (s) => {
      spot.prepare?.(s, false)
      for (let b = 0; b < 256; b++) if (!white.includes(b)) s.row[b] = spot.step(b, s)
    })
  }

  /** A spot of the whole document, where the stack must stay empty. */
  private outside(spot: Spot, lex = this.kit.outer.start): number {
    const { shop, outer } = this.kit
    return this.draft.state(`${spot.key} ${lex}`, (s) => {
      spot.prepare?.(s, outer.ends(lex))
      for (let b = 0; b < 256; b++) {
        const to = shop.table.next(lex, b)
        if (to === event) s.row[b] = spot.step(b, s)
        else if (to !== noWay) s.row[b] = entry(Action.go, this.outside(spot, to))
      }
    })
  }

  private symbol(key: string): number {
    let id = this.symbols.get(key)
    if (id === undefined) {
      id = this.draft.symbol()[0]
      this.symbols.set(key, id)
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
        const fresh = !this.symbols.has(key)
        s.symbol = this.symbol(key)
        if (!fresh) return
        const slots = this.draft.returns[s.symbol]!
        for (const outcome of plan.child.results) slots.set(slot(outcome), after(outcome))
        for (const type of [0, 1, 2] as const) {
          const r = this.kit.reduce(plan.child, type)
          if (r) slots.set(type, after(r.results[0]!))
        }
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
      const machine = r && scalars.text(r).machine
      return machine && machine.start !== dead
        ? push(this.texts.state(this.stringPlan(r.key, machine), machine.start))
        : 0
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

  private stringPlan(key: string, machine: TextMachine): TextPlan {
    return { key: `s${key}`, machine, json: true, end: (result) => entry(Action.pop, slot(result)) }
  }

  /** Inside a number or a literal. */
  private scalar(lex: number): number {
    const { table } = this.kit.shop
    return this.draft.state(`l${lex}`, (s) => {
      const owner = table.owner(lex)
      const result = owner instanceof NumberMachine ? owner.result(lex) : -1
      if (result >= 0) s.returns = slot(result)
      for (let b = 0; b < 256; b++) {
        const to = table.next(lex, b)
        if (to === noWay) continue
        if (to !== event) s.row[b] = entry(Action.go, this.scalar(to))
        else
          s.row[b] = owner instanceof LiteralLexer ? entry(Action.pop, owner.type) : entry(Action.popRedo, slot(result))
      }
    })
  }

  private array(d: Demand, place: 'first' | 'after' | 'next'): Spot {
    const { planner } = this.kit
    if (planner.memory.tracksItems(d)) throw new CpuOnly('unique items are remembered on the CPU')
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
