// What a sequence's tokens may be held to, as the engine and its runners see it. Knows no regex, schema or grammar: those
// who make constraints implement this.

/** Where a sequence stands in a constraint: immutable, made by the constraint, only handed back to it. */
export type ConstraintState = object

export interface TokenConstraint {
  /** Before the first token of the completion. */
  start(): ConstraintState
  /** After one more token; undefined: it is not allowed here. */
  advance(state: ConstraintState, token: number): ConstraintState | undefined
  /**
   * Writes one bit a token, bit i of word w for token 32 w + i: 1 for those that may come next, an end token among them
   * exactly where the completion may end.
   */
  mask(state: ConstraintState, words: Uint32Array): void
  /** Whether the completion may end here. */
  mayEnd(state: ConstraintState): boolean
  /** The same as tables, for runners that walk them beside the draw; undefined: only `mask` can tell. */
  readonly automaton?: Automaton
  /** A state of `automaton`, as such a runner keeps it. */
  place?(state: ConstraintState): AutomatonPlace
}

/** Where an automaton stands: its state, the names seen in the frame that is open, and the frames below, the lowest first. */
export interface AutomatonPlace {
  readonly state: number
  readonly seen: Uint32Array
  readonly frames: readonly { readonly symbol: number; readonly seen: Uint32Array }[]
}

/**
 * A pushdown automaton over bytes as flat arrays. A byte's entry is `next[state * classes + classOf[byte]]`: an action in the
 * top 4 bits (0 dead, 1 go, 2 push, 3 pop, 4 pop and take the byte again, 5 go and note a name), its operand below.
 */
export interface Automaton {
  readonly states: number
  readonly classes: number
  readonly start: number
  /** Words of a set of names. */
  readonly words: number
  /** [256] */
  readonly classOf: Uint8Array
  /** [states, classes] */
  readonly next: Uint32Array
  /**
   * [states, 4]: symbol + 1; the set of which a name must be unseen to go here, + 1; the set that must be seen to pop from here,
   * + 1; and bits: 0–15 the name noted here + 1, 16–29 what a number that ends here returns + 1 (the completion may end if
   * that frame is the only one and its return state ends), 31 the completion may end.
   */
  readonly meta: Uint32Array
  /** Where a symbol's results begin in `ret`; one more than there are symbols. */
  readonly retStart: Uint32Array
  /** The state after a pop. */
  readonly ret: Uint32Array
  /** [sets, words] */
  readonly masks: Uint32Array
}

/** What token ids spell, for runners that walk automata over them. */
export interface Spellings {
  /** By id; null for special tokens, which no automaton allows. */
  readonly tokens: readonly (Uint8Array | null)[]
  /** Ids that end a completion, allowed exactly where the automaton may end. */
  readonly ends: readonly number[]
}
