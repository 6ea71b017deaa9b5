// Chat completions that were kept: /v1/chat/completions as a list, one by its id, its metadata, its messages.

import { type Context, ignoredHeader, jsonResponse } from './context.ts'
import { ApiError } from './errors.ts'
import { parseFields } from './fields/field.ts'
import { page } from './fields/paging.ts'
import { storedChatFields } from './fields/stored-chat.ts'
import type { StoredCompletion } from './stored.ts'

export function listChats({ stored, call: { query } }: Context): Response {
  const model = query.get('model')
  const metadata = [...query].flatMap(([name, value]) => {
    const key = /^metadata\[(.*)\]$/s.exec(name)?.[1]
    return key === undefined ? [] : [{ key, value }]
  })
  const completions = stored.completions
    .values()
    .map(({ completion }) => completion)
    .filter((completion) => model === null || completion.model === model)
    .filter((completion) => metadata.every(({ key, value }) => completion.metadata[key] === value))
  return jsonResponse(page(completions, query, 'asc'))
}

export function retrieveChat(context: Context): Response {
  return jsonResponse(find(context).completion)
}

export async function updateChat(context: Context): Promise<Response> {
  const kept = find(context)
  const { values, ignored } = parseFields(storedChatFields, await context.call.json())
  const completion = { ...kept.completion, metadata: values.metadata }
  context.stored.completions.set(completion.id, { ...kept, completion })
  return jsonResponse(completion, { headers: ignoredHeader(ignored) })
}

export function deleteChat(context: Context): Response {
  const { id } = find(context).completion
  context.stored.completions.delete(id)
  return jsonResponse({ object: 'chat.completion.deleted', id, deleted: true })
}

export function listChatMessages(context: Context): Response {
  const { completion, messages } = find(context)
  const entries = messages.map((message, i) => ({ refusal: null, ...message, id: `${completion.id}-${i}` }))
  return jsonResponse(page(entries, context.call.query, 'asc'))
}

function find({ stored, parameter }: Context): StoredCompletion {
  const found = stored.completions.get(parameter!)
  if (found) return found
  throw new ApiError({ status: 404, message: `Chat completion with id '${parameter}' not found.` })
}
