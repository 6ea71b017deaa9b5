// Fields that hold an answer to a form, and what they ask for together. Knows no automaton.

import * as z from 'zod/mini'
import type { CompileOptions, ConstraintSpec } from '../../constraint/index.ts'
import { badRequest, unsupported } from '../errors.ts'
import { defaulted, optional, type Values } from './field.ts'
import { readStructuralTag, structuralTag } from './structural-tag.ts'

const schema = z.union([z.string(), z.boolean(), z.looseObject({})])
const choices = z.array(z.string()).check(z.minLength(1))

const responseFormat = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text') }),
  z.looseObject({ type: z.literal('json_object') }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string(),
      description: z.nullish(z.string()),
      schema: z.nullish(z.union([z.boolean(), z.looseObject({})])),
      strict: z.nullish(z.boolean()),
    }),
  }),
  structuralTag,
])

export const constraintFields = {
  response_format: optional(responseFormat, {
    doc: 'What form the answer has: `text`, `json_object`, `json_schema` (held to, `strict` or not) or `structural_tag`. See [constraints](constraints.md).',
  }),
  guided_json: optional(schema, { doc: 'Holds the answer to a JSON Schema: an object, or its text. As in vLLM.' }),
  guided_regex: optional(z.string(), {
    doc: 'Holds the whole answer to a regular expression of ECMAScript’s syntax. As in vLLM.',
  }),
  guided_choice: optional(choices, { doc: 'Holds the answer to one of these texts. As in vLLM.' }),
  guided_grammar: optional(z.string(), {
    doc: 'Holds the answer to a grammar: GBNF (`::=`, from `root`) or the Lark-like form (`:`, from `start`). As in vLLM.',
  }),
  guided_whitespace_pattern: optional(z.string(), {
    doc: 'A regular expression of the white space between JSON tokens; not given: none, a space, or a newline and an indent. As in vLLM.',
  }),
  guided_decoding_backend: defaulted(z.literal(['auto', 'infetch']), 'auto', {
    doc: 'There is one engine; both values name it. As in vLLM.',
  }),
  structured_outputs: optional(
    z.looseObject({
      json: z.nullish(schema),
      regex: z.nullish(z.string()),
      choice: z.nullish(choices),
      grammar: z.nullish(z.string()),
      json_object: z.nullish(z.boolean()),
      structural_tag: z.nullish(z.union([z.string(), z.looseObject({})])),
      whitespace_pattern: z.nullish(z.string()),
      disable_any_whitespace: z.nullish(z.boolean()),
    }),
    {
      doc: 'vLLM’s newer name of the `guided_` fields: one of `json`, `regex`, `choice`, `grammar`, `json_object`, `structural_tag`; `whitespace_pattern`, `disable_any_whitespace`.',
    },
  ),
}

type Request = Values<typeof constraintFields>

/** What an answer is held to, and the field that says so. */
export interface AskedConstraint {
  readonly spec: ConstraintSpec
  readonly options: CompileOptions
  readonly param: string
  /** The field of the white space, where one was given. */
  readonly whitespaceParam?: string
}

/** Where a request has its format: a chat in response_format, a response in text.format. */
export type FormatPlace = 'response_format' | 'text.format'

/** @throws ApiError for fields that do not go together; what they hold is looked at when it is compiled */
export function askedConstraint(request: Request, place: FormatPlace = 'response_format'): AskedConstraint | undefined {
  const { structured_outputs: outputs, guided_whitespace_pattern: pattern } = request
  const asked = [...guided(request), ...structured(outputs), ...formatted(request.response_format, place)]
  if (asked.length > 1)
    throw badRequest(
      `Invalid '${asked[1]!.param}': it cannot be given together with '${asked[0]!.param}'.`,
      asked[1]!.param,
    )
  const [first] = asked
  if (!first) return undefined
  const inner = outputs?.whitespace_pattern
  if (outputs?.disable_any_whitespace) return { ...first, options: { ...PLAIN, whitespace: 'compact' } }
  const whitespace = pattern ?? inner
  if (whitespace === undefined || whitespace === null) return { ...first, options: PLAIN }
  const whitespaceParam = pattern === undefined ? 'structured_outputs.whitespace_pattern' : 'guided_whitespace_pattern'
  return { ...first, options: { ...PLAIN, whitespace: { pattern: whitespace } }, whitespaceParam }
}

/** One spelling a number: a model that may write 7 as 7.000 does not know when to stop. */
export const PLAIN: CompileOptions = { numbers: 'plain' }

type Asked = Pick<AskedConstraint, 'spec' | 'param'>

function* guided(request: Request): Iterable<Asked> {
  const { guided_json: json, guided_regex: regex, guided_choice: choices, guided_grammar: grammar } = request
  if (json !== undefined) yield { param: 'guided_json', spec: { kind: 'jsonSchema', schema: json } }
  if (regex !== undefined) yield { param: 'guided_regex', spec: { kind: 'regex', regex } }
  if (choices !== undefined) yield { param: 'guided_choice', spec: { kind: 'choice', choices } }
  if (grammar !== undefined) yield { param: 'guided_grammar', spec: { kind: 'grammar', grammar } }
}

/** Members of vLLM's that change nothing here, and those that would. */
const NEUTRAL = new Set(['disable_fallback'])
const KNOWN = [
  'json',
  'regex',
  'choice',
  'grammar',
  'json_object',
  'structural_tag',
  'whitespace_pattern',
  'disable_any_whitespace',
]

function* structured(outputs: Request['structured_outputs']): Iterable<Asked> {
  if (!outputs) return
  const name = (key: string) => `structured_outputs.${key}`
  for (const [key, value] of Object.entries(outputs))
    if (!KNOWN.includes(key) && !NEUTRAL.has(key) && value !== null && value !== false)
      throw unsupported(name(key), 'it is not known.')
  const { json, regex, choice, grammar, json_object: object, structural_tag: tag } = outputs
  if (json !== undefined && json !== null) yield { param: name('json'), spec: { kind: 'jsonSchema', schema: json } }
  if (typeof regex === 'string') yield { param: name('regex'), spec: { kind: 'regex', regex } }
  if (choice) yield { param: name('choice'), spec: { kind: 'choice', choices: choice } }
  if (typeof grammar === 'string') yield { param: name('grammar'), spec: { kind: 'grammar', grammar } }
  if (object) yield { param: name('json_object'), spec: { kind: 'jsonObject' } }
  if (tag !== undefined && tag !== null) yield readStructuralTag(tag, name('structural_tag'))
}

function* formatted(format: Request['response_format'], place: FormatPlace): Iterable<Asked> {
  if (format?.type === 'json_object') yield { param: place, spec: { kind: 'jsonObject' } }
  if (format?.type === 'json_schema')
    yield {
      param: place === 'text.format' ? `${place}.schema` : `${place}.json_schema.schema`,
      spec: { kind: 'jsonSchema', schema: format.json_schema.schema ?? {} },
    }
  if (format?.type === 'structural_tag') yield readStructuralTag(format, place)
}
