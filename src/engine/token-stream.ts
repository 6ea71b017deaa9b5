// The caller's side of a running request: events wait here until they are taken, however slowly. Knows no scheduling.

import type { FinishReason, Generation, PromptScore, TokenEvent } from './generation.ts'
import type { SampledToken } from './model-runner.ts'

/** What a stream asks of the engine. */
export interface StreamOwner {
  /** The choice's slot and blocks are to be freed. */
  stopChoice(choice: number): void
  /** The same for the whole request. */
  abandon(): void
}

export class TokenStream implements Generation, AsyncIterator<readonly TokenEvent[]> {
  cachedTokens = 0
  readonly promptScores: PromptScore[] = []
  pooled: Float32Array | undefined
  readonly finishReasons: (FinishReason | undefined)[]
  readonly #owner: StreamOwner
  #events: TokenEvent[] = []
  #ended = false
  #failure: { readonly reason: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(choices: number, owner: StreamOwner) {
    this.finishReasons = new Array(choices).fill(undefined)
    this.#owner = owner
  }

  push(event: TokenEvent): void {
    this.#events.push(event)
    if (event.finishReason) this.finishReasons[event.choice] = event.finishReason
    this.#wakeUp()
  }

  /** A whole choice; it is dropped where the choice was stopped before anything of it was known. */
  pushAll(choice: number, tokens: readonly SampledToken[], finishReason: FinishReason): void {
    if (this.finishReasons[choice]) return
    for (const [i, token] of tokens.entries())
      this.push({ ...token, choice, finishReason: i + 1 < tokens.length ? undefined : finishReason })
    this.finishReasons[choice] = finishReason
  }

  /** No more events come. */
  end(): void {
    this.#ended = true
    this.#wakeUp()
  }

  /** The loop throws `reason` at its next turn; events not taken yet are dropped. */
  fail(reason: unknown): void {
    if (this.#ended) return
    this.#events = []
    this.#failure = { reason }
    this.end()
  }

  stop(choice: number): void {
    if (!(choice in this.finishReasons))
      throw new RangeError(`Cannot stop a choice: there are ${this.finishReasons.length}, received ${choice}`)
    this.#events = this.#events.filter((event) => event.choice !== choice)
    if (this.finishReasons[choice]) return
    this.finishReasons[choice] = 'stop'
    this.#owner.stopChoice(choice)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<readonly TokenEvent[]>> {
    while (this.#events.length === 0 && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    if (this.#failure) {
      const { reason } = this.#failure
      this.#failure = undefined
      throw reason
    }
    if (this.#events.length === 0) return { done: true, value: undefined }
    const value = this.#events
    this.#events = []
    return { done: false, value }
  }

  async return(): Promise<IteratorResult<readonly TokenEvent[]>> {
    this.#events = []
    this.#failure = undefined
    if (!this.#ended) this.#owner.abandon()
    return { done: true, value: undefined }
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
