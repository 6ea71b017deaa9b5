// POST /v1/completions: prompts to a run, its choices to a response or to chunks of the same shape.

import type { SampledToken } from '../engine/model-runner.ts'
import { bestChoices, countIds, type Deltas, type IndexedDelta, type Run, startRun, wholeChoices } from './choices.ts'
import { type CompletionPrompt, completionPrompts, decoding } from './completion-prompts.ts'
import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { MARKS } from './dialects/marks.ts'
import { beamOptions } from './fields/beams.ts'
import { type CompletionRequest, checkCompletion, completionFields } from './fields/completion.ts'
import { askedConstraint } from './fields/constraint.ts'
import { parseFields, samplingOf } from './fields/field.ts'
import { randomId } from './ids.ts'
import { type CompletionColumns, CompletionLogprobs, promptLogprobs } from './logprobs.ts'
import {
  choicesToDraw,
  choiceTextOptions,
  constraintFor,
  findModel,
  reportedAlternatives,
  samplingParams,
  tokenIds,
} from './prepare.ts'
import { streamedAnswer } from './streamed-answer.ts'

export async function completions(context: Context): Promise<Response> {
  const { host, call } = context
  const { values: request, ignored } = parseFields(completionFields, await call.json())
  checkCompletion(request)
  const model = findModel(host, request.model)
  const topLogprobs = reportedAlternatives(request, request.logprobs)
  const constraint = await constraintFor(askedConstraint(request), model)
  const drawn = samplingOf(completionFields, request)
  const sampling = samplingParams(request, drawn, model, topLogprobs, constraint !== undefined)
  const prompts = completionPrompts(request, model)
  const scored = request.prompt_logprobs !== undefined || (request.echo && request.logprobs !== undefined)
  const run = startRun(
    {
      model,
      prompts,
      n: choicesToDraw(request),
      sampling,
      beams: beamOptions(request),
      constraint,
      scorePrompt: scored,
      text: { ...choiceTextOptions(request), shown: constraint && tokenIds(MARKS, model) },
    },
    context,
  )
  const answer = new CompletionAnswer(request, prompts, run, Math.floor(host.now() / 1000))
  const headers = ignoredHeader(ignored)
  if (request.stream) return streamedAnswer(call, await answer.chunks(), headers)
  return jsonResponse(await answer.whole(), { headers })
}

class CompletionAnswer {
  readonly #request: CompletionRequest
  readonly #prompts: readonly CompletionPrompt[]
  readonly #run: Run
  readonly #head: object
  /** By choice: offsets of a streamed choice go on from chunk to chunk. */
  readonly #columns: (CompletionLogprobs | undefined)[] = []

  constructor(request: CompletionRequest, prompts: readonly CompletionPrompt[], run: Run, created: number) {
    this.#request = request
    this.#prompts = prompts
    this.#run = run
    this.#head = { id: randomId('cmpl-'), object: 'text_completion', created, model: request.model }
  }

  async whole(): Promise<object> {
    const { n, return_token_ids: ids } = this.#request
    const drawn = await wholeChoices(this.#run)
    const choices = bestChoices(drawn, this.#run.request.n, n).map((choice, index) => ({
      index,
      text: this.#echoed(index) + choice.text,
      logprobs: this.#logprobs(index, choice.tokens, true),
      finish_reason: choice.finish.reason,
      stop_reason: choice.finish.stopReason,
      ...(ids && { token_ids: choice.ids }),
      ...this.#promptExtras(index),
    }))
    return { ...this.#head, choices, usage: this.#run.usage(countIds(drawn)), ...this.#onlyPromptExtras() }
  }

  /** Waits for the first tokens, so that what fails before them fails with a status. */
  async chunks(): Promise<AsyncGenerator<object, void>> {
    return this.#chunksFrom(await this.#run.deltas.next())
  }

  async *#chunksFrom(first: Awaited<ReturnType<Deltas['next']>>): AsyncGenerator<object, void> {
    const { include_usage: include, continuous_usage_stats: continuous } = this.#request.stream_options ?? {}
    const { deltas, usage } = this.#run
    const begun = new Set<number>()
    let completionTokens = 0
    // OpenAI's description of these chunks, unlike that of a chat's, has no null here.
    const usageSoFar = () => (continuous ? { usage: usage(completionTokens) } : {})
    for (let next = first; !next.done; next = await deltas.next())
      for (const delta of next.value) {
        completionTokens += delta.ids.length
        const isFirst = !begun.has(delta.index)
        const extras = begun.size === 0 ? this.#onlyPromptExtras() : {}
        begun.add(delta.index)
        yield { ...this.#head, choices: [this.#chunkChoice(delta, isFirst)], ...usageSoFar(), ...extras }
      }
    if (include) yield { ...this.#head, choices: [], usage: usage(completionTokens) }
  }

  #chunkChoice(delta: IndexedDelta, isFirst: boolean): object {
    const { index } = delta
    return {
      index,
      text: (isFirst ? this.#echoed(index) : '') + delta.text,
      logprobs: this.#logprobs(index, delta.tokens, isFirst),
      finish_reason: delta.finish?.reason ?? null,
      ...(delta.finish && { stop_reason: delta.finish.stopReason }),
      ...(this.#request.return_token_ids && { token_ids: delta.ids }),
      ...(isFirst && this.#promptExtras(index)),
    }
  }

  #promptOf(index: number): number {
    return Math.floor(index / this.#request.n)
  }

  #echoed(index: number): string {
    return this.#request.echo ? this.#prompts[this.#promptOf(index)]!.text : ''
  }

  /** The columns of a choice's next tokens; with echo its first ones are the prompt's. */
  #logprobs(index: number, tokens: readonly SampledToken[], isFirst: boolean): CompletionColumns | null {
    const { logprobs: top, echo } = this.#request
    if (top === undefined) return null
    const options = { ...decoding(this.#request), continuation: !echo }
    this.#columns[index] ??= new CompletionLogprobs(top, this.#run.request.model.tokenizer, options)
    return this.#columns[index].columns([...(echo && isFirst ? this.#scoredPrompt(index) : []), ...tokens])
  }

  #scoredPrompt(index: number): (SampledToken | { token: number })[] {
    const { prompt } = this.#prompts[this.#promptOf(index)]!
    const scores = this.#run.promptScores(this.#promptOf(index))
    return prompt.map((token, i) => scores[i - 1] ?? { token })
  }

  /** The same of the whole response, where it has one prompt. */
  #onlyPromptExtras(): object {
    return this.#prompts.length === 1 ? this.#promptExtras(0) : {}
  }

  /** Fields about a choice's prompt that are there only when asked for. */
  #promptExtras(index: number): object {
    const { return_token_ids: ids, prompt_logprobs: top } = this.#request
    const { prompt } = this.#prompts[this.#promptOf(index)]!
    const scores = this.#run.promptScores(this.#promptOf(index))
    const { tokenizer } = this.#run.request.model
    return {
      ...(top !== undefined && { prompt_logprobs: promptLogprobs(prompt, scores, top, tokenizer) }),
      ...(ids && { prompt_token_ids: prompt }),
    }
  }
}
