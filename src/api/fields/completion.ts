// Fields of POST /v1/completions, and the rules between them.

import * as z from 'zod/mini'
import { beamFields } from './beams.ts'
import { constraintFields } from './constraint.ts'
import { defaulted, optional, required, type Values } from './field.ts'
import { checkOutput } from './rules.ts'
import { integer, outputFields, samplingFields } from './sampling.ts'

export const id = integer(z.gte(0))
export const filled = <S extends z.core.$ZodType>(element: S) => z.array(element).check(z.minLength(1))

export const DEFAULT_MAX_TOKENS = 16

export const completionFields = {
  prompt: required(z.union([z.string(), filled(z.string()), filled(id), filled(filled(id))]), {
    doc: 'Text, token ids, or a list of either; choices are numbered prompt by prompt.',
  }),
  model: required(z.string(), { doc: 'Id of a loaded model.' }),
  ...samplingFields,
  ...outputFields,
  max_tokens: optional(integer(z.gte(0)), {
    doc: `Most tokens to generate; ${DEFAULT_MAX_TOKENS} unless told. With \`echo\`, 0 scores the prompt only.`,
  }),
  logprobs: optional(integer(z.gte(0), z.lte(5)), {
    doc: 'Log-probabilities of the tokens and of that many alternatives; with `echo` those of the prompt too.',
  }),
  suffix: optional(z.string(), {
    doc: 'Text that comes after the answer; only for models with fill-in-the-middle tokens.',
  }),
  truncate_prompt_tokens: optional(integer(z.gte(-1)), {
    doc: 'Keeps that many tokens of the prompt’s end; −1 as many as fit beside max_tokens. As in vLLM.',
  }),
  add_special_tokens: defaulted(z.boolean(), true, {
    doc: 'The tokenizer puts its special tokens around a prompt that is text. As in vLLM.',
  }),
  ...beamFields,
  ...constraintFields,
}

export type CompletionRequest = Values<typeof completionFields>

/** @throws ApiError for fields that do not go together */
export function checkCompletion(request: CompletionRequest): void {
  checkOutput(request, request.max_tokens ?? DEFAULT_MAX_TOKENS)
}
