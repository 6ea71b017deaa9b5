// From a parsed request to what the engine is asked: sampling parameters, limits. Knows fields and models; no text.

import type { SamplingParams } from '../engine/sampling-params.ts'
import type { TokenConstraint } from '../engine/token-constraint.ts'
import type { ChoiceTextOptions } from './choice-text.ts'
import { badRequest, modelNotFound, unsupported } from './errors.ts'
import type { beamFields } from './fields/beams.ts'
import type { AskedConstraint } from './fields/constraint.ts'
import type { Values } from './fields/field.ts'
import type { outputFields, samplingFields } from './fields/sampling.ts'
import type { ApiHost, ServedModel } from './host.ts'

type Output = Values<typeof beamFields> & Values<typeof outputFields> & Values<typeof samplingFields>

/** @throws ApiError 404 */
export function findModel(host: ApiHost, id: string): ServedModel {
  const model = host.models.find((model) => model.id === id)
  if (!model) throw modelNotFound(id)
  return model
}

/**
 * @param drawn what the request's fields say of drawing tokens
 * @param topLogprobs how many alternatives to report; undefined: no log-probabilities
 * @param constrained the answer is held to a form
 * @throws ApiError for token ids that the model does not have
 */
export function samplingParams(
  request: Output,
  drawn: Partial<SamplingParams>,
  model: ServedModel,
  topLogprobs: number | undefined,
  constrained: boolean,
): SamplingParams {
  for (const key of Object.keys(request.logit_bias ?? {}))
    if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) >= model.vocabSize)
      throw badRequest(
        `Invalid key in 'logit_bias': expected a token id below ${model.vocabSize}, but got '${key}'.`,
        'logit_bias',
      )
  checkTokenIds(request.stop_token_ids ?? [], 'stop_token_ids', model)
  // A form that is complete can only end.
  const eos = request.ignore_eos && !constrained ? [] : model.generationDefaults.eosTokenIds
  return {
    temperature: 1,
    topP: 1,
    topK: 0,
    minP: 0,
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
    minTokens: 0,
    seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
    ...drawn,
    stopTokenIds: [...new Set([...eos, ...(request.stop_token_ids ?? [])])],
    topLogprobs,
  }
}

/** What an answer is held to, compiled. @throws ApiError 400 */
export async function constraintFor(
  asked: AskedConstraint | undefined,
  { id, constraints }: ServedModel,
): Promise<TokenConstraint | undefined> {
  if (!asked) return undefined
  if (!constraints) throw unsupported(asked.param, `the model '${id}' has no tokenizer.`)
  return constraints.compile(asked)
}

/** How many choices the engine is to give: those from which the best are taken here, or what a beam search found best. */
export function choicesToDraw({ use_beam_search: search, n, best_of: bestOf }: Output): number {
  return search ? n : (bestOf ?? n)
}

/** How many alternatives the engine is to report: enough for all that asks for them. undefined: no log-probabilities. */
export function reportedAlternatives(request: Output, asked: number | undefined): number | undefined {
  const ranked = choicesToDraw(request) > request.n ? 0 : undefined
  const wanted = [asked, request.prompt_logprobs, ranked].filter((top) => top !== undefined)
  return wanted.length === 0 ? undefined : Math.max(...wanted)
}

/** @throws ApiError for an id that the model does not have */
export function checkTokenIds(ids: readonly number[], param: string, { vocabSize }: ServedModel): void {
  const i = ids.findIndex((id) => id >= vocabSize)
  if (i >= 0)
    throw badRequest(
      `Invalid '${param}[${i}]': expected a token id below ${vocabSize}, but got ${ids[i]}.`,
      `${param}[${i}]`,
    )
}

export function choiceTextOptions(request: Output): ChoiceTextOptions {
  return {
    stop: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
    includeStop: request.include_stop_str_in_output,
    stopTokenIds: request.stop_token_ids ?? [],
    minTokens: request.min_tokens,
    skipSpecialTokens: request.skip_special_tokens,
    spacesBetweenSpecialTokens: request.spaces_between_special_tokens,
  }
}

/** Ids of the tokens that the model has of these. */
export function tokenIds(texts: readonly string[], { tokenizer }: ServedModel): number[] {
  return texts.map((text) => tokenizer?.tokenId(text)).filter((id) => id !== undefined)
}

/**
 * How many tokens may be generated after the prompt: as many as asked, or what is left of the context.
 * @throws ApiError 400 when prompt and answer do not fit
 */
export function maxTokensFor(
  promptTokens: number,
  asked: number | undefined,
  { contextLength }: ServedModel,
  param: 'messages' | 'prompt' | 'input',
): number {
  const total = promptTokens + (asked ?? 1)
  if (total <= contextLength) return asked ?? contextLength - promptTokens
  throw badRequest(
    `This model's maximum context length is ${contextLength} tokens. However, you requested ${total} tokens ` +
      `(${promptTokens} in the ${param}, ${asked ?? 1} in the completion). Please reduce the length of the ${param} or completion.`,
    param,
    'context_length_exceeded',
  )
}
