// A model as named files with sizes, readable in parts, wherever they lie. Knows no format and no place.

import { ModelError } from './errors.ts'
import type { OnProgress } from './progress.ts'

export interface ModelFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Bytes start … end − 1, in memory of their own. @throws ModelError when the file turns out to be shorter. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

export interface ModelFiles {
  /** How the model is called where it came from: `org/name`, or the folder's name. */
  readonly id: string
  /** Undefined where there is no such file. */
  open(name: string, signal?: AbortSignal): Promise<ModelFile | undefined>
}

export interface SourceOptions {
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
  /** Used for downloads instead of the platform's. */
  readonly fetch?: typeof fetch
  readonly hub?: HubOptions
  readonly download?: DownloadOptions
}

export interface DownloadOptions {
  /** Tries after a failure that may pass, counted anew when bytes come. Default 5. */
  readonly retries?: number
  /** Milliseconds before the first of them; doubles each time. Default 500. */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which a connection counts as broken. Default 60,000. */
  readonly stallTimeout?: number
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
