// OpenAI's published description of its API, for validating bodies. Node only; the file is part of the shared test data.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { sharedData } from './shared-data.ts'

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of no fixed shape.
type Json = any

/** Throws unless the body is a valid instance of a schema of the description. */
export type Conforms = (schema: string, body: unknown) => void

export function openApi(): Conforms {
  const document = readDescription()
  const { schemas } = document.components
  spellNullable(schemas)
  widen(schemas)
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  ajv.addSchema({ $id: 'openai', components: document.components })
  const validators = new Map<string, ValidateFunction>()
  return (schema, body) => {
    const validator = validators.get(schema) ?? ajv.compile({ $ref: `openai#/components/schemas/${schema}` })
    validators.set(schema, validator)
    if (validator(body)) return
    const errors = ajv.errorsText(validator.errors?.slice(0, 5))
    throw new Error(`Not a ${schema}: ${errors}, received ${JSON.stringify(body).slice(0, 500)}`)
  }
}

/** Names of the schemas of a response's events, by their type. */
export function eventSchemas(): ReadonlyMap<string, string> {
  const { schemas } = readDescription().components
  const names: string[] = schemas.ResponseStreamEvent.anyOf.map(({ $ref }: Json) => $ref.split('/').at(-1))
  return new Map(names.map((name) => [schemas[name].properties.type.enum[0], name]))
}

function readDescription(): Json {
  return JSON.parse(gunzipSync(readFileSync(`${sharedData}/spec/openai-openapi.json.gz`)).toString())
}

/** OpenAPI's `nullable: true` in the words of JSON Schema. */
function spellNullable(node: Json): void {
  if (typeof node !== 'object' || node === null) return
  Object.values(node).forEach(spellNullable)
  if (node.nullable !== true) return
  const { nullable: _, ...rest } = node
  for (const key of Object.keys(node)) delete node[key]
  node.anyOf = [rest, { type: 'null' }]
}

/** Where the description is narrower than what OpenAI's own server sends. */
function widen(schemas: Json): void {
  const { finish_reason, logprobs } = schemas.CreateCompletionResponse.properties.choices.items.properties
  finish_reason.type = ['string', 'null'] // null in the chunks of a stream before the last
  finish_reason.enum.push(null)
  const columns = logprobs.anyOf.find((option: Json) => option.properties).properties
  columns.token_logprobs.items = { type: ['number', 'null'] } // null for the first token of an echoed prompt
  columns.top_logprobs = {
    anyOf: [{ type: 'array', items: { anyOf: [columns.top_logprobs.items, { type: 'null' }] } }, { type: 'null' }],
  }
  // stored completions list the user's messages too
  const message = structuredClone(schemas.ChatCompletionResponseMessage)
  message.properties.role.enum = ['assistant', 'user', 'system', 'developer', 'tool', 'function']
  schemas.ChatCompletionMessageList.properties.data.items.allOf[0] = message
}
