// Fields of chat and completion requests alike: how tokens are drawn, when an answer ends, what is reported of it.

import * as z from 'zod/mini'
import { defaulted, optional } from './field.ts'

export const decimal = (...checks: z.core.$ZodCheck<number>[]) => z.number().check(...checks)
export const integer = (...checks: z.core.$ZodCheck<number>[]) => z.int().check(...checks)

const tokenIds = z.array(integer(z.gte(0)))
const penalty = decimal(z.gte(-2), z.lte(2))

/** Fields whose effect is on the drawing of tokens alone. */
export const samplingFields = {
  temperature: defaulted(decimal(z.gte(0), z.lte(2)), 1, {
    doc: 'Logits are divided by it; 0 takes the most likely token (greedy).',
    sampling: (temperature) => ({ temperature }),
  }),
  top_p: defaulted(decimal(z.gt(0), z.lte(1)), 1, {
    doc: 'Draws from the smallest set of tokens whose probabilities add up to it; 1 is off.',
    sampling: (topP) => ({ topP }),
  }),
  top_k: defaulted(integer(z.gte(-1)), 0, {
    doc: 'Draws from that many most likely tokens; 0 and −1 are off. As in vLLM.',
    sampling: (k) => ({ topK: Math.max(0, k) }),
  }),
  min_p: defaulted(decimal(z.gte(0), z.lte(1)), 0, {
    doc: "Drops tokens less likely than this share of the most likely one's probability, after temperature; 0 is off. As in vLLM.",
    sampling: (minP) => ({ minP }),
  }),
  frequency_penalty: defaulted(penalty, 0, {
    doc: 'Subtracted from the logit of a token once for each time it was generated.',
    sampling: (frequencyPenalty) => ({ frequencyPenalty }),
  }),
  presence_penalty: defaulted(penalty, 0, {
    doc: 'Subtracted from the logit of every token that was generated.',
    sampling: (presencePenalty) => ({ presencePenalty }),
  }),
  repetition_penalty: defaulted(decimal(z.gt(0)), 1, {
    doc: 'For tokens of prompt and answer: a positive logit is divided by it, a negative one multiplied; 1 is off. As in vLLM.',
    sampling: (repetitionPenalty) => ({ repetitionPenalty }),
  }),
  logit_bias: optional(z.record(z.string(), decimal(z.gte(-100), z.lte(100))), {
    doc: 'Added to the logits of the tokens whose ids are its keys. A key that is no token id is refused.',
    sampling: (bias) => ({ logitBias: new Map(Object.entries(bias).map(([id, value]) => [Number(id), value])) }),
  }),
  seed: optional(integer(), {
    doc: 'Same seed, model and request: same tokens, whatever else runs beside it. Any integer; random when not given.',
    sampling: (seed) => ({ seed: seed32(seed) }),
  }),
  min_tokens: defaulted(integer(z.gte(0)), 0, {
    doc: 'Until that many are generated no answer ends: end-of-text and stop tokens are masked, stop strings not looked for. At most max_tokens. As in vLLM.',
    sampling: (minTokens) => ({ minTokens }),
  }),
}

/** When an answer ends and what of it is given. */
export const outputFields = {
  n: defaulted(integer(z.gte(1), z.lte(128)), 1, {
    doc: 'How many answers to draw. More than one needs a temperature above 0, or `use_beam_search`.',
  }),
  best_of: optional(integer(z.gte(1), z.lte(20)), {
    doc: 'Draws that many answers and gives the `n` with the best mean log-probability; with `use_beam_search` the number of beams. At least `n`; above it, not with `stream`.',
  }),
  max_tokens: optional(integer(z.gte(0)), { doc: 'Most tokens to generate; 0 gives an empty answer.' }),
  stop: optional(
    z.union([z.string().check(z.minLength(1)), z.array(z.string().check(z.minLength(1))).check(z.maxLength(4))]),
    {
      doc: 'Up to four strings before which the answer ends; also across tokens, and never shown in part while streaming.',
    },
  ),
  stop_token_ids: optional(tokenIds, { doc: 'Tokens that end the answer, beside the model’s own. As in vLLM.' }),
  include_stop_str_in_output: defaulted(z.boolean(), false, {
    doc: 'The stop string, or the stop token’s text, is part of the answer. As in vLLM.',
  }),
  ignore_eos: defaulted(z.boolean(), false, {
    doc: 'The model’s own end-of-text tokens do not end the answer; `stop` and `stop_token_ids` still do. As in vLLM.',
  }),
  skip_special_tokens: defaulted(z.boolean(), true, { doc: 'Special tokens have no text in the answer. As in vLLM.' }),
  spaces_between_special_tokens: defaulted(z.boolean(), true, {
    doc: 'Where special tokens are shown, two side by side have a space between them.',
  }),
  prompt_logprobs: optional(integer(z.gte(0), z.lte(20)), {
    doc: 'Scores of the prompt’s tokens with that many alternatives, in the field `prompt_logprobs` of the response. As in vLLM.',
  }),
  return_token_ids: defaulted(z.boolean(), false, {
    doc: 'Adds `prompt_token_ids` to the response and `token_ids` to each choice. As in vLLM.',
  }),
  add_special_tokens: defaulted(z.boolean(), false, {
    doc: 'The tokenizer puts its special tokens around the prompt’s text.',
  }),
  echo: defaulted(z.boolean(), false, { doc: 'The answer begins with the text it goes on from.' }),
  stream: defaulted(z.boolean(), false, { doc: 'Answers as server-sent events, a chunk as each token comes.' }),
  stream_options: optional(
    z.object({ include_usage: z.nullish(z.boolean()), continuous_usage_stats: z.nullish(z.boolean()) }),
    {
      doc: '`include_usage`: a last chunk with the usage and no choices; `continuous_usage_stats`: usage in every chunk. Only with `stream`.',
    },
  ),
  user: optional(z.string(), { doc: 'Accepted; has no effect.' }),
}

/** 32 bits of any integer, different for integers that differ in their higher bits. */
function seed32(seed: number): number {
  const high = Math.floor(seed / 2 ** 32)
  return ((seed >>> 0) ^ Math.imul(high, 0x9e3779b1)) >>> 0
}
