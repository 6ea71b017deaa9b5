// A reply told apart into its text and its calls as it comes, in the model's own dialect. Knows no response's shape.

import type { CallSink, Dialect } from '../dialects/dialect.ts'
import { Reader, type Reading } from '../dialects/reader.ts'
import { randomId } from '../ids.ts'

/** A piece of a call, one of each at a time; the first one names it. */
export interface CallDelta {
  readonly index: number
  readonly begins?: { readonly id: string; readonly name: string }
  /** JSON, in pieces. */
  readonly arguments: string
}

export interface CallParts {
  readonly content: string
  readonly calls: readonly CallDelta[]
}

export interface CallReaderOptions {
  readonly dialect: Dialect
  /** The functions that may be called: of others there is no call, only text. */
  readonly names: ReadonlySet<string>
  /** Whether there may be more than one call. What goes beyond is left out. */
  readonly parallel: boolean
}

export class CallReader {
  readonly #options: CallReaderOptions
  readonly #reader = new Reader()
  readonly #reading: Reading<void>
  readonly #sink: CallSink
  #content = ''
  #calls: CallDelta[] = []
  #begun = 0

  constructor(options: CallReaderOptions) {
    const most = options.parallel ? Infinity : 1
    this.#options = options
    this.#sink = {
      knows: (name) => options.names.has(name),
      begin: (name) => {
        this.#reader.commit()
        const id = this.#newId()
        if (this.#begun++ < most) this.#calls.push({ index: this.#begun - 1, begins: { id, name }, arguments: '' })
      },
      arguments: (text) => {
        if (text === '' || this.#begun > most) return
        const index = this.#begun - 1
        const last = this.#calls.at(-1)
        if (last?.index === index) this.#calls[this.#calls.length - 1] = { ...last, arguments: last.arguments + text }
        else this.#calls.push({ index, arguments: text })
      },
    }
    this.#reading = this.#read()
  }

  push(text: string): CallParts {
    this.#reader.feed(text)
    return this.#go()
  }

  /** What was held, no more text coming. A call that is not whole ends with what there is of it. */
  end(): CallParts {
    this.#reader.end()
    return this.#go()
  }

  #go(): CallParts {
    this.#reading.next()
    const parts = { content: this.#content, calls: this.#calls }
    this.#content = ''
    this.#calls = []
    return parts
  }

  *#read(): Reading<void> {
    const reader = this.#reader
    const { trigger = '', starts = [] } = this.#options.dialect
    const space = yield* reader.space()
    let begins = false
    for (const start of starts) begins ||= yield* reader.starts(start)
    if (!begins || !(yield* this.#readCalls())) reader.untake(space)
    while (yield* this.#readText(trigger)) {
      const gap = yield* reader.space()
      reader.take(trigger.length)
      if (!(yield* this.#readCalls())) this.#content += gap + trigger
    }
  }

  *#readCalls(): Reading<boolean> {
    return yield* this.#reader.attempt(this.#options.dialect.read(this.#reader, this.#sink))
  }

  /** Text up to the next trigger and the white space before it, neither of which is taken; false: the reply ended. */
  *#readText(trigger: string): Reading<boolean> {
    const reader = this.#reader
    do {
      const { rest } = reader
      const at = trigger === '' ? -1 : rest.indexOf(trigger)
      this.#content += reader.take(rest.slice(0, at < 0 ? certain(rest, trigger) : at).trimEnd().length)
      if (at >= 0) return true
    } while (yield* reader.more())
    const last = reader.take(reader.rest.length)
    this.#content += this.#begun > 0 ? last.trimEnd() : last
    return false
  }

  #newId(): string {
    const { idLength } = this.#options.dialect
    return idLength === undefined ? randomId('call_') : randomId('').slice(0, idLength)
  }
}

/** Length of what is surely text before any trigger. */
function certain(text: string, trigger: string): number {
  for (let at = Math.max(0, text.length - trigger.length + 1); at < text.length; at++)
    if (trigger.startsWith(text.slice(at))) return at
  return text.length
}
