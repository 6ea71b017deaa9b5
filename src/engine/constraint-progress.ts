// How far a sequence has got in what it is held to, and who masks its draws: the runner, which walks the automaton beside
// them, or the CPU. Knows neither schedule nor GPU.

import type { ModelRunner } from './model-runner.ts'
import type { ConstraintState, TokenConstraint } from './token-constraint.ts'

export class ConstraintProgress {
  readonly constraint: TokenConstraint
  /** The runner walks the automaton beside its draws; otherwise each draw waits for the token before and brings its mask. */
  walked = false
  /** The runner's walk gave up before: it is not asked again. */
  distrusted = false
  readonly #words: Uint32Array
  #state: ConstraintState

  constructor(constraint: TokenConstraint, vocabSize: number, state: ConstraintState = constraint.start()) {
    this.constraint = constraint
    this.#words = new Uint32Array(Math.ceil(vocabSize / 32))
    this.#state = state
  }

  /** The same place, to go on from separately. */
  fork(): ConstraintProgress {
    return new ConstraintProgress(this.constraint, this.#words.length * 32, this.#state)
  }

  get state(): ConstraintState {
    return this.#state
  }

  get mayEnd(): boolean {
    return this.constraint.mayEnd(this.#state)
  }

  /**
   * Holds the slot just opened for its sequence. Where the tokens are chosen here, as those of beams are, the masks are made
   * here too. Returns whether the runner walks.
   */
  enter(runner: ModelRunner, slot: number, choosesHere: boolean): boolean {
    const { automaton } = this.constraint
    const place = choosesHere || this.distrusted ? undefined : this.constraint.place?.(this.#state)
    this.walked = place !== undefined && (runner.constrainSlot?.(slot, automaton!, place) ?? false)
    return this.walked
  }

  /** For the next draw, where no runner walks. */
  get drawMask(): Uint32Array | undefined {
    return this.walked ? undefined : this.mask()
  }

  /** One bit a token that may come next; valid until asked again. */
  mask(): Uint32Array {
    this.constraint.mask(this.#state, this.#words)
    return this.#words
  }

  /** Goes on by a token. False: it is not allowed, and nothing changed. */
  take(token: number): boolean {
    const next = this.constraint.advance(this.#state, token)
    if (next) this.#state = next
    return next !== undefined
  }
}
