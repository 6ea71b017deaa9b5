// What is asked of a response that is there: /v1/responses/{id}, its cancelling, and the items it began with.

import { type Context, jsonResponse } from '../context.ts'
import { ApiError, badRequest, unsupported } from '../errors.ts'
import { page } from '../fields/paging.ts'
import type { StoredResponse } from '../stored.ts'

export function retrieveResponse(context: Context): Response {
  if (context.call.query.get('stream') === 'true') throw unsupported('stream', 'a stored response is given whole.')
  return jsonResponse(find(context).response)
}

export function deleteResponse(context: Context): Response {
  const { response, cancel } = find(context)
  cancel()
  context.stored.responses.delete(response.id)
  return jsonResponse({ id: response.id, object: 'response', deleted: true })
}

export function cancelResponse(context: Context): Response {
  const { response, cancel } = find(context)
  if (response.status !== 'in_progress' && response.status !== 'cancelled')
    throw badRequest(`Cannot cancel a response that is ${response.status}.`, null, null)
  cancel()
  return jsonResponse(find(context).response)
}

export function listInputItems(context: Context): Response {
  return jsonResponse(page(find(context).input, context.call.query, 'desc'))
}

function find({ stored, parameter }: Context): StoredResponse {
  const found = stored.responses.get(parameter!)
  if (found) return found
  throw new ApiError({ status: 404, message: `Response with id '${parameter}' not found.` })
}
