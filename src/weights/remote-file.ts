// One file on a server: what the server says of it, and its bytes as a stream that goes on after a break. Keeps nothing.

import { LinkedAbort } from './abort.ts'
import { bodyPieces, contentLength } from './download.ts'
import { ModelError } from './errors.ts'
import type { SourceOptions } from './files.ts'

/** What a server says of a file. */
export interface FirstAnswer {
  /** Undefined where the server does not say. */
  readonly size: number | undefined
  /** Changes when the file does; undefined where the server gives (or shows) nothing of the kind. */
  readonly tag?: string
  /** Of the whole, where the hub's header says it. */
  readonly sha256?: string
  /** Whether the server gives parts. */
  readonly ranges: boolean
  /** The bytes asked for; all of them where the server gives no parts. */
  readonly response: Response
}

export interface FirstOptions {
  readonly signal?: AbortSignal
  /** The file's size, where it is known from elsewhere. */
  readonly size?: number
  readonly retries?: number
}

export interface StreamOptions {
  readonly signal?: AbortSignal
  /** An answer to a request for just these bytes (or the whole file), unread. */
  readonly begun?: Response
}

/** A failure that may not last: worth another try. */
export class Interruption extends ModelError {
  /** Seconds the server asks to wait. */
  readonly retryAfter: number

  constructor(file: string, reason: string, { cause, retryAfter = 0 }: ErrorOptions & { retryAfter?: number } = {}) {
    super(file, reason, { cause })
    this.retryAfter = retryAfter
  }
}

type Range = readonly [start: number, end: number] | undefined

const LONGEST_WAIT = 60_000 // ms

export class RemoteFile {
  readonly name: string
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #options: SourceOptions

  constructor(name: string, url: URL, headers: Readonly<Record<string, string>>, options: SourceOptions) {
    this.name = name
    this.#url = url
    this.#headers = headers
    this.#options = options
  }

  /** Asks for the first `count` bytes; undefined where there is no such file. */
  async first(count: number, { signal, size, retries }: FirstOptions = {}): Promise<FirstAnswer | undefined> {
    const stop = new LinkedAbort(signal, this.#options.signal)
    try {
      for (let failures = 0; ; failures++) {
        try {
          return await this.#first(count, stop.signal, size)
        } catch (error) {
          await this.#pause(error, failures, stop.signal, retries)
        }
      }
    } finally {
      stop.release()
    }
  }

  async #first(count: number, signal: AbortSignal, knownSize?: number): Promise<FirstAnswer | undefined> {
    let response = await this.#answer([0, count], signal)
    // A page that stands in for every missing path, as single-page servers give.
    const isPage = response.headers.get('content-type')?.startsWith('text/html')
    if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
      await response.body?.cancel()
      return undefined
    }
    const tag = response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined
    // The hub's name for what a large file is stored as: its digest.
    const sha256 = /^"?([0-9a-f]{64})"?$/.exec(response.headers.get('x-linked-etag') ?? '')?.[1]
    if (response.status === 416) {
      await response.body?.cancel() // no first byte: an empty file
      return { size: 0, tag, ranges: false, response: new Response(null) }
    }
    const size = contentRange(response)?.size ?? knownSize
    if (response.status === 206 && size !== undefined) return { size, tag, sha256, ranges: true, response }
    if (response.status === 206) {
      await response.body?.cancel() // another origin may hide Content-Range: without a size no parts
      response = await this.#answer(undefined, signal)
    }
    if (response.status !== 200) throw this.#refused(response)
    return { size: contentLength(response), tag, sha256, ranges: false, response }
  }

  /** Bytes start … end − 1 of a file of that size, in pieces as they come; the first from `begun` where there is one. */
  async *stream(
    start: number,
    end: number,
    size: number,
    { signal, begun }: StreamOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const stop = new LinkedAbort(signal, this.#options.signal)
    let response = begun
    try {
      for (let at = start, failures = 0; at < end; response = undefined) {
        try {
          for await (const piece of this.#stream(at, end, size, stop.signal, response)) {
            at += piece.length
            failures = 0
            yield piece
          }
        } catch (error) {
          await this.#pause(error, failures++, stop.signal)
        }
      }
    } finally {
      stop.release()
    }
  }

  async *#stream(
    start: number,
    end: number,
    size: number,
    signal: AbortSignal,
    begun?: Response,
  ): AsyncGenerator<Uint8Array> {
    const stop = new LinkedAbort(signal)
    const stall = () => stop.abort(this.#stalled())
    let timer = setTimeout(stall, this.#stallTimeout)
    try {
      const response = begun ?? (await this.#request([start, end], stop.signal))
      if (response.status !== 206 && response.status !== 200) throw this.#refused(response)
      this.#checkRange(response, start, end, size)
      const whole = response.status === 200
      let at = whole ? 0 : start
      for await (const piece of bodyPieces(response, stop.signal)) {
        clearTimeout(timer)
        timer = setTimeout(stall, this.#stallTimeout)
        const from = Math.max(start - at, 0)
        at += piece.length
        if (at > end && !whole) throw this.#error(`${end - start} bytes were asked, received more`)
        if (from < piece.length) yield piece.subarray(from, Math.min(piece.length, piece.length - (at - end)))
        if (at >= end && whole) return
      }
      if (at < end) throw this.#interruption(`it broke off at byte ${at}, expected ${end}`)
    } catch (cause) {
      throw stop.signal.aborted ? stop.signal.reason : this.#broken(cause)
    } finally {
      clearTimeout(timer)
      stop.release()
    }
  }

  #checkRange(response: Response, start: number, end: number, size: number): void {
    const range = contentRange(response)
    if (range && (range.size !== size || range.start !== start)) {
      const received = response.headers.get('content-range')
      throw this.#error(`bytes ${start}–${end - 1} of ${size} were asked, received ${received}`)
    }
    const length = contentLength(response)
    if (response.status === 200 && length !== undefined && length !== size)
      throw this.#error(`it had ${size} bytes when it was opened, received ${length}`)
  }

  /** The server's answer, or an interruption when it keeps silent. */
  async #answer(range: Range, signal: AbortSignal): Promise<Response> {
    const stop = new LinkedAbort(signal)
    const timer = setTimeout(() => stop.abort(this.#stalled()), this.#stallTimeout)
    try {
      return await this.#request(range, stop.signal)
    } finally {
      clearTimeout(timer)
      stop.release()
    }
  }

  async #request(range: Range, signal: AbortSignal): Promise<Response> {
    const { fetch = globalThis.fetch } = this.#options
    const headers: Record<string, string> = { ...this.#headers }
    if (range) headers.range = `bytes=${range[0]}-${range[1] - 1}`
    try {
      return await fetch(this.#url, { headers, signal })
    } catch (cause) {
      throw signal.aborted ? signal.reason : this.#broken(cause)
    }
  }

  /** Waits before the next try, longer each time. @throws the error when it is final. */
  async #pause(
    error: unknown,
    failures: number,
    signal: AbortSignal,
    most = this.#options.download?.retries ?? 5,
  ): Promise<void> {
    signal.throwIfAborted()
    if (!(error instanceof Interruption) || failures >= most) throw error
    const { retryDelay = 500 } = this.#options.download ?? {}
    const wait = Math.min(LONGEST_WAIT, Math.max(retryDelay * 2 ** failures, error.retryAfter * 1000))
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, wait)
      signal.addEventListener('abort', end)
    })
    signal.throwIfAborted()
  }

  #refused(response: Response): ModelError {
    const { status } = response
    response.body?.cancel().catch(() => {})
    const hint = status === 401 || status === 403 ? '; a gated or private model needs a token' : ''
    const reason = `the server answered with status ${status}${hint}`
    const mayPass = status === 408 || status === 429 || status >= 500
    const retryAfter = Number(response.headers.get('retry-after')) || 0
    return mayPass ? this.#interruption(reason, undefined, retryAfter) : this.#error(reason)
  }

  #broken(cause: unknown): ModelError {
    if (cause instanceof ModelError) return cause
    const { message, cause: inner } = cause as Error
    const detail = inner instanceof Error && inner.message ? ` (${inner.message})` : ''
    return this.#interruption(`the download failed: ${message}${detail}`, cause)
  }

  get #stallTimeout(): number {
    return this.#options.download?.stallTimeout ?? 60_000
  }

  #stalled(): Interruption {
    return this.#interruption(`nothing came for ${this.#stallTimeout / 1000} s`)
  }

  #interruption(reason: string, cause?: unknown, retryAfter?: number): Interruption {
    return new Interruption(this.name, `${reason} (${this.#url.origin}${this.#url.pathname})`, { cause, retryAfter })
  }

  #error(reason: string): ModelError {
    return new ModelError(this.name, `${reason} (${this.#url.origin}${this.#url.pathname})`)
  }
}

function contentRange(response: Response): { start: number; size: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (!match) return undefined
  const [start, size] = [Number(match[1]), Number(match[2])]
  return Number.isSafeInteger(size) ? { start, size } : undefined
}
