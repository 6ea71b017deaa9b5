// Prompts of a completion request to token ids: four forms, text between a prefix and a suffix, cut to a length.

import { TextError } from '../text/errors.ts'
import { fillInTheMiddle } from '../text/fill-in-the-middle.ts'
import { needTokenizer, nonEmpty } from './chat-prompt.ts'
import { badRequest } from './errors.ts'
import { type CompletionRequest, DEFAULT_MAX_TOKENS } from './fields/completion.ts'
import type { ServedModel } from './host.ts'
import { checkTokenIds, maxTokensFor } from './prepare.ts'

export interface CompletionPrompt {
  readonly prompt: readonly number[]
  readonly maxTokens: number
  /** What `echo` gives. */
  readonly text: string
}

/** @throws ApiError 400 */
export function completionPrompts(request: CompletionRequest, model: ServedModel): CompletionPrompt[] {
  const { prompt: given } = request
  if (typeof given === 'string') return [onePrompt(given, 'prompt', request, model)]
  if (isIds(given)) return [onePrompt(given, 'prompt', request, model)]
  return given.map((prompt, i) => onePrompt(prompt, `prompt[${i}]`, request, model))
}

export function isIds(prompt: readonly unknown[]): prompt is readonly number[] {
  return typeof prompt[0] === 'number'
}

function onePrompt(
  given: string | readonly number[],
  param: string,
  request: CompletionRequest,
  model: ServedModel,
): CompletionPrompt {
  const all = nonEmpty(ids(given, param, request, model), model, param)
  const asked = request.max_tokens
  const prompt = cut(all, request.truncate_prompt_tokens, model.contextLength - (asked ?? 1))
  const room = model.contextLength - prompt.length
  const maxTokens = maxTokensFor(
    prompt.length,
    asked ?? Math.max(1, Math.min(DEFAULT_MAX_TOKENS, room)),
    model,
    'prompt',
  )
  // A text that was kept whole is echoed as it was given: decoding may not give every character back.
  const whole = typeof given === 'string' && prompt.length === all.length
  return { prompt, maxTokens, text: whole ? given : (model.tokenizer?.decode(prompt, decoding(request)) ?? '') }
}

/** How the text of a prompt or an answer is decoded. */
export function decoding(request: Pick<CompletionRequest, 'skip_special_tokens' | 'spaces_between_special_tokens'>) {
  return {
    skipSpecialTokens: request.skip_special_tokens,
    spacesBetweenSpecialTokens: request.spaces_between_special_tokens,
  }
}

function ids(
  given: string | readonly number[],
  param: string,
  request: CompletionRequest,
  model: ServedModel,
): number[] {
  if (typeof given !== 'string') checkTokenIds(given, param, model)
  if (request.suffix === undefined) {
    if (typeof given !== 'string') return [...given]
    return needTokenizer(model, param).encode(given, { addSpecialTokens: request.add_special_tokens })
  }
  const tokenizer = needTokenizer(model, 'suffix')
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false })
  try {
    const filled = fillInTheMiddle(typeof given === 'string' ? encode(given) : given, encode(request.suffix), tokenizer)
    const [bos] = request.add_special_tokens ? tokenizer.encode('') : []
    return bos === undefined ? filled : [bos, ...filled]
  } catch (error) {
    if (!(error instanceof TextError)) throw error
    throw badRequest(`Invalid 'suffix': ${error.message}`, 'suffix', 'unsupported_value')
  }
}

function cut(prompt: number[], keep: number | undefined, fitting: number): number[] {
  if (keep === undefined) return prompt
  return prompt.slice(Math.max(0, prompt.length - Math.max(1, keep === -1 ? fitting : keep)))
}
