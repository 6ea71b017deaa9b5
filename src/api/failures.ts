// Which error a request is answered with for whatever was thrown while serving it.

import { ContextLengthError, QueueFullError, RequestRefusedError, RunnerFailedError } from '../engine/errors.ts'
import { TextError } from '../text/errors.ts'
import { ApiError, badRequest, serverError } from './errors.ts'

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof TextError) return badRequest(error.message, null)
  if (error instanceof ContextLengthError) return badRequest(error.message, null, 'context_length_exceeded')
  if (error instanceof RequestRefusedError) return badRequest(error.message, null)
  if (error instanceof QueueFullError)
    return new ApiError({
      status: 429,
      message: error.message,
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      headers: { 'retry-after': '1' },
      cause: error,
    })
  // The host may build the device again, so that asking once more can help.
  return serverError(error, { retry: error instanceof RunnerFailedError })
}
