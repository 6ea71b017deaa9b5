// Raw text held to one language, from the first byte to the last. Knows nothing of JSON.

import { type Engine, State } from './engine.ts'
import type { Language } from './language.ts'
import { type LexTable, noWay } from './lex-table.ts'
import { StringMachine } from './string-machine.ts'
import { TextLexer } from './text-lexer.ts'
import type { Workshop } from './workshop.ts'

export class TextEngine implements Engine {
  readonly name = 'text'
  readonly table: LexTable
  readonly lexer: TextLexer
  private readonly states = new Map<number, State>()

  constructor(language: Language, shop: Workshop) {
    this.table = shop.table
    const machine = new StringMachine([language], [true], (s) => (language.accepts(s[0]!) ? 0 : -1), shop.budget)
    this.lexer = new TextLexer(machine, shop.table, false)
  }

  start(): State | null {
    return this.lexer.start === noWay ? null : this.state(this.lexer.start)
  }

  private state(lex: number): State {
    let s = this.states.get(lex)
    if (!s) {
      s = new State(null, lex, null)
      this.states.set(lex, s)
    }
    return s
  }

  event(): State | null {
    return null
  }

  at(_: State, lex: number): State {
    return this.state(lex)
  }

  accepts(s: State): boolean {
    return this.lexer.result(s.lex) >= 0
  }
}
