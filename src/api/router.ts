// The face: a function that behaves like fetch and answers like OpenAI's server. Everything it throws is what fetch would
// throw; everything else is a Response.

import { type Call, openCall } from './call.ts'
import { jsonResponse } from './context.ts'
import { ApiError, modelLoading, serverError } from './errors.ts'
import { toApiError } from './failures.ts'
import type { ApiHost } from './host.ts'
import { randomId } from './ids.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { match } from './routes.ts'
import { createStored, type Stored } from './stored.ts'

const MAX_BODY_BYTES = 32 * 1024 * 1024

/** The function needs no receiver: `fetch.call(undefined, …)` works. */
export function createFetch(host: ApiHost): typeof fetch {
  const metrics = createMetrics()
  const stored = createStored()
  return async (input: RequestInfo | URL, init?: RequestInit) => {
    const call = openCall(input, init, host.maxBodyBytes ?? MAX_BODY_BYTES)
    call.signal.throwIfAborted()
    const response = await untilAborted(call.signal, answer(host, call, metrics, stored))
    return call.method === 'HEAD' ? new Response(null, response) : response
  }
}

async function answer(host: ApiHost, call: Call, metrics: Metrics, stored: Stored): Promise<Response> {
  const started = host.now()
  let route = 'none'
  let response: Response
  try {
    const found = match(call.method, call.path)
    route = found.route.name
    if (!found.route.open) admit(host, call)
    response = await found.handler({ host, call, metrics, stored, parameter: found.parameter })
  } catch (error) {
    call.signal.throwIfAborted()
    const failure = toApiError(error)
    response = jsonResponse(failure.body, { status: failure.status, headers: failure.headers })
  }
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) call.settle()
  metrics.answered(route, response.status)
  response.headers.set('x-request-id', randomId('req_'))
  response.headers.set('openai-processing-ms', String(Math.max(0, Math.round(host.now() - started))))
  return response
}

/** @throws ApiError for a caller without the key, and while there is no model to ask */
function admit(host: ApiHost, call: Call): void {
  if (host.apiKey !== undefined && call.headers.get('authorization') !== `Bearer ${host.apiKey}`)
    throw new ApiError({
      status: 401,
      message: 'Incorrect API key provided: expected the configured key as bearer token',
      code: 'invalid_api_key',
    })
  if (host.state === 'loading') throw modelLoading()
  if (host.state === 'failed') throw serverError(host.failure ?? 'The model could not be loaded')
}

/** The promise, or a rejection with the signal's reason as soon as it is aborted. */
function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
