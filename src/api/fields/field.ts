// A request field: declared once as a row, from which its type, its validation, its default, its documentation and its way
// into the sampling parameters follow. Knows no field by name.

import * as z from 'zod/mini'
import type { SamplingParams } from '../../engine/sampling-params.ts'
import { badRequest, unsupported } from '../errors.ts'
import { issueToError, missing, wrongType } from './issues.ts'

// zod would otherwise compile objects with `new Function`, which a page's content security policy may forbid.
z.config({ jitless: true })

export type Schema = z.core.$ZodType

export interface Field<S extends Schema = Schema, D = unknown> {
  /** What a value must be where one is given; null counts as not given. */
  readonly schema: S
  /** Must be given. */
  readonly required?: true
  /** Its value when not given. */
  readonly default?: D
  /** What it does, and where that differs from OpenAI and vLLM. */
  readonly doc: string
  /** What it says of how tokens are drawn. */
  sampling?(value: z.core.output<S>): Partial<SamplingParams>
  /** Where the field is known but not served: which values ask for nothing and are therefore accepted. */
  neutral?(value: z.core.output<S>): boolean
}

/** A field that must be given. */
export function required<S extends Schema>(
  schema: S,
  row: Pick<Field<S>, 'doc'>,
): Field<S> & { readonly required: true } {
  return { ...row, schema, required: true }
}

/** A field with a value when not given. */
export function defaulted<S extends Schema>(
  schema: S,
  value: z.core.output<S>,
  row: Omit<Field<S>, 'schema' | 'required' | 'default'>,
): Field<S, z.core.output<S>> & { readonly default: z.core.output<S> } {
  return { ...row, schema, default: value }
}

/** A field that may be missing. */
export function optional<S extends Schema>(
  schema: S,
  row: Omit<Field<S>, 'schema' | 'required' | 'default'>,
): Field<S> {
  return { ...row, schema }
}

export type Fields = Readonly<Record<string, Field>>

/** The request a table of fields describes. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly required: true } | { readonly default: unknown }
    ? z.core.output<F[K]['schema']>
    : z.core.output<F[K]['schema']> | undefined
}

export interface Parsed<F extends Fields> {
  readonly values: Values<F>
  /** Names in the body that are no field. */
  readonly ignored: readonly string[]
}

/** @throws ApiError for the first field, in the table's order, that is missing or wrong */
export function parseFields<F extends Fields>(fields: F, body: unknown): Parsed<F> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest(
      `Invalid body: expected a JSON object, received ${Array.isArray(body) ? 'an array' : String(body)}`,
      null,
      'invalid_type',
    )
  const given = body as Record<string, unknown>
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    values[name] = value === undefined || value === null ? absent(name, field, value) : present(name, field, value)
  }
  for (const [name, field] of Object.entries(fields))
    if (field.neutral && values[name] !== undefined && !field.neutral(values[name]))
      throw unsupported(name, 'it is not served yet.')
  return { values: values as Values<F>, ignored: Object.keys(given).filter((name) => !Object.hasOwn(fields, name)) }
}

function absent(name: string, field: Field, value: undefined | null): unknown {
  if (!field.required) return field.default
  throw value === undefined ? missing(name) : wrongType(name, 'a value', value)
}

function present(name: string, field: Field, value: unknown): unknown {
  const result = z.safeParse(field.schema, value)
  if (!result.success) throw issueToError(result.error.issues, value, name)
  return result.data
}

/** What all fields of a request say of how tokens are drawn. */
export function samplingOf<F extends Fields>(fields: F, values: Values<F>): Partial<SamplingParams> {
  const params: Partial<SamplingParams>[] = []
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name as keyof F]
    if (field.sampling && value !== undefined) params.push(field.sampling(value))
  }
  return Object.assign({}, ...params)
}
