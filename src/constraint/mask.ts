// Which tokens may come next: one pass over the vocabulary's trie along the byte table. What happens inside one lexical state is
// the same wherever it stands, so it is kept; only where a token leaves that state the engine is asked. Knows nothing of what
// the constraint is.

import type { Engine, State } from './engine.ts'
import { event, noWay } from './lex-table.ts'
import type { Vocabulary } from './vocabulary.ts'

/** From one lexical state: the tokens that stay inside, and the trie nodes whose byte leaves it. */
type Inside = { readonly bits: Uint32Array; readonly nodes: Int32Array; readonly lexes: Int32Array }

const keptInsides = 96
const keptMasks = 192

export class MaskMaker {
  private readonly engine: Engine
  private readonly vocabulary: Vocabulary
  private readonly insides = new Map<number, Inside>()
  private readonly masks = new Map<State, Uint32Array>()
  private generation = 0
  // By depth: the state a run began in, the depth it began at, and the lexical state now.
  private readonly base: State[] = []
  private readonly since: Int32Array
  private readonly lex: Int32Array
  private readonly path: Uint8Array

  constructor(engine: Engine, vocabulary: Vocabulary) {
    this.engine = engine
    this.vocabulary = vocabulary
    this.since = new Int32Array(vocabulary.maxDepth + 1)
    this.lex = new Int32Array(vocabulary.maxDepth + 1)
    this.path = new Uint8Array(vocabulary.maxDepth + 1)
  }

  mask(state: State, out: Uint32Array): void {
    if (this.engine.refresh) state = this.engine.refresh(state)
    if (this.generation !== this.engine.table.generation) {
      this.generation = this.engine.table.generation
      this.insides.clear()
      this.masks.clear()
    }
    const kept = this.masks.get(state)
    if (kept) {
      out.set(kept)
      return
    }
    const v = this.vocabulary
    const inside = this.inside(state.lex)
    out.set(inside.bits)
    for (let k = 0; k < inside.nodes.length; k++) {
      const node = inside.nodes[k]!
      const depth = v.nodeDepth[node]!
      const path = v.path(node)
      const next = this.engine.event(state, inside.lexes[k]!, v.nodeByte[node]!, path, 0, depth - 1)
      if (next) this.walk(next, node, out)
    }
    if (this.engine.accepts(state)) for (const id of v.eos) out[id >>> 5]! |= 1 << (id & 31)
    if (state.tape) return
    if (this.masks.size >= keptMasks) this.masks.delete(this.masks.keys().next().value!)
    this.masks.set(state, out.slice(0, v.words))
  }

  private inside(lex: number): Inside {
    const known = this.insides.get(lex)
    if (known) return known
    const v = this.vocabulary
    const { table } = this.engine
    const bits = new Uint32Array(v.words)
    const nodes: number[] = []
    const lexes: number[] = []
    this.lex[0] = lex
    const end = v.nodeByte.length
    for (let i = 0; i < end; ) {
      const depth = v.nodeDepth[i]!
      const from = this.lex[depth - 1]!
      const to = table.next(from, v.nodeByte[i]!)
      if (to > 0) {
        this.lex[depth] = to
        for (let t = v.tokenStart[i]!; t < v.tokenStart[i + 1]!; t++) {
          const id = v.tokenIds[t]!
          bits[id >>> 5]! |= 1 << (id & 31)
        }
        i++
        continue
      }
      if (to === event) {
        nodes.push(i)
        lexes.push(from)
      }
      i = v.nodeEnd[i]!
    }
    const made = { bits, nodes: Int32Array.from(nodes), lexes: Int32Array.from(lexes) }
    if (this.insides.size >= keptInsides) this.insides.delete(this.insides.keys().next().value!)
    this.insides.set(lex, made)
    return made
  }

  /** The subtree of a node whose last byte led to `state`. */
  private walk(state: State, node: number, out: Uint32Array): void {
    const v = this.vocabulary
    const { table } = this.engine
    const top = v.nodeDepth[node]!
    this.base[top] = state
    this.since[top] = top
    this.lex[top] = state.lex
    const end = v.nodeEnd[node]!
    for (let t = v.tokenStart[node]!; t < v.tokenStart[node + 1]!; t++) {
      const id = v.tokenIds[t]!
      out[id >>> 5]! |= 1 << (id & 31)
    }
    for (let i = node + 1; i < end; ) {
      const depth = v.nodeDepth[i]!
      const byte = v.nodeByte[i]!
      const base = this.base[depth - 1]!
      const from = this.lex[depth - 1]!
      const to = table.next(from, byte)
      if (to === noWay) {
        i = v.nodeEnd[i]!
        continue
      }
      this.path[depth - 1] = byte
      if (to === event) {
        const next = this.engine.event(base, from, byte, this.path, this.since[depth - 1]!, depth - 1)
        if (!next) {
          i = v.nodeEnd[i]!
          continue
        }
        this.base[depth] = next
        this.since[depth] = depth
        this.lex[depth] = next.lex
      } else {
        this.base[depth] = base
        this.since[depth] = this.since[depth - 1]!
        this.lex[depth] = to
      }
      for (let t = v.tokenStart[i]!; t < v.tokenStart[i + 1]!; t++) {
        const id = v.tokenIds[t]!
        out[id >>> 5]! |= 1 << (id & 31)
      }
      i++
    }
  }
}
