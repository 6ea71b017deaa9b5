// One byte through packed tables, as a kernel takes it. Knows the arrays of tables.ts and nothing of where they came from.

import { Action, endsHere, metaWords, type Tables } from './tables.ts'

/** Everything a kernel keeps per sequence. Immutable: steps make new ones. */
export type TableState = {
  readonly state: number
  readonly seen: Uint32Array
  readonly stack: { readonly symbol: number; readonly seen: Uint32Array; readonly below: TableState['stack'] } | null
}

export class TableStepper {
  readonly tables: Tables
  private readonly none: Uint32Array

  constructor(tables: Tables) {
    this.tables = tables
    this.none = new Uint32Array(tables.words)
  }

  start(): TableState {
    return { state: this.tables.start, seen: this.none, stack: null }
  }

  /** Whether some (`any`) or no (`all`) name of a set is unseen; index 0 is no guard. */
  private unseen(index: number, seen: Uint32Array): boolean {
    const { masks, words } = this.tables
    for (let w = 0; w < words; w++) if ((masks[(index - 1) * words + w]! & ~seen[w]!) !== 0) return true
    return false
  }

  step(s: TableState, byte: number): TableState | null {
    const { next, classes, classOf, meta, ret, retStart } = this.tables
    for (;;) {
      const word = next[s.state * classes + classOf[byte]!]!
      const action = word >>> 28
      const operand = word & 0x0fffffff
      switch (action) {
        case Action.go:
        case Action.name: {
          const any = meta[operand * metaWords + 1]!
          if (any !== 0 && !this.unseen(any, s.seen)) return null
          if (action === Action.go) return { ...s, state: operand }
          const bit = (meta[operand * metaWords + 3]! & 0xffff) - 1
          const seen = s.seen.slice()
          seen[bit >>> 5]! |= 1 << (bit & 31)
          return { state: operand, seen, stack: s.stack }
        }
        case Action.push:
          return {
            state: operand,
            seen: this.none,
            stack: { symbol: meta[s.state * metaWords]! - 1, seen: s.seen, below: s.stack },
          }
        case Action.pop:
        case Action.popRedo: {
          const all = meta[s.state * metaWords + 2]!
          const top = s.stack
          if (!top || (all !== 0 && this.unseen(all, s.seen))) return null
          s = { state: ret[retStart[top.symbol]! + operand]!, seen: top.seen, stack: top.below }
          if (action === Action.pop) return s
          break
        }
        default:
          return null
      }
    }
  }

  /** Whether a byte at a place without frames says the same whatever frames and names there are. */
  alone(s: TableState, byte: number): boolean {
    const { next, classes, classOf, meta, ret, retStart } = this.tables
    let { state, stack } = s
    for (;;) {
      const word = next[state * classes + classOf[byte]!]!
      const action = word >>> 28
      const operand = word & 0x0fffffff
      if (action === Action.go || action === Action.name)
        return stack !== null || (action === Action.go && meta[operand * metaWords + 1] === 0)
      if (action !== Action.pop && action !== Action.popRedo) return true
      if (!stack) return false
      if (action === Action.pop) return true
      state = ret[retStart[stack.symbol]! + operand]!
      stack = stack.below
    }
  }

  accepts(s: TableState): boolean {
    const { meta, ret, retStart } = this.tables
    const last = meta[s.state * metaWords + 3]!
    if ((last & endsHere) !== 0) return true
    const result = ((last >>> 16) & 0x3fff) - 1
    if (result < 0 || !s.stack || s.stack.below) return false
    return (meta[ret[retStart[s.stack.symbol]! + result]! * metaWords + 3]! & endsHere) !== 0
  }
}
