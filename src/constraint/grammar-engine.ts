// Raw text held to a context-free grammar: UTF-8 around an Earley recogniser. Its byte rows are forgotten when they grow too
// many, and made again as needed. Knows nothing of how the grammar was spelled.

import { maxCodePoint } from './code-points.ts'
import type { Earley, EarleySet } from './earley.ts'
import { type Engine, State } from './engine.ts'
import { type LexOwner, LexTable, noWay } from './lex-table.ts'

type Point = {
  readonly set: EarleySet
  readonly value: number
  readonly rest: number
  readonly lo: number
  readonly hi: number
}

const maxRows = 16_384

export class GrammarEngine implements Engine, LexOwner {
  readonly name = 'grammar'
  readonly table = new LexTable()
  private readonly earley: Earley
  private points: Point[] = []
  private lexes = new Map<EarleySet, Map<number, number>>()
  private states: State[] = []

  constructor(earley: Earley) {
    this.earley = earley
  }

  start(): State | null {
    return this.earley.start ? this.state(this.lex({ set: this.earley.start, value: 0, rest: 0, lo: 0, hi: 0 })) : null
  }

  private lex(p: Point): number {
    let mine = this.lexes.get(p.set)
    if (!mine) {
      mine = new Map()
      this.lexes.set(p.set, mine)
    }
    const key = p.rest === 0 ? 0 : ((p.value * 4 + p.rest) * 256 + p.lo) * 256 + p.hi
    let lex = mine.get(key)
    if (lex === undefined) {
      lex = this.table.add(this, this.points.length)
      this.points.push(p)
      mine.set(key, lex)
    }
    return lex
  }

  private state(lex: number): State {
    this.states[lex] ??= new State(this.points[this.table.local(lex)], lex, null)
    return this.states[lex]
  }

  /** The same place in the table as it is now. */
  refresh(s: State): State {
    if (this.table.size > maxRows) {
      this.table.reset()
      this.points = []
      this.lexes = new Map()
      this.states = []
    }
    return this.states[s.lex] === s ? s : this.state(this.lex(s.context as Point))
  }

  event(): State | null {
    return null
  }

  at(_: State, lex: number): State {
    return this.state(lex)
  }

  accepts(s: State): boolean {
    const p = s.context as Point
    return p.rest === 0 && p.set.accepting
  }

  next(local: number, byte: number): number {
    const p = this.points[local]!
    if (p.rest > 0) {
      if (byte < p.lo || byte > p.hi) return noWay
      const value = (p.value << 6) | (byte & 63)
      return p.rest === 1 ? this.character(p.set, value) : this.partial(p.set, value, p.rest - 1, 0x80, 0xbf)
    }
    if (byte < 0x80) return this.character(p.set, byte)
    if (byte < 0xc2 || byte > 0xf4) return noWay
    if (byte < 0xe0) return this.partial(p.set, byte & 31, 1, 0x80, 0xbf)
    if (byte < 0xf0) return this.partial(p.set, byte & 15, 2, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf)
    return this.partial(p.set, byte & 7, 3, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf)
  }

  private character(set: EarleySet, cp: number): number {
    const to = this.earley.step(set, this.earley.partition.classOf(cp))
    return to ? this.lex({ set: to, value: 0, rest: 0, lo: 0, hi: 0 }) : noWay
  }

  /** Inside a character: only if some character that begins so is expected. */
  private partial(set: EarleySet, value: number, rest: number, lo: number, hi: number): number {
    const shift = 6 * (rest - 1)
    const from = ((value << 6) | (lo & 63)) << shift
    const to = Math.min(maxCodePoint, ((((value << 6) | (hi & 63)) + 1) << shift) - 1)
    const { partition } = this.earley
    for (let i = partition.intervalOf(from); i < partition.starts.length && partition.starts[i]! <= to; i++) {
      const end = i + 1 < partition.starts.length ? partition.starts[i + 1]! - 1 : maxCodePoint
      if (Math.max(from, partition.starts[i]!) >= 0xd800 && Math.min(to, end) <= 0xdfff) continue
      if (this.earley.step(set, partition.classes[i]!)) return this.lex({ set, value, rest, lo, hi })
    }
    return noWay
  }
}
