// POST /v1/chat/completions: a request to a run, its choices to a response or to chunks.

import { echoedText } from './chat-prompt.ts'
import type { ReplyDelta } from './chat-reply.ts'
import { type ChatRun, startChat } from './chat-run.ts'
import type { Finish } from './choice-text.ts'
import {
  bestChoices,
  countIds,
  type Deltas,
  type IndexedDelta,
  joinDeltas,
  type Run,
  type WholeChoice,
  wholeChoices,
} from './choices.ts'
import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { type ChatRequest, chatFields, checkChat } from './fields/chat.ts'
import { parseFields } from './fields/field.ts'
import { checkMessages } from './fields/messages.ts'
import { randomId } from './ids.ts'
import { chatTokenLogprob, promptLogprobs } from './logprobs.ts'
import type { Stored } from './stored.ts'
import { streamedAnswer } from './streamed-answer.ts'
import { deltaCalls, joinCalls, messageCalls } from './tools/shape.ts'

export async function chat(context: Context): Promise<Response> {
  const { values: request, ignored } = parseFields(chatFields, await context.call.json())
  checkChat(request)
  checkMessages(request.messages)
  const answer = new ChatAnswer(await startChat(request, context, 'messages'), context)
  const headers = ignoredHeader(ignored)
  if (request.stream) return streamedAnswer(context.call, await answer.chunks(), headers)
  return jsonResponse(await answer.whole(), { headers })
}

class ChatAnswer {
  readonly #request: ChatRequest
  readonly #chat: ChatRun
  readonly #run: Run
  readonly #stored: Stored
  readonly #head: { readonly id: string; readonly created: number; readonly model: string }
  /** What the reply begins with before anything is generated. */
  readonly #echoed: string

  constructor(chat: ChatRun, { host, stored }: Context) {
    const { request } = chat
    this.#request = request
    this.#chat = chat
    this.#run = chat.run
    this.#stored = stored
    this.#head = {
      id: randomId('chatcmpl-'),
      created: Math.floor(host.now() / 1000),
      model: request.model,
      ...(request.service_tier && { service_tier: 'default' }),
    }
    this.#echoed = request.echo ? echoedText(request) : ''
  }

  async whole(): Promise<object> {
    return this.#completion(await wholeChoices(this.#run))
  }

  /** The response to choices that have ended, which is kept where that was asked for. */
  #completion(drawn: readonly WholeChoice[]): object {
    const replies = new Map(drawn.map((choice) => [choice, this.#wholeReply(choice)]))
    const choices = bestChoices(drawn, this.#run.request.n, this.#request.n).map((choice, index) => {
      const { content, reasoning, calls } = replies.get(choice)!
      return {
        index,
        message: {
          role: 'assistant',
          content: calls.length > 0 && this.#echoed + content === '' ? null : this.#echoed + content,
          refusal: null,
          ...messageCalls(joinCalls(calls), this.#old),
          ...(reasoning !== '' && { reasoning_content: reasoning }),
        },
        logprobs: this.#logprobs(choice),
        finish_reason: this.#finishReason(choice.finish, calls.length > 0),
        stop_reason: choice.finish.stopReason,
        ...(this.#request.return_token_ids && { token_ids: choice.ids }),
      }
    })
    const reasoningTokens = [...replies.values()].reduce((sum, reply) => sum + reply.reasoningTokens, 0)
    const usage = this.#run.usage(countIds(drawn), reasoningTokens)
    const completion = { ...this.#head, object: 'chat.completion', choices, usage, ...this.#promptExtras() }
    const { store, messages, metadata = {} } = this.#request
    if (store) this.#stored.completions.set(completion.id, { completion: { ...completion, metadata }, messages })
    return completion
  }

  /** Waits for the first tokens, so that what fails before them fails with a status. */
  async chunks(): Promise<AsyncGenerator<object, void>> {
    return this.#chunksFrom(await this.#run.deltas.next())
  }

  async *#chunksFrom(first: Awaited<ReturnType<Deltas['next']>>): AsyncGenerator<object, void> {
    const request = this.#request
    const { deltas, usage } = this.#run
    const { include_usage: include, continuous_usage_stats: continuous } = request.stream_options ?? {}
    const replies = Array.from({ length: request.n }, () => this.#chat.newReply())
    let completionTokens = 0
    let reasoningTokens = 0
    const chunk = (choices: readonly object[]) => ({ ...this.#head, object: 'chat.completion.chunk', choices })
    const usageSoFar = () =>
      continuous ? { usage: usage(completionTokens, reasoningTokens) } : include ? { usage: null } : {}
    for (let index = 0; index < request.n; index++) {
      const content = this.#chat.mayCall && this.#echoed === '' ? null : this.#echoed
      const delta = { role: 'assistant', content, refusal: null }
      const opening = chunk([{ index, delta, logprobs: null, finish_reason: null }])
      yield { ...opening, ...usageSoFar(), ...(index === 0 && this.#promptExtras()) }
    }
    const given: IndexedDelta[] = []
    for (let next = first; !next.done; next = await deltas.next())
      for (const delta of next.value) {
        if (request.store) given.push(delta)
        const reply = replies[delta.index]!.push(delta)
        completionTokens += delta.ids.length
        reasoningTokens += reply.reasoningTokens
        yield { ...chunk([this.#chunkChoice(delta, reply, replies[delta.index]!.called)]), ...usageSoFar() }
      }
    if (request.store) this.#completion(joinDeltas(given, this.#run))
    if (include) yield { ...chunk([]), usage: usage(completionTokens, reasoningTokens) }
  }

  #chunkChoice(delta: IndexedDelta, { content, reasoning, calls }: ReplyDelta, called: boolean): object {
    return {
      index: delta.index,
      delta: {
        ...(reasoning !== '' && { reasoning_content: reasoning }),
        ...(content !== '' && { content }),
        ...deltaCalls(calls, this.#old),
      },
      logprobs: this.#logprobs(delta),
      finish_reason: delta.finish ? this.#finishReason(delta.finish, called) : null,
      ...(delta.finish && { stop_reason: delta.finish.stopReason }),
      ...(this.#request.return_token_ids && { token_ids: delta.ids }),
    }
  }

  #wholeReply({ deltas }: WholeChoice): ReplyDelta {
    const reply = this.#chat.newReply()
    const parts = deltas.map((delta) => reply.push(delta))
    return {
      content: parts.map(({ content }) => content).join(''),
      reasoning: parts.map(({ reasoning }) => reasoning).join(''),
      calls: parts.flatMap(({ calls }) => calls),
      reasoningTokens: parts.reduce((sum, part) => sum + part.reasoningTokens, 0),
    }
  }

  /** Whether calls have the deprecated shape. */
  get #old(): boolean {
    return this.#request.functions !== undefined
  }

  #finishReason({ reason }: Finish, called: boolean): string {
    if (reason !== 'stop' || !called) return reason
    return this.#old ? 'function_call' : 'tool_calls'
  }

  #logprobs({ tokens }: Pick<IndexedDelta, 'tokens'>): object | null {
    const { logprobs, top_logprobs: top } = this.#request
    const { tokenizer } = this.#run.request.model
    return logprobs
      ? { content: tokens.map((token) => chatTokenLogprob(token, top ?? 0, tokenizer)), refusal: null }
      : null
  }

  /** Fields about the prompt that are there only when asked for. */
  #promptExtras(): object {
    const { return_token_ids: wanted, prompt_logprobs: top } = this.#request
    const { ids } = this.#chat.prompt
    const { tokenizer } = this.#run.request.model
    return {
      ...(top !== undefined && { prompt_logprobs: promptLogprobs(ids, this.#run.promptScores(0), top, tokenizer) }),
      ...(wanted && { prompt_token_ids: ids }),
    }
  }
}
