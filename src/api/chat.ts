// POST /v1/chat/completions: a request to a generation, its choices to a response or to chunks.

import { chatPrompt, echoedText } from './chat-prompt.ts'
import { ChoiceText } from './choice-text.ts'
import { choiceDeltas, type Deltas, type IndexedDelta } from './choices.ts'
import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { type ChatRequest, chatFields, checkChat } from './fields/chat.ts'
import { parseFields, samplingOf } from './fields/field.ts'
import { checkMessages } from './fields/messages.ts'
import { randomId } from './ids.ts'
import { type ChatTokenLogprob, chatTokenLogprob } from './logprobs.ts'
import { choiceTextOptions, findModel, maxTokensFor, samplingParams } from './prepare.ts'
import { streamedAnswer } from './streamed-answer.ts'
import { type Usage, usage } from './usage.ts'

/** What a response is made of besides its choices. */
interface Answer {
  readonly request: ChatRequest
  readonly head: {
    readonly id: string
    readonly created: number
    readonly model: string
    readonly service_tier?: string
  }
  readonly choices: number
  readonly echoed: string
  readonly deltas: Deltas
  readonly logprobs: (delta: IndexedDelta) => { readonly content: ChatTokenLogprob[]; readonly refusal: null } | null
  readonly usage: (completionTokens: number) => Usage
  /** Fields that appear only when asked for. */
  readonly extras: () => Readonly<Record<string, unknown>>
}

export async function chat(context: Context): Promise<Response> {
  const { host, call, metrics } = context
  const { values: request, ignored } = parseFields(chatFields, await call.json())
  checkChat(request)
  checkMessages(request.messages)
  const model = findModel(host, request.model)
  const { tokenizer } = model
  const top = request.top_logprobs ?? 0
  const sampling = samplingParams(request, samplingOf(chatFields, request), model, request.logprobs ? top : undefined)
  const prompt = chatPrompt(request, model)
  const maxTokens = maxTokensFor(prompt.length, request.max_completion_tokens ?? request.max_tokens, model, 'messages')
  const generation = model.engine.generate({ prompt, sampling, maxTokens, n: request.n, signal: call.signal })
  const texts = Array.from({ length: request.n }, () => new ChoiceText(tokenizer, choiceTextOptions(request)))
  const answer: Answer = {
    request,
    head: {
      id: randomId('chatcmpl-'),
      created: Math.floor(host.now() / 1000),
      model: request.model,
      ...(request.service_tier && { service_tier: 'default' }),
    },
    choices: request.n,
    echoed: request.echo ? echoedText(request) : '',
    deltas: choiceDeltas({ generation, texts, promptTokens: prompt.length }, metrics, call.signal),
    logprobs: (delta) =>
      request.logprobs
        ? { content: delta.tokens.map((token) => chatTokenLogprob(token, top, tokenizer)), refusal: null }
        : null,
    usage: (completionTokens) => usage(prompt.length, completionTokens, generation.cachedTokens),
    extras: () => (request.return_token_ids ? { prompt_token_ids: prompt } : {}),
  }
  const headers = ignoredHeader(ignored)
  if (request.stream) return streamedAnswer(call, await chunks(answer), headers)
  return jsonResponse(await whole(answer), { headers })
}

async function whole(answer: Answer): Promise<unknown> {
  const { request, head, logprobs } = answer
  const choices = Array.from({ length: answer.choices }, (_, index) => ({
    index,
    message: { role: 'assistant', content: answer.echoed, refusal: null },
    logprobs: request.logprobs ? { content: [] as ChatTokenLogprob[], refusal: null } : null,
    finish_reason: 'length',
    stop_reason: null as string | number | null,
    ...(request.return_token_ids && { token_ids: [] as number[] }),
  }))
  let completionTokens = 0
  for await (const deltas of answer.deltas)
    for (const delta of deltas) {
      const choice = choices[delta.index]!
      completionTokens += delta.ids.length
      choice.message.content += delta.text
      choice.logprobs?.content.push(...logprobs(delta)!.content)
      choice.token_ids?.push(...delta.ids)
      if (!delta.finish) continue
      choice.finish_reason = delta.finish.reason
      choice.stop_reason = delta.finish.stopReason
    }
  return { ...head, object: 'chat.completion', choices, usage: answer.usage(completionTokens), ...answer.extras() }
}

/** The chunks of a streamed answer. Waits for the first tokens, so that what fails before them fails with a status. */
async function chunks(answer: Answer): Promise<AsyncGenerator<unknown, void>> {
  const first = await answer.deltas.next()
  return chunksFrom(answer, first)
}

async function* chunksFrom(
  answer: Answer,
  first: IteratorResult<readonly IndexedDelta[], void>,
): AsyncGenerator<unknown, void> {
  const { request, head } = answer
  const continuous = request.stream_options?.continuous_usage_stats ?? false
  const include = request.stream_options?.include_usage ?? false
  let completionTokens = 0
  const chunk = (choice: object) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [choice],
    ...((continuous || include) && { usage: continuous ? answer.usage(completionTokens) : null }),
  })
  const opening = { logprobs: null, finish_reason: null }
  for (let index = 0; index < answer.choices; index++) {
    const extras = index === 0 ? answer.extras() : {}
    yield {
      ...chunk({ index, delta: { role: 'assistant', content: answer.echoed, refusal: null }, ...opening }),
      ...extras,
    }
  }
  for (let next = first; !next.done; next = await answer.deltas.next())
    for (const delta of next.value) {
      completionTokens += delta.ids.length
      yield chunk({
        index: delta.index,
        delta: delta.text === '' ? {} : { content: delta.text },
        logprobs: answer.logprobs(delta),
        finish_reason: delta.finish?.reason ?? null,
        ...(delta.finish && { stop_reason: delta.finish.stopReason }),
        ...(request.return_token_ids && { token_ids: delta.ids }),
      })
    }
  if (include) yield { ...head, object: 'chat.completion.chunk', choices: [], usage: answer.usage(completionTokens) }
}
