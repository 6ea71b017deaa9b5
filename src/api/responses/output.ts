// The output of a response as its text comes: items with one part of content each, and the events that tell of them. Knows
// nothing of the response around them.

import type { ReplyDelta } from '../chat-reply.ts'
import { randomId } from '../ids.ts'
import { type Item, type ItemStatus, outputText } from './items.ts'

export interface ResponseEvent {
  readonly type: string
  readonly [key: string]: unknown
}

type Kind = 'reasoning' | 'message'

export class ResponseOutput {
  readonly #done: Item[] = []
  #open: { readonly kind: Kind; readonly id: string; text: string; logprobs: object[] } | undefined
  /** Scores of tokens whose text has not come yet. */
  #scores: object[] = []

  get items(): Item[] {
    return this.#open ? [...this.#done, this.#item('in_progress')] : [...this.#done]
  }

  /** @param scores of the tokens of that content */
  *push({ reasoning, content }: ReplyDelta, scores: readonly object[]): Iterable<ResponseEvent> {
    this.#scores.push(...scores)
    if (reasoning !== '') yield* this.#add('reasoning', reasoning)
    if (content !== '') yield* this.#add('message', content)
  }

  /** An answer of no text is a message of no text. */
  *end(status: ItemStatus): Iterable<ResponseEvent> {
    if (!this.#open) yield* this.#begin('message')
    yield* this.#end(status)
  }

  *#add(kind: Kind, text: string): Iterable<ResponseEvent> {
    if (this.#open && this.#open.kind !== kind) yield* this.#end('completed')
    if (!this.#open) yield* this.#begin(kind)
    const logprobs = this.#takeScores()
    this.#open!.text += text
    yield this.#textEvent('delta', { delta: text }, logprobs)
  }

  *#begin(kind: Kind): Iterable<ResponseEvent> {
    this.#open = { kind, id: randomId(kind === 'reasoning' ? 'rs_' : 'msg_'), text: '', logprobs: [] }
    const item = { ...this.#item('in_progress'), content: [] }
    yield { type: 'response.output_item.added', output_index: this.#done.length, item }
    yield { type: 'response.content_part.added', ...this.#place(), part: this.#part() }
  }

  *#end(status: ItemStatus): Iterable<ResponseEvent> {
    this.#takeScores()
    yield this.#textEvent('done', { text: this.#open!.text }, this.#open!.logprobs)
    yield { type: 'response.content_part.done', ...this.#place(), part: this.#part() }
    const item = this.#item(status)
    yield { type: 'response.output_item.done', output_index: this.#done.length, item }
    this.#done.push(item)
    this.#open = undefined
  }

  #textEvent(name: 'delta' | 'done', text: object, logprobs: readonly object[]): ResponseEvent {
    const place = this.#place()
    return this.#open!.kind === 'reasoning'
      ? { type: `response.reasoning_text.${name}`, ...place, ...text }
      : { type: `response.output_text.${name}`, ...place, ...text, logprobs }
  }

  #takeScores(): object[] {
    const scores = this.#scores
    this.#scores = []
    this.#open!.logprobs.push(...scores)
    return scores
  }

  #place(): object {
    return { item_id: this.#open!.id, output_index: this.#done.length, content_index: 0 }
  }

  #part() {
    const { kind, text, logprobs } = this.#open!
    return kind === 'reasoning' ? ({ type: 'reasoning_text', text } as const) : outputText(text, [...logprobs])
  }

  #item(status: ItemStatus): Item {
    const { id } = this.#open!
    const part = this.#part()
    return part.type === 'reasoning_text'
      ? { id, type: 'reasoning', status, summary: [], content: [part] }
      : { id, type: 'message', status, role: 'assistant', content: [part] }
  }
}
