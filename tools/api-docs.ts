// Writes docs/api.md from the rows of the request fields: node tools/run.mjs tools/api-docs.ts

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as z from 'zod/mini'
import { chatFields } from '../src/api/fields/chat.ts'
import { completionFields } from '../src/api/fields/completion.ts'
import { embeddingFields } from '../src/api/fields/embedding.ts'
import type { Field, Fields } from '../src/api/fields/field.ts'
import { pagingFields } from '../src/api/fields/paging.ts'
import { responseFields } from '../src/api/fields/response.ts'
import { detokenizeFields, tokenizeFields } from '../src/api/fields/tokenize.ts'
import { DEFAULT_CHAT_TEMPLATE } from '../src/text/chat-template.ts'

export function main(): void {
  writeFileSync(fileURLToPath(new URL('../docs/api.md', import.meta.url)), apiDocs())
}

export function apiDocs(): string {
  const shared = Object.keys(chatFields).filter(
    (name) => (completionFields as Fields)[name] === (chatFields as Fields)[name],
  )
  const only = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => !shared.includes(name)))
  return `${HEAD}
## Fields of chat and completion requests

${table(Object.fromEntries(shared.map((name) => [name, (chatFields as Fields)[name]!])))}
## Further fields of POST /v1/chat/completions

${table(only(chatFields))}
## Further fields of POST /v1/completions

${table(only(completionFields))}
## Fields of POST /v1/responses

${table(responseFields)}
## Fields of POST /v1/embeddings

${table(embeddingFields)}
A vector is the mean of the hidden states after the model's last norm, brought to length 1. A folder with the files of
sentence-transformers (\`modules.json\`) says itself whether it is the mean or the last token's state; one that asks for
another pooling, or for layers after it, embeds nothing. Equal beginnings of texts are computed once for the last token's
state, each time for the mean.

## Query of lists of stored answers

${table(pagingFields)}
The list of stored completions takes \`model\` and \`metadata[key]=value\` besides.

## Fields of POST /tokenize

${table(tokenizeFields)}
## Fields of POST /detokenize

${table(detokenizeFields)}
${TAIL}`
}

function table(fields: Fields): string {
  const rows = Object.entries(fields).map(
    ([name, field]) => `| ${[`\`${name}\``, range(field), fallback(field), effect(field)].join(' | ')} |`,
  )
  return `| field | takes | when not given | what it does |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function effect({ neutral, doc }: Field): string {
  return neutral ? `${doc} **Not served yet**: a value that asks for it is refused.` : doc
}

function fallback(field: Field): string {
  if (field.required) return 'refused'
  return field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``
}

/** A JSON Schema; only the keys that the rows make. */
interface JsonSchema {
  readonly type?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxItems?: number
}

function range({ schema }: Field): string {
  return describe(z.toJSONSchema(schema as z.core.$ZodType, { unrepresentable: 'any' }) as JsonSchema)
}

function describe(schema: JsonSchema): string {
  const options = schema.anyOf ?? schema.oneOf
  if (options) return [...new Set(options.map(describe))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `${schema.type}${bounds(schema)}`
    case 'string':
      return schema.minLength ? 'string, not empty' : 'string'
    case 'array': {
      const most = schema.maxItems === undefined ? '' : `up to ${schema.maxItems} of `
      return `list of ${most}(${describe(schema.items ?? {})})`
    }
    case 'object':
      return object(schema)
    default:
      return schema.type ?? 'any value'
  }
}

function object({ properties = {}, additionalProperties: values }: JsonSchema): string {
  const names = Object.keys(properties)
  if (names.length > 0) return `object {${names.join(', ')}}`
  return typeof values === 'object' && values.type ? `map to ${describe(values)}` : 'object'
}

function bounds({ minimum, maximum, exclusiveMinimum: above }: JsonSchema): string {
  const safe = Number.MAX_SAFE_INTEGER
  const from =
    above !== undefined ? `above ${above}` : minimum !== undefined && minimum > -safe ? `from ${minimum}` : ''
  const to = maximum !== undefined && maximum < safe ? `to ${maximum}` : ''
  return [' ', from, to].filter(Boolean).join(' ').trimEnd().replace(/^ +/, ' ')
}

const HEAD = `<!-- Written by tools/api-docs.ts from the rows in src/api/fields. -->
# The HTTP contract

\`engine.fetch\` answers as OpenAI's server does; where only vLLM has a field, it means what it means there.

| route | answers |
|---|---|
| \`POST /v1/chat/completions\` | a chat.completion, or chat.completion.chunk as server-sent events |
| \`POST /v1/completions\` | a text_completion, whole or streamed |
| \`GET /v1/chat/completions\` | the stored completions |
| \`GET\`, \`POST\`, \`DELETE /v1/chat/completions/{id}\` | a stored completion; POST gives it other \`metadata\` |
| \`GET /v1/chat/completions/{id}/messages\` | the messages it answered |
| \`POST /v1/responses\` | a response, or its typed events as server-sent events |
| \`GET\`, \`DELETE /v1/responses/{id}\` | a stored response |
| \`POST /v1/responses/{id}/cancel\` | ends a response that is being generated |
| \`POST /v1/responses/input_tokens\` | how many tokens the prompt of such a request has |
| \`GET /v1/responses/{id}/input_items\` | the whole conversation it answered, newest item first |
| \`POST /v1/embeddings\` | vectors of texts |
| \`GET /v1/models\`, \`GET /v1/models/{id}\` | the loaded models, with \`max_model_len\` as in vLLM, \`meta\` (contexts, vocabulary, width, weights, bytes) and \`capabilities\` as in llama.cpp; ids may be percent-encoded |
| \`POST /tokenize\`, \`POST /detokenize\` | text to token ids and back |
| \`GET /health\` | 200, or 503 while loading |
| \`GET /metrics\` | counters as Prometheus text |

All of them answer without \`/v1\` too. \`null\` counts as not given. A field that is unknown is ignored and named in the
header \`x-infetch-ignored\`; one that is known but not served is refused.

Code whose fetch cannot be given is reached through \`installFetch(engine, { match })\`: it puts the engine in front of
\`globalThis.fetch\` for the requests that match and returns what undoes it. \`match\` is the address below which requests are
the engine's, a regular expression for whole addresses, or a function of the URL; left out, requests for
\`https://api.openai.com\` and \`http://infetch\` are. A client that takes the platform's fetch when it is made has to be made
afterwards.
`

const TAIL = `## Between fields

- \`n\` above 1 needs a temperature above 0, as all answers would be the same. So does \`best_of\` above \`n\`, which is not streamed. \`use_beam_search\` is the exception: its answers differ.
- \`min_tokens\` is at most \`max_tokens\`; prompt and \`max_tokens\` together fit the context, or the answer is 400
  \`context_length_exceeded\` before any byte of a stream.
- \`stream_options\` needs \`stream\`, \`top_logprobs\` above 0 needs \`logprobs\`.
- \`continue_final_message\` excludes \`add_generation_prompt\`.

## Answers

- The order of processing: penalties, bias, mask, temperature, min_p, top_k, top_p. Log-probabilities are those of the
  model's own distribution, before all of these.
- Choice 0 of a request with a seed draws with that seed; every other choice with one derived from it. Several prompts of one
  request each draw as they would alone.
- Of several stop strings the one that is complete first ends the answer, however its text is cut into tokens.
- An answer goes on from its prompt: a space at its beginning is kept, so that the bytes of \`logprobs\` are those of the text.
- The token that ends an answer counts in \`usage\` and is among \`token_ids\`; it has no entry in \`logprobs\` unless its text
  is shown.
- A completion's \`logprobs\` name a token that is no text by itself by its bytes, \`bytes:\\xe2\\x80\`.
- \`stop_reason\` beside \`finish_reason\` is the stop string or the id of the stop token; null at the model's own end of text.
- \`prompt_logprobs\` and \`prompt_token_ids\` are fields of a chat response; of a completion they are fields of each choice,
  and of the response where it has one prompt.
- \`system_fingerprint\` is absent.

- A response that \`max_output_tokens\` or the context cuts has the status \`incomplete\`. Thinking text is an item
  \`reasoning\` of its own, streamed as \`response.reasoning_text.delta\`.
- Stored responses and completions live in memory, a thousand of each and 16 million characters of JSON at most; the oldest
  go first, and all go with the engine. A response that its reader leaves is \`cancelled\`.

A model without a chat template is given this one:

\`\`\`jinja
${DEFAULT_CHAT_TEMPLATE}
\`\`\`

## Errors

\`{"error": {"message", "type", "param", "code"}}\`, all four always there.

| status | when | code |
|---|---|---|
| 400 | bad JSON; a field missing, of the wrong type, out of range, or not served | \`invalid_json\`, \`missing_required_parameter\`, \`invalid_type\`, \`integer_above_max_value\`, \`decimal_below_min_value\`, \`array_above_max_length\`, \`empty_array\`, \`empty_string\`, \`invalid_value\`, \`unsupported_value\`, \`unsupported_parameter\` |
| 400 | prompt and max_tokens beyond the context | \`context_length_exceeded\` |
| 400 | \`previous_response_id\` names no stored response | \`previous_response_not_found\` |
| 401 | a key is configured and another came | \`invalid_api_key\` |
| 404 | unknown model, route or stored answer | \`model_not_found\`, \`unknown_url\`, null |
| 405 | wrong method; \`Allow\` names the right ones | \`method_not_allowed\` |
| 413 | a body over the limit | \`request_too_large\` |
| 429 | too many requests wait; \`retry-after\` | \`rate_limit_exceeded\` |
| 500 | a fault of ours; \`x-should-retry: false\` where repeating cannot help | \`server_error\` |
| 503 | still loading; \`retry-after\` | \`model_loading\` |

An aborted request rejects with its signal's reason, and nothing is generated after. A fault after a stream's first byte is a
frame \`data: {"error": …}\`, after which the stream ends; of a response an event \`response.failed\` and an event \`error\`.
`
