// One file on a server: what the server says of it, and its bytes as a stream that goes on after a break. Keeps nothing.

import { bodyPieces, contentLength } from './download.ts'
import { ModelError } from './errors.ts'
import type { SourceOptions } from './files.ts'

export interface RemoteInfo {
  /** Undefined where the server does not say. */
  readonly size: number | undefined
  /** Changes when the file does; undefined where the server gives (or shows) nothing of the kind. */
  readonly tag?: string
  /** In hexadecimal, where someone else than this server's answer told it. */
  readonly sha256?: string
  /** Whether the server gives parts. */
  readonly ranges: boolean
}

export interface FirstAnswer extends RemoteInfo {
  /** The bytes asked for; all of them where the server gives no parts. */
  readonly response: Response
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
  async first(
    count: number,
    { signal, retries }: { signal?: AbortSignal; retries?: number } = {},
  ): Promise<FirstAnswer | undefined> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#first(count, signal)
      } catch (error) {
        await this.#pause(error, failures, signal, retries)
      }
    }
  }

  async #first(count: number, signal?: AbortSignal): Promise<FirstAnswer | undefined> {
    let response = await this.#request([0, count], signal)
    // A page that stands in for every missing path, as single-page servers give.
    const isPage = response.headers.get('content-type')?.startsWith('text/html')
    if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
      await response.body?.cancel()
      return undefined
    }
    const tag = response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined
    if (response.status === 416) {
      await response.body?.cancel() // no first byte: an empty file
      return { size: 0, tag, ranges: false, response: new Response(null) }
    }
    const size = contentRange(response)?.size
    if (response.status === 206 && size !== undefined) return { size, tag, ranges: true, response }
    if (response.status === 206) {
      await response.body?.cancel() // another origin may hide Content-Range: without a size no parts
      response = await this.#request(undefined, signal)
    }
    if (response.status !== 200) throw this.#refused(response)
    return { size: contentLength(response), tag, ranges: false, response }
  }

  /** Bytes start … end − 1 of a file of that size, in pieces as they come; the first from `begun` where there is one. */
  async *stream(
    start: number,
    end: number,
    size: number,
    { signal, begun }: StreamOptions = {},
  ): AsyncGenerator<Uint8Array> {
    let response = begun
    for (let at = start, failures = 0; at < end; response = undefined) {
      try {
        for await (const piece of this.#stream(at, end, size, { signal, begun: response })) {
          at += piece.length
          failures = 0
          yield piece
        }
      } catch (error) {
        await this.#pause(error, failures++, signal)
      }
    }
  }

  async *#stream(
    start: number,
    end: number,
    size: number,
    { signal, begun }: StreamOptions,
  ): AsyncGenerator<Uint8Array> {
    const stall = new AbortController()
    const { stallTimeout = 60_000 } = this.#options.download ?? {}
    let timer = setTimeout(() => stall.abort(), stallTimeout)
    try {
      const response =
        begun ?? (await this.#request([start, end], AbortSignal.any([stall.signal, ...this.#signals(signal)])))
      if (response.status !== 206 && response.status !== 200) throw this.#refused(response)
      const whole = response.status === 200
      this.#checkRange(response, start, end, size)
      let at = whole ? 0 : start
      for await (const piece of bodyPieces(response)) {
        clearTimeout(timer)
        timer = setTimeout(() => stall.abort(), stallTimeout)
        const from = Math.max(start - at, 0)
        at += piece.length
        if (at > end && !whole) throw this.#error(`${end - start} bytes were asked, received more`)
        if (from < piece.length) yield piece.subarray(from, Math.min(piece.length, piece.length - (at - end)))
        if (at >= end && whole) return
      }
      if (at < end) throw this.#interruption(`it broke off at byte ${at}, expected ${end}`)
    } catch (cause) {
      if (stall.signal.aborted) throw this.#interruption(`nothing came for ${stallTimeout / 1000} s`, cause)
      throw this.#broken(cause, signal)
    } finally {
      clearTimeout(timer)
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

  async #request(range: readonly [start: number, end: number] | undefined, signal?: AbortSignal): Promise<Response> {
    const { fetch = globalThis.fetch } = this.#options
    const headers: Record<string, string> = { ...this.#headers }
    if (range) headers.range = `bytes=${range[0]}-${range[1] - 1}`
    try {
      return await fetch(this.#url, { headers, signal: AbortSignal.any(this.#signals(signal)) })
    } catch (cause) {
      throw this.#broken(cause, signal)
    }
  }

  #signals(signal: AbortSignal | undefined): AbortSignal[] {
    return [signal, this.#options.signal].filter((s) => s !== undefined)
  }

  /** Waits before the next try, longer each time. @throws the error when it is final. */
  async #pause(
    error: unknown,
    failures: number,
    signal?: AbortSignal,
    most = this.#options.download?.retries ?? 5,
  ): Promise<void> {
    if (!(error instanceof Interruption) || failures >= most) throw error
    const { retryDelay = 500 } = this.#options.download ?? {}
    const wait = Math.min(LONGEST_WAIT, Math.max(retryDelay * 2 ** failures, error.retryAfter * 1000))
    const stop = AbortSignal.any(this.#signals(signal))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait)
      stop.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    stop.throwIfAborted()
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

  #broken(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (cause instanceof ModelError || this.#signals(signal).some((s) => s.aborted)) return cause
    const { message, cause: inner } = cause as Error
    const detail = inner instanceof Error && inner.message ? ` (${inner.message})` : ''
    return this.#interruption(`the download failed: ${message}${detail}`, cause)
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
