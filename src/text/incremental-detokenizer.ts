// Text of a growing sequence of token ids, given out as it becomes certain. Never splits a character: bytes of an unfinished
// one are held until it is complete, or until the end, where they become U+FFFD. Knows nothing of stop strings.

/** What decoding needs to know of a tokenizer. */
export interface TokenText {
  /** Whether a text loses one space at its very beginning. */
  readonly stripsFirstSpace: boolean
  /** The bytes a token adds to a text; none for an id without token. */
  tokenBytes(id: number): Uint8Array
  isSpecial(id: number): boolean
}

export interface DecodeOptions {
  /** Leave special tokens out; true unless told. */
  readonly skipSpecialTokens?: boolean
  /** A space between two special tokens that stand side by side; true unless told. */
  readonly spacesBetweenSpecialTokens?: boolean
  /**
   * The ids go on from others, so that a space at their beginning is a space. Without it they begin a text, which loses the
   * space that SentencePiece tokenizers put before its first word.
   */
  readonly continuation?: boolean
  /** Special tokens that are never left out. */
  readonly shown?: readonly number[]
}

export class IncrementalDetokenizer {
  readonly #tokenizer: TokenText
  readonly #skipSpecial: boolean
  readonly #shown: readonly number[]
  readonly #spaceSpecial: boolean
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #strip: boolean
  #afterSpecial = false

  constructor(
    tokenizer: TokenText,
    {
      skipSpecialTokens = true,
      spacesBetweenSpecialTokens = true,
      continuation = false,
      shown = [],
    }: DecodeOptions = {},
  ) {
    this.#shown = shown
    this.#tokenizer = tokenizer
    this.#skipSpecial = skipSpecialTokens
    this.#spaceSpecial = !skipSpecialTokens && spacesBetweenSpecialTokens
    this.#strip = !continuation && tokenizer.stripsFirstSpace
  }

  /** The text that is certain now and was not before. */
  push(id: number): string {
    const special = this.#tokenizer.isSpecial(id)
    if (special && this.#skipSpecial && !this.#shown.includes(id)) return ''
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
