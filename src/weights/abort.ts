// Abort signals joined. AbortSignal.any would do, but there are engines that lose such a signal while a request has it.

/** A controller that these signals abort, too, until it is released. */
export class LinkedAbort extends AbortController {
  readonly #signals: readonly AbortSignal[]
  readonly #follow: (event: Event) => void

  constructor(...signals: readonly (AbortSignal | undefined)[]) {
    super()
    this.#signals = signals.filter((signal) => signal !== undefined)
    this.#follow = (event) => this.abort((event.target as AbortSignal).reason)
    for (const signal of this.#signals) {
      if (signal.aborted) this.abort(signal.reason)
      signal.addEventListener('abort', this.#follow)
    }
  }

  release(): void {
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#follow)
  }
}
