// POST /v1/chat/completions: a request to a run, its choices to a response or to chunks.

import { chatPrompt, echoedText } from './chat-prompt.ts'
import { bestChoices, countIds, type Deltas, type IndexedDelta, type Run, startRun, wholeChoices } from './choices.ts'
import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { type ChatRequest, chatFields, checkChat } from './fields/chat.ts'
import { parseFields, samplingOf } from './fields/field.ts'
import { checkMessages } from './fields/messages.ts'
import { randomId } from './ids.ts'
import { chatTokenLogprob, promptLogprobs } from './logprobs.ts'
import { choiceTextOptions, findModel, maxTokensFor, reportedAlternatives, samplingParams } from './prepare.ts'
import { streamedAnswer } from './streamed-answer.ts'

export async function chat(context: Context): Promise<Response> {
  const { host, call } = context
  const { values: request, ignored } = parseFields(chatFields, await call.json())
  checkChat(request)
  checkMessages(request.messages)
  const model = findModel(host, request.model)
  const topLogprobs = reportedAlternatives(request, request.logprobs ? (request.top_logprobs ?? 0) : undefined)
  const sampling = samplingParams(request, samplingOf(chatFields, request), model, topLogprobs)
  const prompt = chatPrompt(request, model)
  const maxTokens = maxTokensFor(prompt.length, request.max_completion_tokens ?? request.max_tokens, model, 'messages')
  const run = startRun(
    {
      model,
      prompts: [{ prompt, maxTokens }],
      n: request.best_of ?? request.n,
      sampling,
      scorePrompt: request.prompt_logprobs !== undefined,
      text: choiceTextOptions(request),
    },
    context,
  )
  const answer = new ChatAnswer(request, run, Math.floor(host.now() / 1000))
  const headers = ignoredHeader(ignored)
  if (request.stream) return streamedAnswer(call, await answer.chunks(), headers)
  return jsonResponse(await answer.whole(), { headers })
}

class ChatAnswer {
  readonly #request: ChatRequest
  readonly #run: Run
  readonly #head: { readonly id: string; readonly created: number; readonly model: string }
  /** What the reply begins with before anything is generated. */
  readonly #echoed: string

  constructor(request: ChatRequest, run: Run, created: number) {
    this.#request = request
    this.#run = run
    this.#head = {
      id: randomId('chatcmpl-'),
      created,
      model: request.model,
      ...(request.service_tier && { service_tier: 'default' }),
    }
    this.#echoed = request.echo ? echoedText(request) : ''
  }

  async whole(): Promise<object> {
    const drawn = await wholeChoices(this.#run)
    const choices = bestChoices(drawn, this.#run.request.n, this.#request.n).map((choice, index) => ({
      index,
      message: { role: 'assistant', content: this.#echoed + choice.text, refusal: null },
      logprobs: this.#logprobs(choice),
      finish_reason: choice.finish.reason,
      stop_reason: choice.finish.stopReason,
      ...(this.#request.return_token_ids && { token_ids: choice.ids }),
    }))
    const usage = this.#run.usage(countIds(drawn))
    return { ...this.#head, object: 'chat.completion', choices, usage, ...this.#promptExtras() }
  }

  /** Waits for the first tokens, so that what fails before them fails with a status. */
  async chunks(): Promise<AsyncGenerator<object, void>> {
    return this.#chunksFrom(await this.#run.deltas.next())
  }

  async *#chunksFrom(first: Awaited<ReturnType<Deltas['next']>>): AsyncGenerator<object, void> {
    const request = this.#request
    const { deltas, usage } = this.#run
    const { include_usage: include, continuous_usage_stats: continuous } = request.stream_options ?? {}
    let completionTokens = 0
    const chunk = (choices: readonly object[]) => ({ ...this.#head, object: 'chat.completion.chunk', choices })
    const usageSoFar = () => (continuous ? { usage: usage(completionTokens) } : include ? { usage: null } : {})
    for (let index = 0; index < request.n; index++) {
      const delta = { role: 'assistant', content: this.#echoed, refusal: null }
      const opening = chunk([{ index, delta, logprobs: null, finish_reason: null }])
      yield { ...opening, ...usageSoFar(), ...(index === 0 && this.#promptExtras()) }
    }
    for (let next = first; !next.done; next = await deltas.next())
      for (const delta of next.value) {
        completionTokens += delta.ids.length
        yield { ...chunk([this.#chunkChoice(delta)]), ...usageSoFar() }
      }
    if (include) yield { ...chunk([]), usage: usage(completionTokens) }
  }

  #chunkChoice(delta: IndexedDelta): object {
    return {
      index: delta.index,
      delta: delta.text === '' ? {} : { content: delta.text },
      logprobs: this.#logprobs(delta),
      finish_reason: delta.finish?.reason ?? null,
      ...(delta.finish && { stop_reason: delta.finish.stopReason }),
      ...(this.#request.return_token_ids && { token_ids: delta.ids }),
    }
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
    const { return_token_ids: ids, prompt_logprobs: top } = this.#request
    const { model, prompts } = this.#run.request
    const { prompt } = prompts[0]!
    return {
      ...(top !== undefined && {
        prompt_logprobs: promptLogprobs(prompt, this.#run.promptScores(0), top, model.tokenizer),
      }),
      ...(ids && { prompt_token_ids: prompt }),
    }
  }
}
