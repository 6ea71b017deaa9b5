// Turns the first thing a schema found wrong into the error OpenAI's server would answer: its wording, param and code.
// Knows zod's issues, no field by name.

import type * as z from 'zod/mini'
import { type ApiError, badRequest } from '../errors.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** @param root the field's whole value, @param field its name */
export function issueToError(issues: readonly Issue[], root: unknown, field: string): ApiError {
  const { issue, path } = deepest(issues, [])
  const param = paramName(field, path)
  const value = at(root, path)
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    if (value === undefined) return missing(param)
    if (typeof value !== 'string') return wrongType(param, 'a string', value)
    return wrongValue(param, value, (issue as { options?: readonly unknown[] }).options ?? [])
  }
  if (value === undefined) return missing(param)
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(param, TYPES[issue.expected] ?? issue.expected, value)
    case 'invalid_union': {
      const words = literals(issue).filter((literal) => typeof literal === typeof value)
      return words.length > 0 ? wrongValue(param, value, words) : wrongType(param, unionNames(issue), value)
    }
    case 'invalid_value':
      return typeof value === typeof issue.values[0]
        ? wrongValue(param, value, issue.values)
        : wrongType(param, issue.values.length === 1 ? show(issue.values[0]) : TYPES[typeof issue.values[0]]!, value)
    case 'invalid_format':
      return badRequest(
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${(issue as { pattern?: string }).pattern?.replace(/^\/|\/$/g, '')}', but got ${show(value)}.`,
        param,
      )
    case 'too_big':
      return tooBig(param, issue, value)
    case 'too_small':
      return tooSmall(param, issue, value)
    default:
      return badRequest(`Invalid '${param}': ${issue.message}`, param)
  }
}

export function missing(param: string): ApiError {
  return badRequest(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter')
}

export function wrongType(param: string, expected: string, value: unknown): ApiError {
  return badRequest(
    `Invalid type for '${param}': expected ${expected}, but got ${kind(value)} instead.`,
    param,
    'invalid_type',
  )
}

export function wrongValue(param: string, value: unknown, supported: readonly unknown[]): ApiError {
  const list = supported.map(show).join(', ')
  return badRequest(`Invalid value for '${param}': ${show(value)}. Supported values are: ${list}.`, param)
}

/** `messages`, [0, 'content'] → `messages[0].content` */
export function paramName(field: string, path: Path): string {
  return path.reduce<string>((name, key) => name + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), field)
}

const TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'a boolean',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

/** A value in an error message: short whatever it is. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value))
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

function kind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return TYPES[typeof value] ?? typeof value
}

function at(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

interface Place {
  readonly issue: Issue
  readonly path: Path
}

/**
 * Follows a union into the option the value was meant for: the one that went furthest before it complained, and of those
 * that went as far the one that complained of more than a type.
 */
function deepest(issues: readonly Issue[], above: Path): Place {
  const issue = issues[0]!
  const path = [...above, ...issue.path]
  if (issue.code !== 'invalid_union') return { issue, path }
  const inner = issue.errors
    .filter((errors) => errors.length > 0 && !isAboutWholeType(errors[0]!))
    .map((errors) => deepest(errors, path))
  return inner.length > 0 ? inner.reduce((best, place) => (compare(place, best) > 0 ? place : best)) : { issue, path }
}

function compare(a: Place, b: Place): number {
  for (let i = 0; i < Math.max(a.path.length, b.path.length); i++) {
    const [x, y] = [a.path[i], b.path[i]]
    if (x === y) continue
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    return typeof x === 'number' && typeof y === 'number' ? x - y : 0
  }
  return specificity(a.issue) - specificity(b.issue)
}

function specificity(issue: Issue): number {
  if (issue.code !== 'invalid_type') return 2
  return issue.expected === 'int' ? 1 : 0 // said of numbers only
}

function isAboutWholeType(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union')
    return issue.errors.every((errors) => errors.length > 0 && isAboutWholeType(errors[0]!))
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

/** The words a union takes. */
function literals(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] {
  return issue.errors.flatMap(([first]) => (first?.code === 'invalid_value' ? first.values : []))
}

function unionNames(issue: z.core.$ZodIssueInvalidUnion): string {
  const names = issue.errors.flatMap((errors) => {
    const first = errors[0]
    if (first?.code === 'invalid_type') return [TYPES[first.expected] ?? first.expected]
    if (first?.code === 'invalid_value') return first.values.map(show)
    return first?.code === 'invalid_union' ? [unionNames(first)] : []
  })
  return [...new Set(names)].join(' or ')
}

function tooBig(param: string, issue: z.core.$ZodIssueTooBig, value: unknown): ApiError {
  const { maximum, origin } = issue
  const expected = `Expected a value ${issue.inclusive === false ? '<' : '<='} ${maximum}`
  if (origin === 'string')
    return badRequest(
      `Invalid '${param}': string too long. Expected a string with maximum length ${maximum}, but got a string with length ${(value as string).length} instead.`,
      param,
      'string_above_max_length',
    )
  if (origin === 'array' || origin === 'object' || origin === 'map')
    return badRequest(
      `Invalid '${param}': array too long. Expected an array with maximum length ${maximum}, but got an array with length ${length(value)} instead.`,
      param,
      'array_above_max_length',
    )
  const number = numberKind(value, maximum)
  return badRequest(
    `Invalid '${param}': ${number} above maximum value. ${expected}, but got ${show(value)} instead.`,
    param,
    `${number}_above_max_value`,
  )
}

function tooSmall(param: string, issue: z.core.$ZodIssueTooSmall, value: unknown): ApiError {
  const { minimum, origin } = issue
  if (origin === 'string')
    return badRequest(
      `Invalid '${param}': empty string. Expected a string with minimum length ${minimum}, but got an empty string instead.`,
      param,
      'empty_string',
    )
  if (origin === 'array' || origin === 'object' || origin === 'map')
    return badRequest(
      `Invalid '${param}': empty array. Expected an array with minimum length ${minimum}, but got an empty array instead.`,
      param,
      'empty_array',
    )
  const number = numberKind(value, minimum)
  return badRequest(
    `Invalid '${param}': ${number} below minimum value. Expected a value ${issue.inclusive === false ? '>' : '>='} ${minimum}, but got ${show(value)} instead.`,
    param,
    `${number}_below_min_value`,
  )
}

function length(value: unknown): number {
  return Array.isArray(value) ? value.length : Object.keys(value as object).length
}

function numberKind(...numbers: readonly unknown[]): 'integer' | 'decimal' {
  return numbers.every((n) => typeof n === 'bigint' || Number.isInteger(n)) ? 'integer' : 'decimal'
}
