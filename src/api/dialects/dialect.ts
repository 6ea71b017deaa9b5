// What a model's way of writing calls is made of: how it lays them out, how they are read. Knows no request.

import type { Reader, Reading } from './reader.ts'

export interface Dialect {
  readonly name: string
  readonly layout: Layout
  /** The literal that begins a call wherever it stands: what `layout` begins with. */
  readonly trigger?: string
  /**
   * Where there is none: texts one of which a reply begins with if it is a call, each up to the name, a space in them
   * standing for any white space or none.
   */
  readonly starts?: readonly string[]
  /** Ids of calls, where the template takes no others: that many letters and digits. */
  readonly idLength?: number
  /**
   * Reads the calls that begin here, behind their trigger or at the reply's start. False where there is none: what was taken is
   * then put back, as text of the reply.
   */
  read(reader: Reader, calls: CallSink): Reading<boolean>
}

/**
 * How calls are written, to the letter: open, then before, name, between, arguments (JSON), after of each call with the
 * separator in between, then close. Readers take more than this; what is held to a form is held to this one.
 */
export interface Layout {
  readonly open?: string
  readonly before: string
  readonly between: string
  readonly after: string
  readonly separator: string
  readonly close?: string
  /** Arguments have no white space between their tokens; as constraints have it unless told. */
  readonly compact?: true
}

/** Takes the calls of a reply. */
export interface CallSink {
  /** Whether a function may be called. */
  knows(name: string): boolean
  /** A call of it begins: what was taken up to here is no text of the reply any more. */
  begin(name: string): void
  /** A piece of its arguments. */
  arguments(text: string): void
}

/** Finds the dialect of a template; undefined where it is another's. */
export type DialectOf = (template: string) => Dialect | undefined
