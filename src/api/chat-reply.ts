// One reply of a chat as its text comes, told apart into what the API gives separately. Knows dialects; knows no response's
// shape.

import type { ChoiceDelta } from './choice-text.ts'
import { ReasoningSplitter, type ReasoningTags } from './dialects/reasoning.ts'

export interface ReplyDelta {
  readonly content: string
  readonly reasoning: string
  /** Tokens of thinking text, with its tags. */
  readonly reasoningTokens: number
}

export class ChatReply {
  readonly #splitter: ReasoningSplitter | undefined

  /** `tags`: of a model that thinks; `inside`: its prompt ended with the opening one. */
  constructor(tags: ReasoningTags | undefined, inside: boolean) {
    this.#splitter = tags && new ReasoningSplitter(tags, inside)
  }

  push({ text, ids, finish }: Pick<ChoiceDelta, 'text' | 'ids' | 'finish'>): ReplyDelta {
    if (!this.#splitter) return { content: text, reasoning: '', reasoningTokens: 0 }
    const before = this.#splitter.reasoning
    const parts = this.#splitter.push(text)
    const thinking = before || this.#splitter.reasoning
    const rest = finish ? this.#splitter.end() : { content: '', reasoning: '' }
    return {
      content: parts.content + rest.content,
      reasoning: parts.reasoning + rest.reasoning,
      reasoningTokens: thinking ? ids.length : 0,
    }
  }
}
