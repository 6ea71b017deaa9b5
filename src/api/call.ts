// One request as the face received it: whatever fetch takes (string, URL or Request, with init) brought to one form, with a
// signal that is aborted when the caller gives up, before, during or after the headers. Knows no route.

import { ApiError, badRequest } from './errors.ts'

export interface Call {
  readonly method: string
  /** Path of the URL, still percent-encoded. */
  readonly path: string
  /** What the URL has after its question mark. */
  readonly query: URLSearchParams
  readonly headers: Headers
  /** Aborted with the caller's reason, or when the body is left. */
  readonly signal: AbortSignal
  /** The request's body as JSON. @throws ApiError */
  json(): Promise<unknown>
  /** Stops whatever is done for the request. */
  abort(reason: unknown): void
  /** Lets go of the caller's signal: nothing is left to stop. */
  settle(): void
}

/** Relative addresses are those of an imagined server. */
const BASE = 'http://infetch/'

/** @throws TypeError for what is no address, as fetch does */
export function openCall(input: RequestInfo | URL, init: RequestInit | undefined, maxBodyBytes: number): Call {
  const request = typeof input === 'object' && 'url' in input ? input : undefined
  const address = request ? request.url : String(input)
  if (!URL.canParse(address, BASE)) throw new TypeError(`Cannot fetch: invalid URL, received ${address}`)
  const given = init?.signal === undefined ? request?.signal : init.signal
  const controller = new AbortController()
  const forward = () => controller.abort(given?.reason)
  if (given?.aborted) forward()
  else given?.addEventListener('abort', forward)
  if (init?.body == null && request?.bodyUsed)
    throw new TypeError('Cannot fetch: the body of the Request was read already')
  const body = init?.body ?? request ?? null
  const { pathname, searchParams } = new URL(address, BASE)
  return {
    method: (init?.method ?? request?.method ?? 'GET').toUpperCase(),
    path: pathname,
    query: searchParams,
    headers: new Headers(init?.headers ?? request?.headers),
    signal: controller.signal,
    json: async () => parseJson(await readText(body, maxBodyBytes, controller.signal)),
    abort: (reason) => controller.abort(reason),
    settle: () => given?.removeEventListener('abort', forward),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(
      `We could not parse the JSON body of your request: ${text === '' ? 'the body is empty' : (error as Error).message}`,
      null,
      'invalid_json',
    )
  }
}

async function readText(body: BodyInit | Request | null, limit: number, signal: AbortSignal): Promise<string> {
  if (body === null) return ''
  if (typeof body === 'string') {
    if (body.length > limit) throw tooLarge(limit)
    return body
  }
  const reader = (await streamOf(body))?.getReader()
  if (!reader) return ''
  const cancel = () => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', cancel)
  try {
    const decoder = new TextDecoder()
    let text = ''
    let size = 0
    for (;;) {
      const { value, done } = await reader.read()
      signal.throwIfAborted()
      if (done) return text + decoder.decode()
      size += value.byteLength
      if (size > limit) {
        void reader.cancel().catch(() => {})
        throw tooLarge(limit)
      }
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** Not every browser gives the body of a Request as a stream. */
async function streamOf(body: BodyInit | Request): Promise<ReadableStream<Uint8Array> | null> {
  if (typeof body !== 'object' || !('bodyUsed' in body)) return new Response(body).body
  return body.body === undefined ? new Response(await body.arrayBuffer()).body : body.body
}

function tooLarge(limit: number): ApiError {
  return new ApiError({
    status: 413,
    message: `Request body too large: expected at most ${limit} bytes`,
    code: 'request_too_large',
  })
}
