// A response whose chunks come as server-sent events. Knows nothing of what is in a chunk.

import type { Call } from './call.ts'
import { toApiError } from './failures.ts'
import { DONE, frame, SSE_HEADERS, streamBody } from './sse.ts'

export function streamedAnswer(call: Call, chunks: AsyncGenerator<unknown, void>, headers: HeadersInit): Response {
  const body = streamBody(frames(call, chunks), { signal: call.signal, onCancel: call.abort })
  const response = new Response(body, { headers })
  for (const [name, value] of Object.entries(SSE_HEADERS)) response.headers.set(name, value)
  return response
}

/** A fault after the first byte is a frame of its own, after which the stream ends. */
async function* frames(call: Call, chunks: AsyncGenerator<unknown, void>): AsyncGenerator<string, void> {
  try {
    for await (const chunk of chunks) yield frame(chunk)
    yield DONE
  } catch (error) {
    if (call.signal.aborted) throw error
    yield frame(toApiError(error).body)
  } finally {
    call.settle()
  }
}
