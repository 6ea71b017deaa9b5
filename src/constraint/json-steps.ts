// Steps between the places of a JSON document: what structural bytes, finished values and finished names lead to. Places are
// frames, interned so that equal ones are one object. Knows nothing of bytes inside strings and numbers.

import { constant } from './const-value.ts'
import { playback, record, State, type Tape } from './engine.ts'
import { type Expr, typeArray, typeNumber, typeObject, typeString } from './expression.ts'
import { at, Frame, type FrameParts, lastValue } from './json-frames.ts'
import type { JsonKit } from './json-kit.ts'
import { parseJson } from './json-text.ts'
import { noWay } from './lex-table.ts'
import type { Demand } from './memory.ts'

const nothing: ReadonlySet<string> = new Set()
const decoder = new TextDecoder()

export class JsonSteps {
  /** Frames made since the root. */
  frames = 0
  private readonly kit: JsonKit

  constructor(kit: JsonKit) {
    this.kit = kit
  }

  state(frame: Frame, lex: number, tape: Tape | null): State {
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

  /** A fresh root: a value is expected. */
  root(whole: Demand): Frame {
    this.frames = 0
    return new Frame({
      kind: 'root',
      place: at.value,
      parent: null,
      demand: whole,
      used: nothing,
      space: null,
      plan: { child: whole, after: () => whole },
      name: null,
      cls: -1,
      taped: false,
      sticky: false,
    })
  }

  /** After the whole value. */
  done(root: Frame): State {
    const done = this.frame(root, 'done', { ...root, place: at.done, parent: root, plan: null })
    return this.state(done, this.kit.outer.start, null)
  }

  structural(f: Frame, byte: number, tape: Tape | null): State | null {
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
          const plan = this.kit.planner.item(f.demand)
          return plan
            ? this.state(this.move(f, at.next, f.demand, plan, f.used, null), this.kit.space.start, after)
            : null
        }
        const next = this.move(f, at.next, f.demand, null, f.used, null)
        return this.kit.members.keys(next).lexer.start === noWay ? null : this.state(next, this.kit.space.start, after)
      }
      case at.colon:
        return byte === 0x3a
          ? this.state(this.move(f, at.member, f.demand, f.plan, f.used, f.name, f.cls), this.kit.space.start, after)
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
    const tracked = f.kind === 'object' && (f.sticky || this.kit.planner.memory.tracksNames(demand) > 0)
    const taped =
      (f.parent?.taped ?? false) || tracked || (f.kind === 'array' && this.kit.planner.memory.tracksItems(demand))
    let kept = used
    if (f.kind === 'object' && !tracked && used.size > 0) {
      const own = [...used].filter((n) => f.space!.isDeclared(f.space!.classOf(n)))
      if (own.length < used.size) kept = new Set(own)
    }
    const key = `${f.kind}${place}|${demand.key}|${plan ? plan.child.key : ''}|${kept.size > 0 ? JSON.stringify([...kept].sort()) : ''}|${name ?? ''}|${cls}|${f.kind === 'object' ? this.kit.members.spaceId(f.space!) : ''}`
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
        const literal = this.kit.scalars.literals.find((l) => l.word.charCodeAt(0) === byte)!
        return this.kit.reduce(d, literal.type) ? go(literal.start) : null
      }
      case 0x22: {
        const r = this.kit.reduce(d, typeString)
        return r ? go(this.kit.scalars.text(r).start) : null
      }
      case 0x5b:
      case 0x7b:
        return this.open(f, byte, tape)
      default: {
        if (byte !== 0x2d && (byte < 0x30 || byte > 0x39)) return null
        const r = this.kit.reduce(d, typeNumber)
        if (!r) return null
        const machine = this.kit.scalars.number(r)
        if (machine.start === noWay) return null
        return go(this.kit.shop.table.next(machine.start, byte))
      }
    }
  }

  private open(f: Frame, byte: number, tape: Tape | null): State | null {
    const array = byte === 0x5b
    const d = this.kit.reduce(f.plan!.child, array ? typeArray : typeObject)
    if (!d) return null
    const taped =
      f.taped || (array ? this.kit.planner.memory.tracksItems(d) : this.kit.planner.memory.tracksNames(d) > 0)
    const space = array ? null : this.kit.members.spaceOf(d)
    const plan = array ? this.kit.planner.item(d) : null
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
      sticky: !array && this.kit.planner.memory.tracksNames(d) === 2,
    } as const
    const child = taped ? new Frame(parts) : this.frame(f, `${array}${d.key}`, parts)
    return this.state(child, this.kit.space.start, taped ? record(tape, Uint8Array.of(byte), 0, 1) : null)
  }

  private close(f: Frame, tape: Tape | null): State | null {
    const result = this.kit.planner.close(f.demand)
    return result < 0 ? null : this.returned(f.parent!, result, tape)
  }

  valueDone(f: Frame, result: number, tape: Tape | null): State | null {
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
    if (f.kind === 'root') return this.done(f)
    let value: Expr | null = null
    if (f.kind === 'array' && this.kit.planner.memory.tracksItems(f.demand)) {
      value = constant(parseJson(lastValue(decoder.decode(playback(tape)))), this.kit.shop.store, '')
    }
    const demand = f.plan!.after(outcome, value)
    if (!demand) return null
    let used = f.used
    if (f.kind === 'object' && f.name !== null) used = new Set(used).add(f.name)
    if (value && !this.kit.planner.alive(demand, typeArray, used)) return null
    return this.state(this.move(f, at.after, demand, null, used, null), this.kit.space.start, tape)
  }

  private beginKey(f: Frame, tape: Tape | null): State | null {
    const lex = this.kit.members.keys(f).lexer.start
    if (lex === noWay) return null
    const key = this.move(f, at.key, f.demand, null, f.used, null)
    key.keys = f.keys
    return this.state(key, lex, tape)
  }

  keyDone(f: Frame, cls: number, tape: Tape | null): State | null {
    if (cls < 0) return null
    const plan = this.kit.members.plan(f, cls)
    if (!plan) return null
    const space = f.space!
    let name: string | null = space.isDeclared(cls) ? space.declared[cls]! : null
    if (name === null && (f.sticky || this.kit.planner.memory.tracksNames(f.demand) > 0)) {
      name = JSON.parse(lastValue(decoder.decode(playback(tape)))) as string
      if (f.used.has(name)) return null
    }
    return this.state(this.move(f, at.colon, f.demand, plan, f.used, name, cls), this.kit.space.start, tape)
  }
}
