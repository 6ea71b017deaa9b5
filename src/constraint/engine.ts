// What every kind of constraint offers the walker above: immutable states, a byte table for the runs inside a token, and an
// answer when a run ends. Knows nothing of vocabularies.

import { event, type LexTable, noWay } from './lex-table.ts'

/** Bytes since a point the engine wants to remember, newest first. */
export type Tape = { readonly before: Tape | null; readonly byte: number; readonly length: number }

/** A place in the constraint. Immutable; equal places are the same object as long as no tape runs. */
export class State {
  readonly context: unknown
  readonly lex: number
  readonly tape: Tape | null

  constructor(context: unknown, lex: number, tape: Tape | null) {
    this.context = context
    this.lex = lex
    this.tape = tape
  }
}

export interface Engine {
  readonly table: LexTable
  start(): State | null
  /** The table said `event` at `lex` on `byte`, after `path[from..to)` had led there from `base`. */
  event(base: State, lex: number, byte: number, path: Uint8Array, from: number, to: number): State | null
  /** The state at `lex`, after `path[from..to)` from `base`, all inside the table. */
  at(base: State, lex: number, path: Uint8Array, from: number, to: number): State
  accepts(state: State): boolean
  /** The same place by the table as it is now, for engines that forget rows. Called before a step, never within. */
  refresh?(state: State): State
  /** What kind of engine it is, for reports. */
  readonly name: string
}

export function record(tape: Tape | null, path: Uint8Array, from: number, to: number): Tape | null {
  for (let i = from; i < to; i++) tape = { before: tape, byte: path[i]!, length: (tape?.length ?? 0) + 1 }
  return tape
}

export function playback(tape: Tape | null): Uint8Array {
  const out = new Uint8Array(tape?.length ?? 0)
  for (let t = tape, i = out.length; t; t = t.before) out[--i] = t.byte
  return out
}

const one = new Uint8Array(1)

export function stepByte(engine: Engine, state: State, byte: number): State | null {
  if (engine.refresh) state = engine.refresh(state)
  const to = engine.table.next(state.lex, byte)
  if (to === noWay) return null
  if (to === event) return engine.event(state, state.lex, byte, one, 0, 0)
  const path = Uint8Array.of(byte)
  return engine.at(state, to, path, 0, 1)
}
