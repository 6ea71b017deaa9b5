// What the query of a list says, and the page it asks for.

import * as z from 'zod/mini'
import { badRequest } from '../errors.ts'
import { defaulted, optional, parseFields } from './field.ts'
import { integer } from './sampling.ts'

export const pagingFields = {
  limit: defaulted(integer(z.gte(1), z.lte(100)), 20, { doc: 'Most entries of a page.' }),
  order: optional(z.literal(['asc', 'desc']), { doc: 'Oldest or newest first.' }),
  after: optional(z.string(), { doc: 'Id of the last entry of the page before.' }),
}

export interface Page<T> {
  readonly object: 'list'
  readonly data: readonly T[]
  readonly first_id: string
  readonly last_id: string
  readonly has_more: boolean
}

/** @param entries oldest first  @throws ApiError */
export function page<T extends { readonly id: string }>(
  entries: readonly T[],
  query: URLSearchParams,
  usualOrder: 'asc' | 'desc',
): Page<T> {
  const given = Object.fromEntries(query)
  const limit = /^-?\d+$/.test(given.limit ?? '') ? Number(given.limit) : given.limit
  const { values } = parseFields(pagingFields, { ...given, limit })
  const ordered = (values.order ?? usualOrder) === 'asc' ? entries : entries.toReversed()
  const before = values.after === undefined ? -1 : ordered.findIndex(({ id }) => id === values.after)
  if (values.after !== undefined && before < 0)
    throw badRequest(`Invalid 'after': the list has no entry '${values.after}'.`, 'after')
  const rest = ordered.slice(before + 1)
  const data = rest.slice(0, values.limit)
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? '',
    last_id: data.at(-1)?.id ?? '',
    has_more: rest.length > data.length,
  }
}
