// A JSON value under an expression, byte by byte: structure by frames, strings and numbers by their lexers. Every state it hands
// out can be completed. Knows nothing of schema syntax or tokens.

import { constant } from './const-value.ts'
import { type Engine, playback, record, State, type Tape } from './engine.ts'
import { BudgetExceeded } from './errors.ts'
import { type Expr, type TypeIndex, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import { at, Frame, type FrameParts, lastValue } from './json-frames.ts'
import { Members } from './json-members.ts'
import { parseJson } from './json-text.ts'
import type { KeySpace } from './key-space.ts'
import { type Language, LengthLanguage } from './language.ts'
import { event, type LexTable, noWay } from './lex-table.ts'
import { NumberMachine } from './number-machine.ts'
import { type Demand, Planner } from './plan.ts'
import { Satisfier } from './satisfy.ts'
import { LiteralLexer, Scalars, SpaceLexer } from './scalars.ts'
import { StringMachine } from './string-machine.ts'
import type { TextLexer } from './text-lexer.ts'
import type { Workshop } from './workshop.ts'

const nothing: ReadonlySet<string> = new Set()
const maxFrames = 100_000
const decoder = new TextDecoder()

export type JsonParts = {
  readonly shop: Workshop
  readonly planner: Planner
  readonly scalars: Scalars
  readonly space: SpaceLexer
  readonly outer: SpaceLexer
  readonly whole: Demand | null
  reduce(d: Demand, type: TypeIndex): Demand | null
  spaceOf(d: Demand): KeySpace
}

export class JsonEngine implements Engine {
  readonly name = 'json'
  readonly table: LexTable
  private readonly shop: Workshop
  private readonly sat: Satisfier
  private readonly planner: Planner
  private readonly scalars: Scalars
  private readonly space: SpaceLexer
  private readonly outer: SpaceLexer
  private readonly whole: Demand | null
  private readonly typed = new Map<string, Demand | null>()
  private readonly members: Members
  private root: Frame | null = null
  private frames = 0

  /** `space` and `outer`: the white space allowed between tokens and around the value. */
  constructor(shop: Workshop, value: Expr, space: Language, outer: Language) {
    this.shop = shop
    this.table = shop.table
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
    this.whole = this.sat.value(value) ? { roots: [value], rows: [[true]], results: [0], key: `${value.id}|1:0` } : null
  }

  static emptySpace(shop: Workshop): Language {
    return new LengthLanguage(shop.languageId(), 0, 0)
  }

  start(): State | null {
    if (!this.whole || this.space.start === noWay || this.outer.start === noWay) return null
    if (!this.root || this.frames > maxFrames) {
      this.frames = 0
      const plan = { child: this.whole, after: () => this.whole }
      this.root = new Frame({
        kind: 'root',
        place: at.value,
        parent: null,
        demand: this.whole,
        used: nothing,
        space: null,
        plan,
        name: null,
        cls: -1,
        taped: false,
        sticky: false,
      })
    }
    return this.state(this.root, this.outer.start, null)
  }

  private state(frame: Frame, lex: number, tape: Tape | null): State {
    if (frame.taped) return new State(frame, lex, tape)
    let s = frame.states.get(lex)
    if (!s) {
      s = new State(frame, lex, null)
      frame.states.set(lex, s)
    }
    return s
  }

  private frame(below: Frame | null, key: string, parts: FrameParts): Frame {
    const home = below?.children
    let f = home?.get(key)
    if (!f) {
      this.frames++
      f = new Frame(parts)
      home?.set(key, f)
    }
    return f
  }

  at(base: State, lex: number, path: Uint8Array, from: number, to: number): State {
    const f = base.context as Frame
    return this.state(f, lex, f.taped ? record(base.tape, path, from, to) : null)
  }

  accepts(s: State): boolean {
    const f = s.context as Frame
    if (f.kind !== 'root') return false
    const owner = this.table.owner(s.lex)
    if (f.place === at.done) return owner instanceof SpaceLexer && owner.ends(s.lex)
    return owner instanceof NumberMachine && owner.result(s.lex) >= 0
  }

  event(base: State, lex: number, byte: number, path: Uint8Array, from: number, to: number): State | null {
    const f = base.context as Frame
    const owner = this.table.owner(lex)
    try {
      if (owner instanceof SpaceLexer) {
        if (f.taped) return this.structural(f, byte, record(base.tape, path, from, to))
        let move = f.moves.get(byte)
        if (move === undefined) {
          move = this.structural(f, byte, null)
          f.moves.set(byte, move)
        }
        return move
      }
      const tape = f.taped ? record(base.tape, path, from, to) : null
      if (owner instanceof NumberMachine) {
        const done = this.valueDone(f, owner.result(lex), tape)
        if (!done) return null
        const next = this.table.next(done.lex, byte)
        if (next === noWay) return null
        return next === event
          ? this.event(done, done.lex, byte, path, 0, 0)
          : this.at(done, next, Uint8Array.of(byte), 0, 1)
      }
      const with1 = f.taped ? record(tape, Uint8Array.of(byte), 0, 1) : null
      if (owner instanceof LiteralLexer) return this.valueDone(f, this.literal(f, owner.type), with1)
      const result = (owner as TextLexer).result(lex)
      if (f.place !== at.key) return this.valueDone(f, result, with1)
      if (f.taped) return this.keyDone(f, result, with1)
      let named = f.ends.get(result)
      if (named === undefined) {
        named = this.keyDone(f, result, null)
        f.ends.set(result, named)
      }
      return named
    } catch (error) {
      // A question too hard to answer counts as no: never an invalid text.
      if (this.table.lenient && (error instanceof BudgetExceeded || error instanceof RangeError)) return null
      throw error
    }
  }

  /** The parts a packer of tables explores; see tables.ts. */
  get parts(): JsonParts {
    const { shop, planner, scalars, space, outer, whole } = this
    return {
      shop,
      planner,
      scalars,
      space,
      outer,
      whole,
      reduce: (d, t) => this.reduce(d, t),
      spaceOf: (d) => this.members.spaceOf(d),
    }
  }

  /** The demand on a value once its type is known. */
  private reduce(d: Demand, type: TypeIndex): Demand | null {
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

  private literal(f: Frame, type: TypeIndex): number {
    return this.reduce(f.plan!.child, type)?.results[0] ?? -1
  }

  private structural(f: Frame, byte: number, tape: Tape | null): State | null {
    const after = f.taped ? record(tape, Uint8Array.of(byte), 0, 1) : null
    switch (f.place) {
      case at.value:
      case at.member:
        return this.begin(f, byte, tape)
      case at.done:
        return null
      case at.first:
      case at.next:
        if (byte === (f.kind === 'array' ? 0x5d : 0x7d) && f.place === at.first) return this.close(f, after)
        if (f.kind === 'array') return f.plan ? this.begin(f, byte, tape) : null
        return byte === 0x22 ? this.beginKey(f, after) : null
      case at.after: {
        if (byte === (f.kind === 'array' ? 0x5d : 0x7d)) return this.close(f, after)
        if (byte !== 0x2c) return null
        if (f.kind === 'array') {
          const plan = this.planner.item(f.demand)
          return plan ? this.state(this.move(f, at.next, f.demand, plan, f.used, null), this.space.start, after) : null
        }
        const next = this.move(f, at.next, f.demand, null, f.used, null)
        return this.members.keys(next).lexer.start === noWay ? null : this.state(next, this.space.start, after)
      }
      case at.colon:
        return byte === 0x3a
          ? this.state(this.move(f, at.member, f.demand, f.plan, f.used, f.name, f.cls), this.space.start, after)
          : null
      default:
        return null
    }
  }

  /** Another place in the same container. Interned below the frame around it. */
  private move(
    f: Frame,
    place: FrameParts['place'],
    demand: Demand,
    plan: FrameParts['plan'],
    used: ReadonlySet<string>,
    name: string | null,
    cls = -1,
  ): Frame {
    const tracked = f.kind === 'object' && (f.sticky || this.planner.tracksNames(demand) > 0)
    const taped = (f.parent?.taped ?? false) || tracked || (f.kind === 'array' && this.planner.tracksItems(demand))
    let kept = used
    if (f.kind === 'object' && !tracked && used.size > 0) {
      const own = [...used].filter((n) => f.space!.isDeclared(f.space!.classOf(n)))
      if (own.length < used.size) kept = new Set(own)
    }
    const key = `${f.kind}${place}|${demand.key}|${plan ? plan.child.key : ''}|${kept.size > 0 ? JSON.stringify([...kept].sort()) : ''}|${name ?? ''}|${cls}|${f.kind === 'object' ? this.members.spaceId(f.space!) : ''}`
    const parts = {
      kind: f.kind,
      place,
      parent: f.parent,
      demand,
      used: kept,
      space: f.space,
      plan,
      name,
      cls,
      taped,
      sticky: f.sticky,
    }
    return taped ? new Frame(parts) : this.frame(f.parent, key, parts)
  }

  /** The first byte of a value, at a frame that expects one. */
  private begin(f: Frame, byte: number, tape: Tape | null): State | null {
    const d = f.plan!.child
    const go = (lex: number): State | null =>
      lex === noWay ? null : this.state(f, lex, f.taped ? record(tape, Uint8Array.of(byte), 0, 1) : null)
    switch (byte) {
      case 0x6e:
      case 0x74:
      case 0x66: {
        const literal = this.scalars.literals.find((l) => l.word.charCodeAt(0) === byte)!
        return this.reduce(d, literal.type) ? go(literal.start) : null
      }
      case 0x22: {
        const r = this.reduce(d, typeString)
        return r ? go(this.scalars.text(r).start) : null
      }
      case 0x5b:
      case 0x7b:
        return this.open(f, byte, tape)
      default: {
        if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) return null
        const r = this.reduce(d, typeNumber)
        if (!r) return null
        const machine = this.scalars.number(r)
        if (machine.start === noWay) return null
        return go(this.table.next(machine.start, byte))
      }
    }
  }

  private open(f: Frame, byte: number, tape: Tape | null): State | null {
    const array = byte === 0x5b
    const d = this.reduce(f.plan!.child, array ? typeArray : typeObject)
    if (!d) return null
    const taped = f.taped || (array ? this.planner.tracksItems(d) : this.planner.tracksNames(d) > 0)
    const space = array ? null : this.members.spaceOf(d)
    const plan = array ? this.planner.item(d) : null
    const parts = {
      kind: array ? 'array' : 'object',
      place: at.first,
      parent: f,
      demand: d,
      used: nothing,
      space,
      plan,
      name: null,
      cls: -1,
      taped,
      sticky: !array && this.planner.tracksNames(d) === 2,
    } as const
    const child = taped ? new Frame(parts) : this.frame(f, `${array}${d.key}`, parts)
    return this.state(child, this.space.start, taped ? record(tape, Uint8Array.of(byte), 0, 1) : null)
  }

  private close(f: Frame, tape: Tape | null): State | null {
    const result = this.planner.close(f.demand)
    return result < 0 ? null : this.returned(f.parent!, result, tape)
  }

  private valueDone(f: Frame, result: number, tape: Tape | null): State | null {
    if (result < 0) return null
    if (f.taped) return this.returned(f, result, tape)
    let s = f.ends.get(result)
    if (s === undefined) {
      s = this.returned(f, result, null)
      f.ends.set(result, s)
    }
    return s
  }

  /** A value at frame f ended with that outcome. */
  private returned(f: Frame, outcome: number, tape: Tape | null): State | null {
    if (f.kind === 'root') {
      const done = this.frame(f, 'done', { ...f, kind: 'root', place: at.done, parent: f, plan: null, taped: false })
      return this.state(done, this.outer.start, null)
    }
    let value: Expr | null = null
    if (f.kind === 'array' && this.planner.tracksItems(f.demand)) {
      value = constant(parseJson(lastValue(decoder.decode(playback(tape)))), this.shop.store, '')
    }
    const demand = f.plan!.after(outcome, value)
    if (!demand) return null
    let used = f.used
    if (f.kind === 'object' && f.name !== null) used = new Set(used).add(f.name)
    if (value && !this.planner.alive(demand, typeArray, used)) return null
    return this.state(this.move(f, at.after, demand, null, used, null), this.space.start, tape)
  }

  private beginKey(f: Frame, tape: Tape | null): State | null {
    const lex = this.members.keys(f).lexer.start
    if (lex === noWay) return null
    const key = this.move(f, at.key, f.demand, null, f.used, null)
    key.keys = f.keys
    return this.state(key, lex, tape)
  }

  private keyDone(f: Frame, cls: number, tape: Tape | null): State | null {
    if (cls < 0) return null
    const plan = this.members.plan(f, cls)
    if (!plan) return null
    const space = f.space!
    let name: string | null = space.isDeclared(cls) ? space.declared[cls]! : null
    if (name === null && (f.sticky || this.planner.tracksNames(f.demand) > 0)) {
      name = JSON.parse(lastValue(decoder.decode(playback(tape)))) as string
      if (f.used.has(name)) return null
    }
    return this.state(this.move(f, at.colon, f.demand, plan, f.used, name, cls), this.space.start, tape)
  }
}
