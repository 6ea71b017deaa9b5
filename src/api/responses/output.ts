// The output of a response as its text comes: items, and the events that tell of them. Messages and thinking text have one part
// of content each, calls their arguments. Knows nothing of the response around them.

import type { ReplyDelta } from '../chat-reply.ts'
import { randomId } from '../ids.ts'
import type { CallDelta } from '../tools/call-reader.ts'
import { type Item, type ItemStatus, outputText } from './items.ts'

export interface ResponseEvent {
  readonly type: string
  readonly [key: string]: unknown
}

type Open =
  | { readonly kind: 'reasoning' | 'message'; readonly id: string; text: string; readonly logprobs: object[] }
  | {
      readonly kind: 'call'
      readonly id: string
      text: string
      readonly call: { readonly id: string; readonly name: string }
    }

type OpenText = Exclude<Open, { kind: 'call' }>

export class ResponseOutput {
  readonly #done: Item[] = []
  #open: Open | undefined
  /** Scores of tokens whose text has not come yet. */
  #scores: object[] = []

  get items(): Item[] {
    return this.#open ? [...this.#done, item(this.#open, 'in_progress')] : [...this.#done]
  }

  /** @param scores of the tokens of that content */
  *push({ reasoning, content, calls }: ReplyDelta, scores: readonly object[]): Iterable<ResponseEvent> {
    this.#scores.push(...scores)
    if (reasoning !== '') yield* this.#addText('reasoning', reasoning)
    if (content !== '') yield* this.#addText('message', content)
    for (const call of calls) yield* this.#addCall(call)
  }

  /** An answer of nothing is a message of no text. */
  *end(status: ItemStatus): Iterable<ResponseEvent> {
    if (!this.#open && this.#done.length === 0) yield* this.#begin(emptyText('message'))
    yield* this.#end(status)
  }

  *#addText(kind: OpenText['kind'], text: string): Iterable<ResponseEvent> {
    if (this.#open?.kind !== kind) yield* this.#begin(emptyText(kind))
    const open = this.#open as OpenText
    const logprobs = this.#takeScores(open)
    open.text += text
    yield this.#textEvent(open, 'delta', { delta: text }, logprobs)
  }

  *#addCall({ begins, arguments: text }: CallDelta): Iterable<ResponseEvent> {
    if (begins) yield* this.#begin({ kind: 'call', id: randomId('fc_'), text: '', call: begins })
    this.#scores = [] // calls have no place for them
    const open = this.#open!
    open.text += text
    if (text !== '') yield { type: 'response.function_call_arguments.delta', ...this.#place(open), delta: text }
  }

  /** Ends what is open, too. */
  *#begin(open: Open): Iterable<ResponseEvent> {
    yield* this.#end('completed')
    this.#open = open
    const begun = item(open, 'in_progress')
    const added = open.kind === 'call' ? begun : { ...begun, content: [] }
    yield { type: 'response.output_item.added', output_index: this.#done.length, item: added }
    if (open.kind !== 'call') yield { type: 'response.content_part.added', ...this.#partPlace(open), part: part(open) }
  }

  *#end(status: ItemStatus): Iterable<ResponseEvent> {
    const open = this.#open
    if (!open) return
    if (open.kind === 'call') {
      const { name } = open.call
      yield { type: 'response.function_call_arguments.done', ...this.#place(open), name, arguments: open.text }
    } else {
      this.#takeScores(open)
      yield this.#textEvent(open, 'done', { text: open.text }, open.logprobs)
      yield { type: 'response.content_part.done', ...this.#partPlace(open), part: part(open) }
    }
    const done = item(open, status)
    yield { type: 'response.output_item.done', output_index: this.#done.length, item: done }
    this.#done.push(done)
    this.#open = undefined
  }

  #textEvent(open: OpenText, name: 'delta' | 'done', text: object, logprobs: readonly object[]): ResponseEvent {
    const place = this.#partPlace(open)
    return open.kind === 'reasoning'
      ? { type: `response.reasoning_text.${name}`, ...place, ...text }
      : { type: `response.output_text.${name}`, ...place, ...text, logprobs }
  }

  #takeScores({ logprobs }: OpenText): object[] {
    const scores = this.#scores
    this.#scores = []
    logprobs.push(...scores)
    return scores
  }

  #place({ id }: Open): object {
    return { item_id: id, output_index: this.#done.length }
  }

  #partPlace(open: OpenText): object {
    return { ...this.#place(open), content_index: 0 }
  }
}

function emptyText(kind: OpenText['kind']): OpenText {
  return { kind, id: randomId(kind === 'reasoning' ? 'rs_' : 'msg_'), text: '', logprobs: [] }
}

function part({ kind, text, logprobs }: OpenText) {
  return kind === 'reasoning' ? ({ type: 'reasoning_text', text } as const) : outputText(text, [...logprobs])
}

function item(open: Open, status: ItemStatus): Item {
  const { id } = open
  if (open.kind === 'call') {
    const { id: callId, name } = open.call
    return { id, type: 'function_call', status, call_id: callId, name, arguments: open.text }
  }
  const content = part(open)
  return content.type === 'reasoning_text'
    ? { id, type: 'reasoning', status, summary: [], content: [content] }
    : { id, type: 'message', status, role: 'assistant', content: [content] }
}
