// Finds stop strings in text that comes in pieces, and holds back whatever could be the beginning of one. Knows no tokens.

export interface StopScan {
  /** Text that can be given out. */
  readonly text: string
  /** The stop string that ended the text; nothing more may be pushed. */
  readonly stop?: string
}

export class StopStrings {
  readonly #stops: readonly string[]
  readonly #include: boolean
  readonly #longest: number
  #held = ''

  /** `includeStop`: the text ends in the stop string rather than before it. */
  constructor(stops: readonly string[], { includeStop = false }: { readonly includeStop?: boolean } = {}) {
    this.#stops = stops
    this.#include = includeStop
    this.#longest = stops.reduce((n, stop) => Math.max(n, stop.length), 0)
  }

  /**
   * Of several stop strings the one that is complete first counts; of those that end together, the longest. So the outcome
   * does not depend on how the text is cut into pieces.
   */
  push(piece: string): StopScan {
    const text = this.#held + piece
    const found = this.#find(text)
    if (found) {
      this.#held = ''
      return { text: text.slice(0, found.at + (this.#include ? found.stop.length : 0)), stop: found.stop }
    }
    const certain = this.#certain(text)
    this.#held = text.slice(certain)
    return { text: text.slice(0, certain) }
  }

  /** What was held: the text ended and no stop string came. */
  end(): string {
    const text = this.#held
    this.#held = ''
    return text
  }

  #find(text: string): { readonly at: number; readonly stop: string } | undefined {
    let best: { at: number; end: number; stop: string } | undefined
    for (const stop of this.#stops) {
      const at = text.indexOf(stop)
      if (at < 0) continue
      const end = at + stop.length
      if (!best || end < best.end || (end === best.end && at < best.at)) best = { at, end, stop }
    }
    return best
  }

  /** Length of the part of `text` in which no stop string can begin any more. */
  #certain(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at++) {
      const tail = text.slice(at)
      if (this.#stops.some((stop) => stop.startsWith(tail))) return at
    }
    return text.length
  }
}
