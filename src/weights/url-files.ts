// A folder behind a URL, read by ranges where the server gives them. Knows no format and keeps nothing between loads.

import { chunks, fetchedBlob } from './download.ts'
import { ModelError } from './errors.ts'
import { blobFile, type ModelFile, type ModelFiles, type SourceOptions } from './files.ts'
import { meter } from './progress.ts'

/** What the first request asks for: small files whole, of a large one enough to hold most headers. */
const PREFIX = 256 * 1024

export interface Folder {
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function urlFiles(base: URL, options: SourceOptions, folder: Folder = {}): ModelFiles {
  const segments = base.pathname.split('/').filter(Boolean)
  const opened = new Map<string, Promise<ModelFile | undefined>>()
  return {
    id: folder.id ?? decodeURIComponent(segments.at(-1) ?? base.host),
    open(name, signal) {
      const url = new URL(base)
      url.pathname = `/${[...segments, encodeURIComponent(name)].join('/')}`
      const remote = new RemoteFile(name, url, folder.headers ?? {}, options)
      const known = opened.get(name) ?? remote.open(signal)
      opened.set(name, known)
      known.catch(() => opened.delete(name))
      return known
    },
  }
}

class RemoteFile {
  readonly #name: string
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #options: SourceOptions

  constructor(name: string, url: URL, headers: Readonly<Record<string, string>>, options: SourceOptions) {
    this.#name = name
    this.#url = url
    this.#headers = headers
    this.#options = options
  }

  async open(signal?: AbortSignal): Promise<ModelFile | undefined> {
    const name = this.#name
    let response = await this.#request(0, PREFIX, signal)
    // A page that stands in for every missing path, as single-page servers give.
    const isPage = response.headers.get('content-type')?.startsWith('text/html')
    if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
      await response.body?.cancel()
      return undefined
    }
    let size = contentRange(response)?.size
    if (response.status === 416)
      size = 0 // no first byte: an empty file
    else if (response.status === 206 && size === undefined) {
      await response.body?.cancel() // another origin may hide Content-Range: without a size no ranges
      response = await this.#request(undefined, undefined, signal)
    }
    if (response.status === 206) {
      const progress = meter('download', size!, this.#options.onProgress, { file: name })
      const prefix = await this.#body(response, 0, Math.min(PREFIX, size!), progress)
      return this.#ranged(size!, prefix, progress)
    }
    if (response.status === 416) return blobFile(name, new Blob([]))
    if (!response.ok) throw this.#refused(response)
    return blobFile(name, await fetchedBlob(name, response, this.#options.onProgress))
  }

  #ranged(size: number, prefix: Uint8Array<ArrayBuffer>, progress: (bytes: number) => void): ModelFile {
    return {
      name: this.#name,
      size,
      read: async (start, end, signal) => {
        if (end <= prefix.length) return prefix.slice(start, end)
        const response = await this.#request(start, end, signal)
        if (response.status !== 206) throw this.#refused(response)
        const range = contentRange(response)
        if (range && (range.size !== size || range.start !== start))
          throw this.#error(
            `bytes ${start}–${end - 1} of ${size} were asked, received ${response.headers.get('content-range')}`,
          )
        return this.#body(response, start, end, progress)
      },
    }
  }

  /** Bytes start … end − 1, or all of them. */
  async #request(
    start?: number,
    end?: number,
    signal: AbortSignal | undefined = this.#options.signal,
  ): Promise<Response> {
    const { fetch = globalThis.fetch } = this.#options
    const range: Record<string, string> = end === undefined ? {} : { range: `bytes=${start}-${end - 1}` }
    try {
      return await fetch(this.#url, { headers: { ...this.#headers, ...range }, signal: signal ?? null })
    } catch (cause) {
      throw this.#broken(cause, signal)
    }
  }

  async #body(response: Response, start: number, end: number, progress: (bytes: number) => void) {
    const bytes = new Uint8Array(end - start)
    let filled = 0
    try {
      for await (const chunk of chunks(response)) {
        if (filled + chunk.length > bytes.length) throw this.#error(`${bytes.length} bytes were asked, received more`)
        bytes.set(chunk, filled)
        filled += chunk.length
        progress(chunk.length)
      }
    } catch (cause) {
      throw this.#broken(cause, this.#options.signal)
    }
    if (filled < bytes.length) throw this.#error(`it broke off at byte ${start + filled}, expected ${end}`)
    return bytes
  }

  #refused(response: Response): ModelError {
    const { status } = response
    response.body?.cancel().catch(() => {})
    const hint = status === 401 || status === 403 ? '; a gated or private model needs a token' : ''
    return this.#error(`the server answered with status ${status}${hint}`)
  }

  #broken(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (cause instanceof ModelError || signal?.aborted) return cause
    const { message, cause: inner } = cause as Error
    const detail = inner instanceof Error && inner.message ? ` (${inner.message})` : ''
    return this.#error(`the download failed: ${message}${detail}`, cause)
  }

  #error(reason: string, cause?: unknown): ModelError {
    return new ModelError(this.#name, `${reason} (${this.#url.origin}${this.#url.pathname})`, { cause })
  }
}

function contentRange(response: Response): { start: number; size: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (!match) return undefined
  const [start, size] = [Number(match[1]), Number(match[2])]
  return Number.isSafeInteger(size) ? { start, size } : undefined
}
