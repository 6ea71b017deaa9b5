// Fields of POST /v1/responses, and the rules between them.

import * as z from 'zod/mini'
import { badRequest, unsupported } from '../errors.ts'
import { defaulted, optional, required, type Values } from './field.ts'
import { inputSchema } from './response-input.ts'
import { integer, samplingFields } from './sampling.ts'
import { checkNames, functionDefinition, MOST_TOOLS } from './tools.ts'

const tool = z.looseObject({ type: z.literal('function'), ...functionDefinition })
const namedTool = z.looseObject({ type: z.literal('function'), name: z.string() })

const format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    name: z.string(),
    schema: z.looseObject({}),
    description: z.nullish(z.string()),
    strict: z.nullish(z.boolean()),
  }),
])

const INCLUDES = [
  'message.output_text.logprobs',
  'reasoning.encrypted_content',
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
] as const

const { min_tokens: _, ...drawing } = samplingFields

/** How tokens are drawn: as in a chat. */
export const drawingFields = drawing

export const responseFields = {
  input: required(inputSchema, {
    doc: 'A text of the user, or items: message, function_call, function_call_output, reasoning, item_reference. Text only.',
  }),
  model: required(z.string(), { doc: 'Id of a loaded model.' }),
  instructions: optional(z.string(), {
    doc: 'A system message before the conversation; not taken over by a next response.',
  }),
  previous_response_id: optional(z.string(), { doc: 'A stored response; its conversation comes before the input.' }),
  store: defaulted(z.boolean(), true, {
    doc: 'Keeps the response, in memory and with a bound, for `previous_response_id` and the routes of stored responses.',
  }),
  background: defaulted(z.boolean(), false, {
    doc: 'Answers at once; the response is generated meanwhile and retrieved by its id. Not with `stream`.',
  }),
  ...drawingFields,
  max_output_tokens: optional(integer(z.gte(0)), {
    doc: 'Most tokens to generate; what is left of the context unless told.',
  }),
  text: optional(
    z.looseObject({ format: z.nullish(format), verbosity: z.nullish(z.literal(['low', 'medium', 'high'])) }),
    {
      doc: 'What form the answer has: `format` of type `text`, `json_object` or `json_schema`, held to. `verbosity` only `medium`.',
    },
  ),
  tools: optional(z.array(tool).check(z.maxLength(MOST_TOOLS)), {
    doc: 'Functions the model may call, as in a chat. Hosted tools are refused.',
  }),
  tool_choice: optional(
    z.union([
      z.literal(['none', 'auto', 'required']),
      z.discriminatedUnion('type', [
        namedTool,
        z.looseObject({
          type: z.literal('allowed_tools'),
          mode: z.literal(['auto', 'required']),
          tools: z.array(namedTool).check(z.minLength(1)),
        }),
      ]),
    ]),
    { doc: 'Whether the model may, must or must not call functions, as in a chat.' },
  ),
  parallel_tool_calls: defaulted(z.boolean(), true, { doc: 'More than one call in an answer.' }),
  reasoning: optional(z.looseObject({ effort: z.nullish(z.string()), summary: z.nullish(z.string()) }), {
    doc: '`effort` is a variable of the template. Thinking text comes whole, as an item of its own; there is no `summary`.',
  }),
  include: optional(z.array(z.literal(INCLUDES)), {
    doc: '`message.output_text.logprobs`: log-probabilities. The others speak of what no answer here holds.',
  }),
  top_logprobs: optional(integer(z.gte(0), z.lte(20)), {
    doc: 'How many alternatives to give for each token. Above 0 only with that `include`.',
  }),
  stream: defaulted(z.boolean(), false, {
    doc: 'Answers as server-sent events of the types that OpenAI has for responses.',
  }),
  stream_options: optional(z.looseObject({ include_obfuscation: z.nullish(z.boolean()) }), {
    doc: 'Accepted with `stream`; nothing is ever obfuscated.',
  }),
  metadata: defaulted(z.record(z.string(), z.string()), {}, { doc: 'Echoed.' }),
  user: optional(z.string(), { doc: 'Echoed.' }),
  safety_identifier: optional(z.string(), { doc: 'Echoed.' }),
  prompt_cache_key: optional(z.string(), { doc: 'Echoed; equal beginnings of prompts are shared without it.' }),
  max_tool_calls: optional(integer(), { doc: 'Echoed; it bounds hosted tools, of which there are none.' }),
  service_tier: optional(z.literal(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast']), {
    doc: 'Accepted; has no effect. Echoed as `default`, the only tier there is.',
  }),
  truncation: optional(z.literal(['auto', 'disabled']), {
    doc: '`disabled`: a conversation beyond the context is refused.',
    neutral: (value) => value === 'disabled',
  }),
  prompt: optional(z.looseObject({}), { doc: 'A prompt kept by OpenAI.', neutral: () => false }),
  conversation: optional(z.any(), { doc: 'A conversation kept by OpenAI.', neutral: () => false }),
  context_management: optional(z.any(), { doc: 'Compaction.', neutral: () => false }),
  moderation: optional(z.any(), { doc: 'Moderation.', neutral: () => false }),
}

export type ResponseRequest = Values<typeof responseFields>

/** @throws ApiError for fields that do not go together, or values that are not served */
export function checkResponse(request: ResponseRequest): void {
  const { text, reasoning, background, store, stream } = request
  if (text?.verbosity && text.verbosity !== 'medium') throw unsupported('text.verbosity', "only 'medium' is served.")
  if (reasoning?.summary) throw unsupported('reasoning.summary', 'thinking text is given whole, not summarized.')
  checkNames(
    request.tools ?? [],
    (i) => `tools[${i}]`,
    ({ name }) => name,
  )
  if (background && stream)
    throw badRequest("Invalid 'background': it cannot be true together with 'stream'.", 'background')
  if (background && !store) throw badRequest("Invalid 'background': it needs 'store' to be true.", 'background')
  if (request.stream_options !== undefined && !stream)
    throw badRequest("Invalid 'stream_options': it is only allowed when 'stream' is true.", 'stream_options')
  if (request.top_logprobs && !wantsLogprobs(request))
    throw badRequest("Invalid 'top_logprobs': it needs 'message.output_text.logprobs' in 'include'.", 'top_logprobs')
}

export function wantsLogprobs({ include }: Pick<ResponseRequest, 'include'>): boolean {
  return include?.includes('message.output_text.logprobs') ?? false
}
