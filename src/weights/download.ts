// Bodies of responses, streamed. Knows neither files nor ranges.

import { ModelError } from './errors.ts'
import { meter, type OnProgress } from './progress.ts'

export async function* chunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** The whole body, kept where the platform keeps blobs: a browser moves large ones to disk. */
export async function fetchedBlob(name: string, response: Response, onProgress?: OnProgress): Promise<Blob> {
  const encoded = response.headers.has('content-encoding') // then Content-Length counts other bytes
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0)
  const progress = meter('download', total, onProgress, { file: name })
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      progress(chunk.length)
      controller.enqueue(chunk)
    },
  })
  let blob: Blob
  try {
    blob = await new Response(response.body?.pipeThrough(counted) ?? null).blob()
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ModelError(name, `the download of ${response.url || 'it'} failed: ${(cause as Error).message}`, { cause })
  }
  if (total > 0 && blob.size !== total) throw new ModelError(name, `it has ${total} bytes, received ${blob.size}`)
  return blob
}
