// A model as named files with sizes, readable in parts, wherever they lie. Knows no format and no place.

import { ModelError } from './errors.ts'
import type { OnProgress } from './progress.ts'

export interface ModelFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /**
   * Bytes start … end − 1, at offset 0 of `into` or, where that is too small or the platform gives memory of its own, of
   * another buffer. @throws ModelError when the file turns out to be shorter.
   */
  read(start: number, end: number, signal?: AbortSignal, into?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>>
}

/** `into`, where it has room. */
export const memoryFor = (length: number, into?: ArrayBuffer): ArrayBuffer =>
  into && into.byteLength >= length ? into : new ArrayBuffer(length)

export interface ModelFiles {
  /** How the model is called where it came from: `org/name`, or the folder's name. */
  readonly id: string
  /** Undefined where there is no such file. */
  open(name: string, signal?: AbortSignal): Promise<ModelFile | undefined>
}

/** Where downloads are kept between loads: named bytes in folders, each written whole or not at all. */
export interface BlobStore {
  /** Names right under a folder ('' for the top), in no order; none where there is no such folder. */
  list(folder: string): Promise<string[]>
  get(path: string): Promise<ModelFile | undefined>
  /** @throws when there is no room. */
  put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** A file, or a folder with all in it; nothing where there is none. */
  delete(path: string): Promise<void>
}

export interface SourceOptions {
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** Used for downloads instead of the platform's. */
  readonly fetch?: typeof fetch
  readonly hub?: HubOptions
  readonly download?: DownloadOptions
  /**
   * Where downloads are kept between loads; false: nowhere. Default: in Node the folder INFETCH_CACHE or `infetch` in the
   * user's cache folder, in a page the origin's private file system, else the Cache API.
   */
  readonly store?: BlobStore | false
  /** Told what went worse than it should, without being an error. Default console.warn. */
  readonly onWarning?: (message: string) => void
}

export interface DownloadOptions {
  /** Tries after a failure that may pass, counted anew when bytes come. Default 5. */
  readonly retries?: number
  /** Milliseconds before the first of them; doubles each time. Default 500. */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which a connection counts as broken. Default 60,000. */
  readonly stallTimeout?: number
  /** Requests at once for parts of a large file. Default 4. */
  readonly connections?: number
  /** Bytes kept as one piece: what a break may lose of each connection. Default 8 MiB. */
  readonly chunkBytes?: number
}

export interface HubOptions {
  /** Default https://huggingface.co. */
  readonly endpoint?: string
  /** For gated and private models. */
  readonly token?: string
}

/** A file whose bytes the platform holds. */
export function blobFile(name: string, blob: Blob): ModelFile {
  return {
    name,
    size: blob.size,
    async read(start, end, signal) {
      signal?.throwIfAborted()
      const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer())
      if (bytes.length !== end - start)
        throw new ModelError(name, `it ended at byte ${start + bytes.length}, expected ${end}`)
      return bytes
    },
  }
}
