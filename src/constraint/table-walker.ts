// Walks packed tables, step by step as a kernel does: the reference for kernels, and for backends without a GPU. Knows the arrays
// of tables.ts and nothing of where they came from.

import { Action, endsHere, metaWords, type Tables } from './tables.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Everything a kernel keeps per sequence. Immutable: steps make new ones. */
export type TableState = {
  readonly state: number
  readonly seen: Uint32Array
  readonly stack: { readonly symbol: number; readonly seen: Uint32Array; readonly below: TableState['stack'] } | null
}

export class TableWalker {
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

  accepts(s: TableState): boolean {
    const { meta, ret, retStart } = this.tables
    const last = meta[s.state * metaWords + 3]!
    if ((last & endsHere) !== 0) return true
    const result = ((last >>> 16) & 0x3fff) - 1
    if (result < 0 || !s.stack || s.stack.below) return false
    return (meta[ret[retStart[s.stack.symbol]! + result]! * metaWords + 3]! & endsHere) !== 0
  }

  mask(s: TableState, v: Vocabulary, out: Uint32Array): void {
    const { next, classes, classOf, meta } = this.tables
    out.fill(0)
    // By depth in the vocabulary's trie; bytes that neither touch the stack nor ask for names need no new state.
    const at: TableState[] = [s]
    const states = new Uint32Array(v.maxDepth + 1)
    states[0] = s.state
    const end = v.nodeByte.length
    for (let i = 0; i < end; ) {
      const depth = v.nodeDepth[i]!
      const from = states[depth - 1]!
      const byte = v.nodeByte[i]!
      const word = next[from * classes + classOf[byte]!]!
      const to = word & 0x0fffffff
      if (word >>> 28 === Action.go && meta[to * metaWords + 1] === 0) {
        states[depth] = to
        at[depth] = at[depth - 1]!
      } else {
        const below = at[depth - 1]!
        const made = word === 0 ? null : this.step(below.state === from ? below : { ...below, state: from }, byte)
        if (!made) {
          i = v.nodeEnd[i]!
          continue
        }
        states[depth] = made.state
        at[depth] = made
      }
      for (let t = v.tokenStart[i]!; t < v.tokenStart[i + 1]!; t++) {
        const id = v.tokenIds[t]!
        out[id >>> 5]! |= 1 << (id & 31)
      }
      i++
    }
    if (this.accepts(s)) for (const id of v.eos) out[id >>> 5]! |= 1 << (id & 31)
  }
}
