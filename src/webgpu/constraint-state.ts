// What constraints keep on the GPU from step to step: the tables of the automata in use, what the tokens spell, and where each
// slot stands. Knows no logits and no draw: it writes rows of a mask and reads the tokens drawn.

import type { Automaton, AutomatonPlace, Spellings } from '../engine/token-constraint.ts'
import type { Bindable, Gpu, Launch } from './gpu.ts'
import { constraintAdvance } from './launchers/constraint-advance.ts'
import { constraintMask } from './launchers/constraint-mask.ts'
import type { VocabularyShape } from './launchers/logits-edit.ts'
import { TableArena } from './table-arena.ts'

export interface ConstraintSizes {
  readonly shape: VocabularyShape
  readonly maxSequences: number
  readonly vocabulary: Spellings
  /** Bytes of tables held at once, at most. */
  readonly tableBytes?: number
}

/** Buffers that the kernels share with the draw. */
export interface ConstraintBindings {
  readonly outputs: Bindable
  /** The token each slot drew last. */
  readonly slotTokens: Bindable
  /** [maxSequences, maskWords] */
  readonly mask: Bindable
}

// As in kernels/lib/automaton.wgsl.
const NAME_WORDS = 8
const FRAMES = 256
const LEVEL_WORDS = 1 + NAME_WORDS
const PLACE_LEVELS = 4
const PLACE_WORDS = PLACE_LEVELS + (FRAMES + 1) * LEVEL_WORDS

export class ConstraintState {
  readonly #gpu: Gpu
  readonly #shape: VocabularyShape
  readonly #spellings: GPUBuffer
  readonly #places: GPUBuffer
  readonly #tables: TableArena
  readonly #held: (Automaton | undefined)[]
  #bindings: ConstraintBindings | undefined
  #bound: { readonly mask: Launch; readonly advance: Launch } | undefined
  #active = true

  constructor(gpu: Gpu, { shape, maxSequences, vocabulary, tableBytes = 32 * 2 ** 20 }: ConstraintSizes) {
    this.#gpu = gpu
    this.#shape = shape
    this.#held = Array(maxSequences).fill(undefined)
    this.#spellings = gpu.createBufferWith('constraint spellings', packedSpellings(vocabulary, shape))
    this.#places = gpu.createBuffer('constraint places', maxSequences * PLACE_WORDS * 4)
    this.#tables = new TableArena(gpu, tableBytes, () => this.#bind())
  }

  /** `mask` before logits are edited, `advance` after the draw; both only in steps with a constrained slot. */
  launches(bindings: ConstraintBindings): { readonly mask: Launch; readonly advance: Launch } {
    this.#bindings = bindings
    this.#bind()
    // What is bound changes when the tables outgrow their buffer.
    const current = (name: 'mask' | 'advance'): Launch => ({
      kernel: this.#bound![name].kernel,
      get bindGroup() {
        return bound()[name].bindGroup
      },
      workgroups: (step) => (this.#active ? bound()[name].workgroups(step) : undefined),
    })
    const bound = () => this.#bound!
    return { mask: current('mask'), advance: current('advance') }
  }

  /** Tells before a step is encoded which slots draw in it. */
  prepare(slots: Iterable<number>): void {
    this.#active = false
    for (const slot of slots) this.#active ||= this.#held[slot] !== undefined
  }

  /** Holds the slot to an automaton from `place` on; false: it is too large. Takes effect for steps submitted later. */
  hold(slot: number, automaton: Automaton, { state, seen, frames }: AutomatonPlace): boolean {
    this.release(slot)
    if (automaton.words > NAME_WORDS || frames.length > FRAMES) return false
    const table = this.#tables.hold(automaton)
    if (table === undefined) return false
    this.#held[slot] = automaton
    const words = new Uint32Array(PLACE_LEVELS + (frames.length + 1) * LEVEL_WORDS)
    words.set([table, state, frames.length])
    for (const [i, frame] of [...frames, { symbol: 0, seen }].entries()) {
      const level = PLACE_LEVELS + i * LEVEL_WORDS
      words[level] = frame.symbol
      words.set(frame.seen, level + 1)
    }
    this.#write(slot, words)
    return true
  }

  release(slot: number): void {
    const automaton = this.#held[slot]
    if (!automaton) return
    this.#held[slot] = undefined
    this.#tables.release(automaton)
    this.#write(slot, Uint32Array.of(0))
  }

  close(): void {
    this.#tables.close()
    this.#gpu.destroyBuffer(this.#spellings)
    this.#gpu.destroyBuffer(this.#places)
  }

  #write(slot: number, words: Uint32Array<ArrayBuffer>): void {
    this.#gpu.device.queue.writeBuffer(this.#places, slot * PLACE_WORDS * 4, words)
  }

  #bind(): void {
    if (!this.#bindings) return
    const { outputs, slotTokens, mask } = this.#bindings
    const shared = {
      shape: this.#shape,
      outputs,
      tables: this.#tables.buffer,
      spellings: this.#spellings,
      places: this.#places,
    }
    this.#bound = {
      mask: constraintMask(this.#gpu, { ...shared, mask }),
      advance: constraintAdvance(this.#gpu, { ...shared, slotTokens }),
    }
  }
}

/** Bytes of a token; longer ones are never allowed. */
export const LONGEST = 255

/** What kernels/lib/automaton.wgsl says of spellings. */
function packedSpellings({ tokens, ends }: Spellings, { vocabSize, maskWords }: VocabularyShape): Uint32Array {
  const bytesAt = vocabSize + maskWords
  const spelled = Array.from({ length: vocabSize }, (_, id) => tokens[id])
  const known = ends.filter((id) => id >= 0 && id < vocabSize)
  for (const id of known) spelled[id] = null
  const wordsOf = (bytes: Uint8Array | null | undefined) =>
    bytes && bytes.length <= LONGEST ? Math.ceil(bytes.length / 4) : 0
  const length = spelled.reduce((sum, bytes) => sum + wordsOf(bytes), 0)
  const words = new Uint32Array(bytesAt + length)
  const all = new Uint8Array(words.buffer)
  let at = bytesAt
  for (const [id, bytes] of spelled.entries()) {
    if (wordsOf(bytes) === 0) continue
    words[id] = (at << 8) | bytes!.length
    all.set(bytes!, at * 4)
    at += wordsOf(bytes)
  }
  for (const id of known) words[vocabSize + (id >>> 5)]! |= 1 << (id & 31)
  return words
}
