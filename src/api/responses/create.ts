// POST /v1/responses: a request to a chat, its one choice to a response or to typed events.

import { chatPrompt } from '../chat-prompt.ts'
import type { ChatReply } from '../chat-reply.ts'
import { type ChatRun, startChat } from '../chat-run.ts'
import type { IndexedDelta } from '../choices.ts'
import { type Context, ignoredHeader, jsonResponse } from '../context.ts'
import { badRequest } from '../errors.ts'
import { toApiError } from '../failures.ts'
import { type ChatRequest, chatFields, checkChat } from '../fields/chat.ts'
import { parseFields } from '../fields/field.ts'
import type { Message } from '../fields/messages.ts'
import {
  checkResponse,
  drawingFields,
  type ResponseRequest,
  responseFields,
  wantsLogprobs,
} from '../fields/response.ts'
import { randomId } from '../ids.ts'
import { chatTokenLogprob } from '../logprobs.ts'
import { findModel } from '../prepare.ts'
import type { Stored, StoredResponse } from '../stored.ts'
import { streamedEvents } from '../streamed-answer.ts'
import { type Item, itemMessages, toItems } from './items.ts'
import { type ResponseEvent, ResponseOutput } from './output.ts'

export async function createResponse(context: Context): Promise<Response> {
  const { request, input, asked, headers } = await readRequest(context)
  const answer = new ResponseAnswer(request, input, await startChat(asked, context, 'input'), context)
  if (request.stream) return streamedEvents(context.call, await answer.events(), headers)
  if (request.background) return jsonResponse(answer.begin(), { headers })
  return jsonResponse(await answer.whole(), { headers })
}

/** POST /v1/responses/input_tokens: what a response's prompt comes to, whether it fits or not. */
export async function countInputTokens(context: Context): Promise<Response> {
  const { asked, headers } = await readRequest(context)
  const { ids } = await chatPrompt(asked, findModel(context.host, asked.model), 'input')
  return jsonResponse({ object: 'response.input_tokens', input_tokens: ids.length }, { headers })
}

async function readRequest({ call, stored }: Context) {
  const { values: request, ignored } = parseFields(responseFields, await call.json())
  checkResponse(request)
  const given = toItems(request.input, (id) => findItem(stored, id))
  const input = [...conversationOf(request.previous_response_id, stored), ...given]
  const asked = chatRequest(request, itemMessages(input))
  return { request, input, asked, headers: ignoredHeader(ignored) }
}

function findItem({ responses }: Stored, id: string): Item | undefined {
  for (const { input, response } of responses.values().reverse()) {
    const found = [...response.output, ...input].find((item) => item.id === id)
    if (found) return found
  }
  return undefined
}

function conversationOf(id: string | undefined, { responses }: Stored): readonly Item[] {
  if (id === undefined) return []
  const previous = responses.get(id)
  const param = 'previous_response_id'
  if (!previous)
    throw badRequest(`Invalid '${param}': no response with id '${id}' is stored.`, param, 'previous_response_not_found')
  const { input, response } = previous
  if (response.status === 'in_progress') throw badRequest(`Invalid '${param}': '${id}' is still in progress.`, param)
  return [...input, ...response.output]
}

/** The chat whose answer the response is. */
function chatRequest(request: ResponseRequest, conversation: readonly Message[]): ChatRequest {
  const { instructions, tools, tool_choice: choice } = request
  const messages = [...(instructions === undefined ? [] : [{ role: 'system', content: instructions }]), ...conversation]
  if (messages.length === 0) throw badRequest("Invalid 'input': it holds no message.", 'input')
  const drawing = Object.entries(request).filter(([name]) => Object.hasOwn(drawingFields, name))
  const { values } = parseFields(chatFields, {
    ...Object.fromEntries(drawing),
    model: request.model,
    messages,
    max_completion_tokens: request.max_output_tokens,
    logprobs: wantsLogprobs(request),
    top_logprobs: wantsLogprobs(request) ? request.top_logprobs : undefined,
    tools: tools?.length ? tools.map(({ type, ...definition }) => ({ type, function: definition })) : undefined,
    tool_choice: typeof choice === 'object' ? chatChoice(choice) : choice,
    parallel_tool_calls: request.parallel_tool_calls,
    reasoning_effort: request.reasoning?.effort,
    response_format: chatFormat(request.text?.format),
  })
  checkChat(values)
  return values
}

/** The same format as a chat writes it. */
function chatFormat(format: NonNullable<ResponseRequest['text']>['format']): object | undefined {
  if (format?.type !== 'json_schema') return format ?? undefined
  const { type, ...json_schema } = format
  return { type, json_schema }
}

function chatChoice(choice: Exclude<ResponseRequest['tool_choice'], string | undefined>): object {
  if (choice.type === 'function') return namedTool(choice)
  const { type, mode, tools } = choice
  return { type, allowed_tools: { mode, tools: tools.map(namedTool) } }
}

function namedTool({ type, name }: { readonly type: 'function'; readonly name: string }): object {
  return { type, function: { name } }
}

type State = Pick<StoredResponse['response'], 'status'> & { readonly [key: string]: unknown }

class ResponseAnswer {
  readonly #request: ResponseRequest
  readonly #input: readonly Item[]
  readonly #chat: ChatRun
  readonly #context: Context
  readonly #head: { readonly id: string; readonly object: 'response'; readonly created_at: number }
  readonly #output = new ResponseOutput()
  readonly #reply: ChatReply
  #state: State = { status: 'in_progress' }

  constructor(request: ResponseRequest, input: readonly Item[], chat: ChatRun, context: Context) {
    this.#request = request
    this.#input = input
    this.#chat = chat
    this.#context = context
    this.#reply = chat.newReply()
    this.#head = { id: randomId('resp_'), object: 'response', created_at: this.#seconds() }
  }

  async whole(): Promise<object> {
    for await (const _ of this.#steps());
    return this.#body()
  }

  /** The response as it is before anything is generated, which happens meanwhile. */
  begin(): object {
    this.whole().catch(() => {}) // the stored response tells of it
    return this.#body()
  }

  /** Waits for the first tokens, so that what fails before them fails with a status. */
  async events(): Promise<AsyncGenerator<ResponseEvent, void>> {
    const steps = this.#steps()
    const first = await steps.next()
    return this.#numbered(first, steps)
  }

  async *#numbered(
    first: IteratorResult<readonly ResponseEvent[], void>,
    steps: AsyncGenerator<readonly ResponseEvent[], void>,
  ): AsyncGenerator<ResponseEvent, void> {
    let number = 0
    const numbered = (event: ResponseEvent) => ({ ...event, sequence_number: number++ })
    try {
      for (let next = first; !next.done; next = await steps.next())
        for (const event of next.value) yield numbered(event)
    } catch (error) {
      if (this.#context.call.signal.aborted) throw error
      const { message, code, param } = toApiError(error)
      yield numbered({ type: 'response.failed', response: this.#body() })
      yield numbered({ type: 'error', message, code, param })
    } finally {
      await steps.return()
    }
  }

  /** Lists of events; the first one when there are tokens. */
  async *#steps(): AsyncGenerator<readonly ResponseEvent[], void> {
    const { call } = this.#context
    const { run } = this.#chat
    let tokens = 0
    let thinking = 0
    let finish: IndexedDelta['finish']
    let opening: ResponseEvent[] = ['response.created', 'response.in_progress'].map((type) => this.#event(type))
    if (this.#request.store) this.#store()
    try {
      for await (const deltas of run.deltas) {
        const events = opening
        opening = []
        for (const delta of deltas) {
          const reply = this.#reply.push(delta)
          tokens += delta.ids.length
          thinking += reply.reasoningTokens
          finish ??= delta.finish
          events.push(...this.#output.push(reply, reply.reasoningTokens > 0 ? [] : this.#scores(delta)))
        }
        yield events
      }
      call.signal.throwIfAborted()
      const status = finish?.reason === 'length' ? 'incomplete' : 'completed'
      const events = [...opening, ...this.#output.end(status)]
      const usage = run.usage(tokens, thinking)
      this.#become({
        status,
        ...(status === 'completed'
          ? { completed_at: this.#seconds() }
          : { incomplete_details: { reason: 'max_output_tokens' } }),
        usage: {
          input_tokens: usage.prompt_tokens,
          input_tokens_details: { ...usage.prompt_tokens_details, cache_write_tokens: 0 },
          output_tokens: usage.completion_tokens,
          output_tokens_details: usage.completion_tokens_details,
          total_tokens: usage.total_tokens,
        },
      })
      yield [...events, this.#event(`response.${status}`)]
    } catch (error) {
      if (!call.signal.aborted)
        this.#become({ status: 'failed', error: { code: 'server_error', message: toApiError(error).message } })
      throw error
    } finally {
      this.#become({ status: 'cancelled' })
    }
  }

  #scores({ tokens }: IndexedDelta): object[] {
    if (!wantsLogprobs(this.#request)) return []
    const { tokenizer } = this.#chat.run.request.model
    return tokens.map((token) => chatTokenLogprob(token, this.#request.top_logprobs ?? 0, tokenizer))
  }

  /** Ends the response in a state, unless it has ended. */
  #become(state: State): void {
    if (this.#state.status !== 'in_progress') return
    this.#state = state
    if (this.#context.stored.responses.get(this.#head.id)) this.#store()
  }

  #store(): void {
    this.#context.stored.responses.set(this.#head.id, {
      response: this.#body(),
      input: this.#input,
      cancel: () => {
        this.#become({ status: 'cancelled' })
        this.#context.call.abort(new Error('Cannot go on: the response was cancelled'))
      },
    })
  }

  #event(type: string): ResponseEvent {
    return { type, response: this.#body() }
  }

  #body() {
    const request = this.#request
    const { user, safety_identifier, prompt_cache_key, max_tool_calls, top_logprobs } = request
    return {
      ...this.#head,
      background: request.background,
      error: null,
      incomplete_details: null,
      instructions: request.instructions ?? null,
      max_output_tokens: request.max_output_tokens ?? null,
      ...(max_tool_calls !== undefined && { max_tool_calls }),
      metadata: request.metadata,
      model: request.model,
      output: this.#output.items,
      parallel_tool_calls: request.parallel_tool_calls,
      previous_response_id: request.previous_response_id ?? null,
      ...(prompt_cache_key !== undefined && { prompt_cache_key }),
      reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
      ...(safety_identifier !== undefined && { safety_identifier }),
      ...(request.service_tier && { service_tier: 'default' }),
      store: request.store,
      temperature: request.temperature,
      text: { format: this.#request.text?.format ?? { type: 'text' } },
      tool_choice: request.tool_choice ?? 'auto',
      tools: (request.tools ?? []).map((tool) => ({
        ...tool,
        parameters: tool.parameters ?? null,
        strict: tool.strict ?? true,
      })),
      top_logprobs: top_logprobs ?? 0,
      top_p: request.top_p,
      truncation: 'disabled',
      ...(user !== undefined && { user }),
      ...this.#state,
    }
  }

  #seconds(): number {
    return Math.floor(this.#context.host.now() / 1000)
  }
}
