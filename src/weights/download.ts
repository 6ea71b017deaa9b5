// Bodies of responses, streamed. Knows neither files nor ranges.

import { ModelError } from './errors.ts'
import { meter, type OnProgress } from './progress.ts'

export async function* bodyPieces(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  const stop = () => void reader.cancel(signal.reason).catch(() => {}) // ends a read that waits
  signal.addEventListener('abort', stop)
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
    signal.throwIfAborted()
  } finally {
    signal.removeEventListener('abort', stop)
    await reader.cancel().catch(() => {})
  }
}

/** Of the file itself: undefined where the body is compressed. */
export function contentLength(response: Response): number | undefined {
  const text = response.headers.get('content-length')
  if (text === null || response.headers.has('content-encoding')) return undefined
  const size = Number(text)
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined
}

/** The whole body, kept where the platform keeps blobs: a browser moves large ones to disk. */
export async function fetchedBlob(
  name: string,
  response: Response,
  onProgress?: OnProgress,
  signal?: AbortSignal,
): Promise<Blob> {
  const total = contentLength(response)
  const progress = meter('download', total ?? 0, onProgress, { file: name })
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      progress(piece.length)
      controller.enqueue(piece)
    },
  })
  let blob: Blob
  try {
    blob = await new Response(response.body?.pipeThrough(counted, { signal }) ?? null).blob()
  } catch (cause) {
    signal?.throwIfAborted()
    throw new ModelError(name, `the download of ${response.url || 'it'} failed: ${(cause as Error).message}`, { cause })
  }
  if (total !== undefined && blob.size !== total)
    throw new ModelError(name, `it has ${total} bytes, received ${blob.size}`)
  return blob
}
