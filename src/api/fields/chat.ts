// Fields of POST /v1/chat/completions, and the rules between them.

import * as z from 'zod/mini'
import { badRequest } from '../errors.ts'
import { beamFields } from './beams.ts'
import { constraintFields } from './constraint.ts'
import { defaulted, optional, required, type Values } from './field.ts'
import { messagesSchema } from './messages.ts'
import { checkOutput } from './rules.ts'
import { integer, outputFields, samplingFields } from './sampling.ts'
import { checkTools, toolFields } from './tools.ts'

export const chatFields = {
  messages: required(messagesSchema, {
    doc: 'The conversation. Roles system, developer, user, assistant, tool and function; content is text or parts of type text.',
  }),
  model: required(z.string(), { doc: 'Id of a loaded model.' }),
  ...samplingFields,
  ...outputFields,
  max_completion_tokens: optional(integer(z.gte(0)), {
    doc: 'The same as max_tokens, and wins over it. Not given: what is left of the context.',
  }),
  logprobs: defaulted(z.boolean(), false, {
    doc: 'Log-probabilities of the generated tokens: of the model’s own distribution, before bias, penalties and temperature.',
  }),
  top_logprobs: optional(integer(z.gte(0), z.lte(20)), {
    doc: 'How many alternatives to give for each token. Only with `logprobs`.',
  }),
  ...toolFields,
  add_generation_prompt: optional(z.boolean(), {
    doc: 'The template opens the reply; true unless told or `continue_final_message`. As in vLLM.',
  }),
  continue_final_message: defaulted(z.boolean(), false, {
    doc: 'The last message is left open and the answer goes on from its text. Not with `add_generation_prompt`. As in vLLM.',
  }),
  chat_template: optional(z.string(), { doc: 'A Jinja template in place of the model’s. As in vLLM.' }),
  chat_template_kwargs: optional(z.looseObject({}), { doc: 'Variables of the template. As in vLLM.' }),
  documents: optional(z.array(z.looseObject({})), { doc: 'A variable of the template. As in vLLM.' }),
  reasoning_effort: optional(z.string(), { doc: 'A variable of the template.' }),
  metadata: optional(z.record(z.string(), z.string()), { doc: 'Kept with a stored completion.' }),
  store: optional(z.boolean(), {
    doc: 'Keeps the completion, in memory and with a bound, for the routes of stored completions.',
  }),
  service_tier: optional(z.literal(['auto', 'default', 'flex', 'scale', 'priority']), {
    doc: 'Accepted; has no effect. Echoed as `default`, the only tier there is.',
  }),
  ...beamFields,
  ...constraintFields,
}

export type ChatRequest = Values<typeof chatFields>

/** @throws ApiError for fields that do not go together */
export function checkChat(request: ChatRequest): void {
  checkOutput(request, request.max_completion_tokens ?? request.max_tokens)
  if (request.top_logprobs !== undefined && request.top_logprobs > 0 && !request.logprobs)
    throw badRequest("Invalid 'top_logprobs': it needs 'logprobs' to be true.", 'top_logprobs')
  if (request.continue_final_message && request.add_generation_prompt)
    throw badRequest(
      "Invalid 'continue_final_message': it cannot be true together with 'add_generation_prompt'.",
      'continue_final_message',
    )
  checkTools(request)
}
