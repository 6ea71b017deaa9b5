// Text that comes in pieces, read as if it were there whole: what reads it is a generator that waits wherever more text could
// change its mind. So a reply is taken apart alike however it is cut. Knows no dialect.

/** Yields where it waits for more text. */
export type Reading<T> = Generator<undefined, T, undefined>

/** White space as JSON has it, and what is none. */
const SPACE = /[ \t\r\n]/
const INK = /[^ \t\r\n]/

export class Reader {
  #text = ''
  #ended = false
  /** What attempts took; undefined while nothing could be put back. */
  #taken: string | undefined

  /** More of the text. */
  feed(text: string): void {
    this.#text += text
  }

  /** No more comes: whoever waits goes on with what there is. */
  end(): void {
    this.#ended = true
  }

  /** What is there and not read yet. */
  get rest(): string {
    return this.#text
  }

  take(length: number): string {
    const taken = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    if (this.#taken !== undefined) this.#taken += taken
    return taken
  }

  /** Puts back what was taken last. */
  untake(text: string): void {
    this.#text = text + this.#text
    if (this.#taken !== undefined) this.#taken = this.#taken.slice(0, this.#taken.length - text.length)
  }

  /** Reads something; where it comes to nothing, all that it took is put back. */
  *attempt(reading: Reading<boolean>): Reading<boolean> {
    const before = this.#taken
    this.#taken = ''
    const found = yield* reading
    if (!found) {
      this.#text = (this.#taken ?? '') + this.#text
      this.#taken = before
    } else if (this.#taken !== undefined) this.#taken = before === undefined ? undefined : before + this.#taken
    return found
  }

  /** What was taken stays taken: the attempts that run have come to something. */
  commit(): void {
    this.#taken = undefined
  }

  /** Waits; false when the text has ended. */
  *more(): Reading<boolean> {
    if (this.#ended) return false
    yield
    return true
  }

  *atEnd(): Reading<boolean> {
    while (this.#text === '') if (!(yield* this.more())) return true
    return false
  }

  /** Whether a literal comes next. */
  *sees(literal: string): Reading<boolean> {
    while (this.#text.length < literal.length && literal.startsWith(this.#text)) if (!(yield* this.more())) return false
    return this.#text.startsWith(literal)
  }

  /** Takes a literal, where it comes next. */
  *takes(literal: string): Reading<boolean> {
    if (!(yield* this.sees(literal))) return false
    this.take(literal.length)
    return true
  }

  /** The longest text of such characters that comes next; `most` characters of it. */
  *run(character: RegExp, most = Infinity): Reading<string> {
    let taken = ''
    for (;;) {
      let length = 0
      while (length < this.#text.length && taken.length + length < most && character.test(this.#text[length]!)) length++
      const open = length === this.#text.length
      taken += this.take(length)
      if (!open || taken.length === most || !(yield* this.more())) return taken
    }
  }

  /** Whether a text comes next, a space in it standing for any white space or none. Nothing is taken. */
  *starts(text: string): Reading<boolean> {
    let length = 0
    for (const character of text) {
      while (character === ' ' ? !INK.test(this.#text.slice(length)) : this.#text.length === length)
        if (!(yield* this.more())) return false
      if (character === ' ') length += this.#text.slice(length).search(INK)
      else if (this.#text[length++] !== character) return false
    }
    return true
  }

  *space(): Reading<string> {
    return yield* this.run(SPACE)
  }

  /** A JSON string; undefined where none comes next, or it does not end. Nothing is taken then. */
  *string(): Reading<string | undefined> {
    if (!(yield* this.sees('"'))) return undefined
    for (;;) {
      const [source] = /^"(?:[^"\\]|\\.)*"/s.exec(this.#text) ?? []
      if (source !== undefined) {
        const value = parsed(source)
        if (typeof value !== 'string') return undefined
        this.take(source.length)
        return value
      }
      if (!(yield* this.more())) return undefined
    }
  }

  /**
   * One JSON value, as it is written, given piece by piece: brackets and quotes are minded, no more. False where the text
   * ends within it.
   */
  *value(give: (piece: string) => void): Reading<boolean> {
    if (!(yield* this.sees('{')) && !(yield* this.sees('[')) && !(yield* this.sees('"'))) {
      const scalar = yield* this.run(/[^\s,}\]]/)
      give(scalar)
      return scalar !== ''
    }
    let depth = 0
    let quoted = false
    let escaped = false
    do {
      let length = 0
      let done = false
      while (length < this.#text.length && !done) {
        const character = this.#text[length++]!
        if (escaped) escaped = false
        else if (quoted && character === '\\') escaped = true
        else if (character === '"') quoted = !quoted
        else if (!quoted && (character === '{' || character === '[')) depth++
        else if (!quoted && (character === '}' || character === ']')) depth--
        done = depth <= 0 && !quoted
      }
      if (length > 0) give(this.take(length))
      if (done) return true
    } while (yield* this.more())
    return false
  }
}

/** What a JSON text says; undefined where it is none. */
export function parsed(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}
