// The lexers a JSON value can begin with, for a demand: literals, numbers, strings. Shared between places that ask the same.
// Knows nothing of containers.

import type { Budget } from './errors.ts'
import { type TypeIndex, types } from './expression.ts'
import { event, type LexOwner, type LexTable, noWay } from './lex-table.ts'
import type { Demand } from './memory.ts'
import type { NumberMachine } from './number-machine.ts'
import type { StringMachine } from './string-machine.ts'
import { TextLexer } from './text-lexer.ts'
import type { Workshop } from './workshop.ts'

/** One of null, true, false, from its second letter on. */
export class LiteralLexer implements LexOwner {
  readonly word: string
  readonly start: number
  private readonly lexes: number[] = []

  constructor(word: string, table: LexTable) {
    this.word = word
    for (let i = 1; i < word.length; i++) this.lexes[i] = table.add(this, i)
    this.start = this.lexes[1]!
  }

  next(local: number, byte: number): number {
    if (this.word.charCodeAt(local) !== byte) return noWay
    return local === this.word.length - 1 ? event : this.lexes[local + 1]!
  }

  get type(): TypeIndex {
    return types.indexOf(this.word as 'null') as TypeIndex
  }
}

/** White space between JSON tokens: any byte that is not white space ends it. */
export class SpaceLexer implements LexOwner {
  readonly start: number
  private readonly machine: StringMachine
  private readonly table: LexTable
  private readonly lexes: number[] = []

  constructor(machine: StringMachine, table: LexTable) {
    this.machine = machine
    this.table = table
    this.start = machine.start < 0 ? noWay : this.lex(machine.start)
  }

  private lex(s: number): number {
    this.lexes[s] ??= this.table.add(this, s)
    return this.lexes[s]
  }

  next(s: number, byte: number): number {
    if (byte === 32 || byte === 10 || byte === 13 || byte === 9) {
      const to = this.machine.step(s, this.machine.partition.classOf(byte))
      return to < 0 ? noWay : this.lex(to)
    }
    return this.mayEnd(s) ? event : noWay
  }

  private mayEnd(s: number): boolean {
    return this.machine.result(s) >= 0
  }

  ends(lex: number): boolean {
    return this.mayEnd(this.table.local(lex))
  }
}

export class Scalars {
  readonly literals: readonly LiteralLexer[]
  private readonly shop: Workshop
  private readonly texts = new Map<string, TextLexer>()
  private readonly numbers = new Map<string, NumberMachine>()
  private readonly budget: Budget

  constructor(shop: Workshop) {
    this.shop = shop
    this.budget = shop.budget
    this.literals = ['null', 'true', 'false'].map((w) => new LiteralLexer(w, shop.table))
  }

  /** `d` is a demand already reduced to strings. */
  text(d: Demand): TextLexer {
    let t = this.texts.get(d.key)
    if (!t) {
      this.budget.spend()
      const machine = this.shop.strings(d.roots, d.rows, d.results)
      t = new TextLexer(machine, this.shop.table, true, this.shop.plainEscapes)
      this.texts.set(d.key, t)
    }
    return t
  }

  number(d: Demand): NumberMachine {
    let n = this.numbers.get(d.key)
    if (!n) {
      n = this.shop.numbers(d.roots, d.rows, d.results)
      this.numbers.set(d.key, n)
    }
    return n
  }
}
