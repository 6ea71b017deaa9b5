// One reply of a chat as its text comes, told apart into what the API gives separately: thinking text, then text and calls.
// Knows dialects; knows no response's shape.

import type { ChoiceDelta } from './choice-text.ts'
import { ReasoningSplitter, type ReasoningTags } from './dialects/reasoning.ts'
import type { CallDelta, CallReader } from './tools/call-reader.ts'

export interface ReplyDelta {
  readonly content: string
  readonly reasoning: string
  readonly calls: readonly CallDelta[]
  /** Tokens of thinking text, with its tags. */
  readonly reasoningTokens: number
}

export interface ReplyOptions {
  /** Of a model that thinks. */
  readonly tags?: ReasoningTags
  /** Its prompt ended with the opening one. */
  readonly inside: boolean
  /** A new one, where there may be calls. */
  readonly calls?: CallReader
}

export class ChatReply {
  readonly #splitter: ReasoningSplitter | undefined
  readonly #calls: CallReader | undefined
  #called = false

  constructor({ tags, inside, calls }: ReplyOptions) {
    this.#splitter = tags && new ReasoningSplitter(tags, inside)
    this.#calls = calls
  }

  /** Whether there was a call. */
  get called(): boolean {
    return this.#called
  }

  push({ text, ids, finish }: Pick<ChoiceDelta, 'text' | 'ids' | 'finish'>): ReplyDelta {
    const before = this.#splitter?.reasoning
    const parts = this.#splitter?.push(text) ?? { content: text, reasoning: '' }
    const thinking = before || this.#splitter?.reasoning
    const rest = (finish && this.#splitter?.end()) ?? { content: '', reasoning: '' }
    const { content, calls } = this.#read(parts.content + rest.content, finish !== undefined)
    return { content, calls, reasoning: parts.reasoning + rest.reasoning, reasoningTokens: thinking ? ids.length : 0 }
  }

  #read(text: string, last: boolean): Pick<ReplyDelta, 'content' | 'calls'> {
    if (!this.#calls) return { content: text, calls: [] }
    const parts = this.#calls.push(text)
    const rest = last ? this.#calls.end() : { content: '', calls: [] }
    const calls = [...parts.calls, ...rest.calls]
    this.#called ||= calls.length > 0
    return { content: parts.content + rest.content, calls }
  }
}
