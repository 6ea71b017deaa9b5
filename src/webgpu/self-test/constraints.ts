// Trials of the constraint kernels: a slot held to an automaton that has every action, over the model's own vocabulary. Its
// row of the mask where it stands, and after each of a few tokens.

import { GREEDY } from '../../engine/sampling-params.ts'
import type { Automaton, AutomatonPlace, Spellings } from '../../engine/token-constraint.ts'
import { LONGEST } from '../constraint-state.ts'
import type { Gpu } from '../gpu.ts'
import type { SamplingState } from '../sampling-state.ts'
import { slice, type Trial, write } from './trial.ts'

const [GO, PUSH, POP, POP_REDO, NAME] = [1, 2, 3, 4, 5]
const CLASSES = 4
const entry = (action: number, operand: number) => ((action << 28) | operand) >>> 0

/** State 0 is open, 1 a number, 2 where name 0 was noted, 3 where name 1 must be left; a pop from there wants name 0 seen. */
const AUTOMATON: Automaton = {
  states: 4,
  classes: CLASSES,
  start: 0,
  words: 1,
  classOf: Uint8Array.from({ length: 256 }, (_, byte) => [0, 0, 1, 0, 2, 0, 3, 0][(byte * 5 + (byte >> 4)) & 7]!),
  next: Uint32Array.of(
    ...[entry(GO, 0), entry(PUSH, 0), entry(POP, 0), entry(NAME, 2)],
    ...[entry(GO, 1), entry(POP_REDO, 0), entry(POP_REDO, 0), 0],
    ...[entry(GO, 0), entry(GO, 3), entry(POP, 0), entry(PUSH, 1)],
    ...[entry(GO, 0), entry(PUSH, 1), entry(POP, 0), entry(NAME, 2)],
  ),
  meta: Uint32Array.of(
    ...[1, 0, 0, 0x80000000],
    ...[0, 0, 0, 1 << 16], // ends where what comes after the number may end
    ...[2, 1, 0, 1],
    ...[2, 2, 1, 0],
  ),
  retStart: Uint32Array.of(0, 1, 2),
  ret: Uint32Array.of(0, 2),
  masks: Uint32Array.of(1, 2), // sets of names: that of 0, that of 1
}

/** In a number, within two frames. */
const PLACE: AutomatonPlace = {
  state: 1,
  seen: Uint32Array.of(0),
  frames: [
    { symbol: 0, seen: Uint32Array.of(1) },
    { symbol: 1, seen: Uint32Array.of(2) },
  ],
}

/** As kernels/lib/automaton.wgsl has them. */
const MOST_FRAMES = 256
const MOST_PUSHES = 32

/** A place as a walk changes it: names seen in each frame, the open one's last. */
interface Stand {
  readonly state: number
  readonly symbols: readonly number[]
  readonly seen: readonly number[]
}

const START: Stand = {
  state: PLACE.state,
  symbols: PLACE.frames.map(({ symbol }) => symbol),
  seen: [...PLACE.frames, PLACE].map(({ seen }) => seen[0]!),
}

interface Walk {
  readonly to: Stand
  /** A bit an action; bit 0 for a guard that a go passed. */
  readonly did: number
}

/** Tokens whose spellings are walked, about; the others are as special ones. */
const SPELLED = 4096
const STEPS = 6

export function someSpellings({ tokens, ends }: Spellings): Spellings {
  const stride = Math.ceil(tokens.length / SPELLED)
  return { tokens: tokens.map((bytes, id) => (id % stride === 0 ? bytes : null)), ends }
}

/** Slot 0 is opened and held. The trials want the launches of the constraint kernels alone, each run before the next is asked. */
export function* constraintTrials(
  gpu: Gpu,
  state: SamplingState,
  { tokens, ends }: Spellings,
  vocabSize: number,
): Generator<Trial> {
  state.open(0, GREEDY, [], [])
  state.constrain(0, AUTOMATON, PLACE)
  state.prepare([{ slot: 0 }], false)
  const ending = new Set(ends)
  const spelled = Array.from({ length: vocabSize }, (_, id) => (ending.has(id) ? null : (tokens[id] ?? null)))
  let stand: Stand | undefined = START
  let tried = 0
  for (let step = 0; stand && step < STEPS; step++) {
    const mask = new Uint32Array(Math.ceil(vocabSize / 32))
    const allow = (id: number) => {
      mask[id >> 5]! |= 1 << (id & 31)
    }
    // Of the tokens allowed, the one that does most of what none before it did.
    let next: Walk | undefined
    for (const [id, bytes] of spelled.entries()) {
      const walk = bytes && walked(stand, bytes)
      if (!walk) continue
      allow(id)
      if (next && bitCount(walk.did & ~tried) <= bitCount(next.did & ~tried)) continue
      next = walk
      write(gpu, state.slotTokens, Uint32Array.of(id))
    }
    if (mayEnd(stand)) for (const id of ends) if (id >= 0 && id < vocabSize) allow(id)
    const reads = [slice(state.mask, 0, mask.byteLength)]
    yield { reads, error: ([bytes]) => (new Uint32Array(bytes!).every((word, i) => word === mask[i]) ? 0 : Infinity) }
    tried |= next?.did ?? 0
    stand = next?.to
  }
}

const bitCount = (bits: number) => bits.toString(2).replaceAll('0', '').length

/** Where a token leads, by the rules of src/engine/token-constraint.ts; undefined: it is not allowed. */
function walked(from: Stand, bytes: Uint8Array): Walk | undefined {
  const { classOf, next, meta, masks, ret, retStart } = AUTOMATON
  if (bytes.length === 0 || bytes.length > LONGEST) return undefined
  let { state } = from
  let did = 0
  const symbols = [...from.symbols]
  const seen = [...from.seen]
  let low = symbols.length
  let notes: number[] = [] // depths at which this token noted a name
  const unseen = (set: number) => (masks[set - 1]! & ~seen.at(-1)!) !== 0
  for (let i = 0; i < bytes.length; ) {
    const code = next[state * CLASSES + classOf[bytes[i]!]!]!
    const [action, operand] = [code >>> 28, code & 0x0fffffff]
    if (action === GO || action === NAME) {
      const wanted = meta[operand * 4 + 1]!
      if (wanted !== 0 && !unseen(wanted)) return undefined
      if (wanted !== 0 && action === GO) did |= 1
      if (action === NAME) {
        if (notes.push(symbols.length) > MOST_PUSHES) return undefined
        seen[seen.length - 1]! |= 1 << ((meta[operand * 4 + 3]! & 0xffff) - 1)
      }
      state = operand
    } else if (action === PUSH) {
      if (symbols.length === MOST_FRAMES || symbols.length - low === MOST_PUSHES) return undefined
      symbols.push(meta[state * 4]! - 1)
      seen.push(0)
      state = operand
    } else if (action === POP || action === POP_REDO) {
      const wanted = meta[state * 4 + 2]!
      if (symbols.length === 0 || (wanted !== 0 && unseen(wanted))) return undefined
      state = ret[retStart[symbols.pop()!]! + operand]!
      seen.pop()
      low = Math.min(low, symbols.length)
      notes = notes.filter((depth) => depth <= symbols.length)
    } else return undefined
    did |= 1 << action
    if (action !== POP_REDO) i++
  }
  return { to: { state, symbols, seen }, did }
}

function mayEnd({ state, symbols }: Stand): boolean {
  const { meta, ret, retStart } = AUTOMATON
  const facts = meta[state * 4 + 3]!
  if (facts >= 0x80000000) return true
  const result = (facts >>> 16) & 0x3fff
  return result !== 0 && symbols.length === 1 && meta[ret[retStart[symbols[0]!]! + result - 1]! * 4 + 3]! >= 0x80000000
}
