// Structural tags as requests write them (vLLM's older form with triggers, and xgrammar's nested formats), read into the
// parts that constraints are made of. Knows no automaton.

import * as z from 'zod/mini'
import type { ConstraintSpec, Tag, TagPart } from '../../constraint/index.ts'
import { badRequest, unsupported } from '../errors.ts'
import { issueToError } from './issues.ts'

type Part = TagPart<ConstraintSpec>

const jsonSchema = z.union([z.boolean(), z.looseObject({})])

/** vLLM's older form: free text, and tags that begin with a trigger. */
const triggered = z.looseObject({
  structures: z
    .array(z.looseObject({ begin: z.string(), schema: z.nullish(jsonSchema), end: z.string() }))
    .check(z.minLength(1)),
  triggers: z.array(z.string().check(z.minLength(1))).check(z.minLength(1)),
})

export const structuralTag = z.looseObject({
  type: z.literal('structural_tag'),
  structures: z.nullish(z.array(z.any())),
  triggers: z.nullish(z.array(z.any())),
  format: z.nullish(z.looseObject({})),
})

const many = { at_least_one: z.nullish(z.boolean()), stop_after_first: z.nullish(z.boolean()) }
const tag = z.looseObject({ begin: z.string(), content: z.looseObject({}), end: z.string() })

/** https://xgrammar.mlc.ai/docs/tutorials/structural_tag.html, as far as it is served. */
const formats = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('const_string'), value: z.string() }),
  z.looseObject({ type: z.literal('json_schema'), json_schema: jsonSchema }),
  z.looseObject({ type: z.literal('regex'), pattern: z.string() }),
  z.looseObject({ type: z.literal('grammar'), grammar: z.string() }),
  z.looseObject({ type: z.literal('any_text') }),
  z.looseObject({ type: z.literal('sequence'), elements: z.array(z.any()).check(z.minLength(1)) }),
  z.looseObject({ type: z.literal('or'), elements: z.array(z.any()).check(z.minLength(1)) }),
  z.looseObject({ type: z.literal('tag'), begin: z.string(), content: z.looseObject({}), end: z.string() }),
  z.looseObject({
    type: z.literal('triggered_tags'),
    triggers: z.array(z.string().check(z.minLength(1))).check(z.minLength(1)),
    tags: z.array(tag).check(z.minLength(1)),
    ...many,
  }),
  z.looseObject({
    type: z.literal('tags_with_separator'),
    tags: z.array(tag).check(z.minLength(1)),
    separator: z.string(),
    ...many,
  }),
])

/** Most levels of formats in formats. */
const MAX_DEPTH = 64

/** @param value the tag, or its JSON as text  @throws ApiError */
export function readStructuralTag(value: unknown, param: string): { spec: ConstraintSpec; param: string } {
  const given = typeof value === 'string' ? parse(value, param) : value
  const { format, structures } = (given ?? {}) as { format?: unknown; structures?: unknown }
  const part =
    format === undefined || format === null || structures !== undefined
      ? readTriggered(given, param)
      : readFormat(format, `${param}.format`, 0)
  return { spec: { kind: 'structuralTag', part }, param }
}

function parse(text: string, param: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badRequest(`Invalid '${param}': ${(cause as Error).message}`, param)
  }
}

function checked<S extends z.core.$ZodType>(schema: S, value: unknown, param: string): z.core.output<S> {
  const result = z.safeParse(schema, value)
  if (!result.success) throw issueToError(result.error.issues, value, param)
  return result.data
}

const schemaContent = (schema: boolean | object): Part => ({ k: 'content', content: { kind: 'jsonSchema', schema } })

function readTriggered(value: unknown, param: string): Part {
  const { structures, triggers } = checked(triggered, value, param)
  const tags = structures.map(({ begin, schema, end }) => ({ begin, content: schemaContent(schema ?? {}), end }))
  return { k: 'triggered', triggers, tags }
}

function readFormat(value: unknown, param: string, depth: number): Part {
  if (depth > MAX_DEPTH) throw unsupported(param, `more than ${MAX_DEPTH} levels are not served.`)
  const format = checked(formats, value, param)
  const inner = (child: unknown, key: string) => readFormat(child, `${param}.${key}`, depth + 1)
  const readTag = ({ begin, content, end }: z.core.output<typeof tag>, key: string): Tag<ConstraintSpec> => ({
    begin,
    content: inner(content, `${key}content`),
    end,
  })
  switch (format.type) {
    case 'const_string':
      return { k: 'literal', text: format.value }
    case 'json_schema':
      return schemaContent(format.json_schema)
    case 'regex':
      return { k: 'content', content: { kind: 'regex', regex: format.pattern } }
    case 'grammar':
      return { k: 'content', content: { kind: 'grammar', grammar: format.grammar } }
    case 'any_text':
      return { k: 'free' }
    case 'sequence':
      return { k: 'sequence', parts: format.elements.map((element, i) => inner(element, `elements[${i}]`)) }
    case 'or':
      return { k: 'choice', parts: format.elements.map((element, i) => inner(element, `elements[${i}]`)) }
    case 'tag':
      return { k: 'tag', ...readTag(format, '') }
    case 'triggered_tags':
      return {
        k: 'triggered',
        triggers: format.triggers,
        tags: format.tags.map((tag, i) => readTag(tag, `tags[${i}].`)),
        ...repetition(format),
      }
    case 'tags_with_separator':
      return {
        k: 'separated',
        tags: format.tags.map((tag, i) => readTag(tag, `tags[${i}].`)),
        separator: format.separator,
        ...repetition(format),
      }
  }
}

function repetition(format: { at_least_one?: boolean | null; stop_after_first?: boolean | null }) {
  return { atLeastOne: format.at_least_one ?? false, stopAfterFirst: format.stop_after_first ?? false }
}
