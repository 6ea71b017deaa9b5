// What a handler of a route is given, and the responses it makes. Knows headers; knows no route.

import type { Call } from './call.ts'
import type { ApiHost } from './host.ts'
import type { Metrics } from './metrics.ts'
import type { Stored } from './stored.ts'

export interface Context {
  readonly host: ApiHost
  readonly call: Call
  readonly metrics: Metrics
  /** Answers that later requests may ask for. */
  readonly stored: Stored
  /** The variable part of the path, decoded. */
  readonly parameter?: string
}

export type Handler = (context: Context) => Response | Promise<Response>

export function jsonResponse(
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: HeadersInit } = {},
): Response {
  const response = new Response(JSON.stringify(body), { status, headers })
  response.headers.set('content-type', 'application/json')
  return response
}

/** Names of a body that are no field are told in a header, so that a typo is not silent. */
export function ignoredHeader(ignored: readonly string[]): Record<string, string> {
  if (ignored.length === 0) return {}
  // Header values are Latin-1 without line breaks or our comma; a body can hold any number of any names.
  const names = ignored
    .slice(0, 50)
    .map((name) => encodeURIComponent(name.slice(0, 80).replace(/\p{Surrogate}/gu, '\ufffd')))
  return { 'x-infetch-ignored': names.join(', ') }
}
