// Text of a growing sequence of token ids, given out as it becomes certain. Never splits a character: bytes of an unfinished
// one are held until it is complete, or until the end, where they become U+FFFD. Knows nothing of stop strings.

import type { DecodeOptions, Tokenizer } from './tokenizer.ts'

export class IncrementalDetokenizer {
  readonly #tokenizer: Tokenizer
  readonly #skipSpecial: boolean
  readonly #spaceSpecial: boolean
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #strip: boolean
  #afterSpecial = false

  constructor(
    tokenizer: Tokenizer,
    { skipSpecialTokens = true, spacesBetweenSpecialTokens = true, continuation = false }: DecodeOptions = {},
  ) {
    this.#tokenizer = tokenizer
    this.#skipSpecial = skipSpecialTokens
    this.#spaceSpecial = !skipSpecialTokens && spacesBetweenSpecialTokens
    this.#strip = !continuation && tokenizer.stripsFirstSpace
  }

  /** The text that is certain now and was not before. */
  push(id: number): string {
    const special = this.#tokenizer.isSpecial(id)
    if (special && this.#skipSpecial) return ''
    const bytes = this.#tokenizer.tokenBytes(id)
    let text = ''
    if (special && this.#afterSpecial && this.#spaceSpecial)
      text = this.#give(this.#decoder.decode(SPACE, { stream: true }))
    this.#afterSpecial = special
    return text + this.#give(this.#decoder.decode(bytes, { stream: true }))
  }

  /** What was held. Nothing may be pushed after. */
  end(): string {
    return this.#give(this.#decoder.decode())
  }

  #give(text: string): string {
    if (!this.#strip || text === '') return text
    this.#strip = false
    return text.startsWith(' ') ? text.slice(1) : text
  }
}

const SPACE = Uint8Array.of(0x20)
