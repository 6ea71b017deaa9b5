// A constraint's automaton as flat arrays, for kernels: every state explored, bytes put into classes. States that a stack and a
// set of names seen tell apart are one state here; see `Action` for what a step does. Knows nothing of the GPU itself.

/**
 * A step: entry = next[state * classes + classOf[byte]]; action = entry >>> 28, operand = entry & 0x0fffffff.
 * A walker holds: state, seen (`words` u32), and a stack of frames {symbol, seen}.
 */
export const Action = {
  dead: 0,
  /** state = operand, if its `any` guard holds: some name of that set has not been seen. */
  go: 1,
  /** Push {symbol of the state left, seen}; seen = none; state = operand. */
  push: 2,
  /** If the `all` guard of the state left holds (every name of that set seen): pop; state = ret[retStart[symbol] + operand]. */
  pop: 3,
  /** As pop, then the same byte again. */
  popRedo: 4,
  /** As go, then the name `bit` of the state entered is seen. */
  name: 5,
} as const

/** Words per state in `meta`. */
export const metaWords = 4

export type Tables = {
  readonly states: number
  readonly classes: number
  readonly start: number
  /** Words of a set of names. */
  readonly words: number
  /** 256 bytes' classes. */
  readonly classOf: Uint8Array
  /** [states, classes] */
  readonly next: Uint32Array
  /**
   * [states, metaWords]: symbol + 1; index + 1 into masks for `any`; the same for `all`; and the last word: bits 0-15 the name
   * bit + 1, bits 16-29 what a number ending here returns + 1 (it may end the output where the stack holds one frame),
   * bit 31 the output may end here.
   */
  readonly meta: Uint32Array
  readonly retStart: Uint32Array
  readonly ret: Uint32Array
  /** [n, words] sets of names. */
  readonly masks: Uint32Array
}

export const endsHere = 0x80000000
