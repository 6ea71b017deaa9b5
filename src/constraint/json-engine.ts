// A JSON value under an expression, byte by byte: structure by frames, strings and numbers by their lexers. Every state it hands
// out can be completed. Knows nothing of schema syntax or tokens.

import { type Engine, record, type State } from './engine.ts'
import { BudgetExceeded } from './errors.ts'
import type { Expr } from './expression.ts'
import { at, type Frame } from './json-frames.ts'
import type { JsonKit } from './json-kit.ts'
import { JsonSteps } from './json-steps.ts'
import { event, type LexTable, noWay } from './lex-table.ts'
import type { Demand } from './memory.ts'
import { NumberMachine } from './number-machine.ts'
import { LiteralLexer, SpaceLexer } from './scalars.ts'
import type { TextLexer } from './text-lexer.ts'

const maxFrames = 100_000

export class JsonEngine implements Engine {
  readonly name = 'json'
  readonly table: LexTable
  readonly kit: JsonKit
  readonly whole: Demand | null
  private readonly steps: JsonSteps
  private root: Frame | null = null

  constructor(kit: JsonKit, value: Expr) {
    this.kit = kit
    this.table = kit.shop.table
    this.steps = new JsonSteps(kit)
    this.whole = kit.whole(value)
  }

  start(): State | null {
    const { space, outer } = this.kit
    if (!this.whole || space.start === noWay || outer.start === noWay) return null
    if (!this.root || this.steps.frames > maxFrames) this.root = this.steps.root(this.whole)
    return this.steps.state(this.root, outer.start, null)
  }

  /** After the value that began at that state of the root. */
  done(before: State): State {
    return this.steps.done(before.context as Frame)
  }

  at(base: State, lex: number, path: Uint8Array, from: number, to: number): State {
    const f = base.context as Frame
    return this.steps.state(f, lex, f.taped ? record(base.tape, path, from, to) : null)
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
        if (f.taped) return this.steps.structural(f, byte, record(base.tape, path, from, to))
        let move = f.moves.get(byte)
        if (move === undefined) {
          move = this.steps.structural(f, byte, null)
          f.moves.set(byte, move)
        }
        return move
      }
      const tape = f.taped ? record(base.tape, path, from, to) : null
      if (owner instanceof NumberMachine) {
        const done = this.steps.valueDone(f, owner.result(lex), tape)
        if (!done) return null
        const next = this.table.next(done.lex, byte)
        if (next === noWay) return null
        return next === event
          ? this.event(done, done.lex, byte, path, 0, 0)
          : this.at(done, next, Uint8Array.of(byte), 0, 1)
      }
      const with1 = f.taped ? record(tape, Uint8Array.of(byte), 0, 1) : null
      if (owner instanceof LiteralLexer)
        return this.steps.valueDone(f, this.kit.reduce(f.plan!.child, owner.type)?.results[0] ?? -1, with1)
      const result = (owner as TextLexer).result(lex)
      if (f.place !== at.key) return this.steps.valueDone(f, result, with1)
      if (f.taped) return this.steps.keyDone(f, result, with1)
      let named = f.ends.get(result)
      if (named === undefined) {
        named = this.steps.keyDone(f, result, null)
        f.ends.set(result, named)
      }
      return named
    } catch (error) {
      // A question too hard to answer counts as no: never an invalid text.
      if (this.table.lenient && (error instanceof BudgetExceeded || error instanceof RangeError)) return null
      throw error
    }
  }
}
