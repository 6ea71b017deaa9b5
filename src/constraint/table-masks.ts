// Masks by packed tables on the CPU. What tokens do above the frame that is open is the same wherever a state stands, so it is kept
// by state; only where a byte asks for names seen, or leaves that frame, the place itself is walked. Knows no kernel.

import type { TableState, TableStepper } from './table-stepper.ts'
import { Action, metaWords } from './tables.ts'
import type { Vocabulary } from './vocabulary.ts'

/** From one state: the tokens that stay above the open frame, and the trie nodes whose byte does not, with where it was read. */
type Inside = { readonly bits: Uint32Array; readonly nodes: readonly number[]; readonly from: readonly TableState[] }

const keptInsides = 96

export class TableMasks {
  private readonly stepper: TableStepper
  private readonly vocabulary: Vocabulary
  private readonly insides = new Map<number, Inside>()
  // By depth in the trie: the state alone, and the place whose stack and names go with it.
  private readonly states: Uint32Array
  private readonly places: TableState[] = []

  constructor(stepper: TableStepper, vocabulary: Vocabulary) {
    this.stepper = stepper
    this.vocabulary = vocabulary
    this.states = new Uint32Array(vocabulary.maxDepth + 1)
  }

  mask(s: TableState, out: Uint32Array): void {
    const v = this.vocabulary
    const { bits, nodes, from } = this.inside(s.state)
    out.set(bits)
    nodes.forEach((node, k) => {
      const to = this.stepper.step(graft(from[k]!, s), v.nodeByte[node]!)
      if (!to) return
      this.set(node, out)
      this.walk(to, node, out, null)
    })
    if (this.stepper.accepts(s)) for (const id of v.eos) out[id >>> 5]! |= 1 << (id & 31)
  }

  private set(node: number, out: Uint32Array): void {
    const { tokenStart, tokenIds } = this.vocabulary
    for (let t = tokenStart[node]!; t < tokenStart[node + 1]!; t++) {
      const id = tokenIds[t]!
      out[id >>> 5]! |= 1 << (id & 31)
    }
  }

  private inside(state: number): Inside {
    let known = this.insides.get(state)
    if (!known) {
      const bits = new Uint32Array(this.vocabulary.words)
      const nodes: number[] = []
      const from: TableState[] = []
      this.walk({ ...this.stepper.start(), state }, -1, bits, (node, place) => {
        nodes.push(node)
        from.push(place)
      })
      known = { bits, nodes, from }
      if (this.insides.size >= keptInsides) this.insides.delete(this.insides.keys().next().value!)
      this.insides.set(state, known)
    }
    return known
  }

  /**
   * The subtree below a node (-1: all) whose last byte led to `start`. With `leave` the place has no frames: what would pop one
   * or ask for names is left to it.
   */
  private walk(
    start: TableState,
    node: number,
    out: Uint32Array,
    leave: ((node: number, from: TableState) => void) | null,
  ): void {
    const v = this.vocabulary
    const { next, classes, classOf, meta } = this.stepper.tables
    const top = node < 0 ? 0 : v.nodeDepth[node]!
    const { states, places } = this
    states[top] = start.state
    places[top] = start
    const end = node < 0 ? v.nodeByte.length : v.nodeEnd[node]!
    for (let i = node + 1; i < end; ) {
      const depth = v.nodeDepth[i]!
      const state = states[depth - 1]!
      const byte = v.nodeByte[i]!
      const word = next[state * classes + classOf[byte]!]!
      const to = word & 0x0fffffff
      if (word >>> 28 === Action.go && meta[to * metaWords + 1] === 0) {
        // Neither stack nor names: the place below goes on.
        states[depth] = to
        places[depth] = places[depth - 1]!
        this.set(i++, out)
        continue
      }
      let made: TableState | null = null
      if (word !== 0) {
        const below = places[depth - 1]!
        const place = below.state === state ? below : { ...below, state }
        if (leave && !this.stepper.alone(place, byte)) leave(i, place)
        else made = this.stepper.step(place, byte)
      }
      if (!made) {
        i = v.nodeEnd[i]!
        continue
      }
      states[depth] = made.state
      places[depth] = made
      this.set(i++, out)
    }
  }
}

/** A place found with no frame below, on the frames of another. */
function graft(local: TableState, s: TableState): TableState {
  const rebuild = (f: NonNullable<TableState['stack']>): TableState['stack'] =>
    f.below ? { ...f, below: rebuild(f.below) } : { ...f, seen: s.seen, below: s.stack }
  return local.stack ? { ...local, stack: rebuild(local.stack) } : { state: local.state, seen: s.seen, stack: s.stack }
}
