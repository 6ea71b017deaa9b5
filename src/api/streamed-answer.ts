// A response whose chunks or typed events come as server-sent events. Knows nothing of what is in them.

import type { Call } from './call.ts'
import { toApiError } from './failures.ts'
import { DONE, eventFrame, frame, SSE_HEADERS, streamBody } from './sse.ts'

export function streamedAnswer(call: Call, chunks: AsyncGenerator<unknown, void>, headers: HeadersInit): Response {
  return streamed(call, chunkFrames(call, chunks), headers)
}

/** Events carry their name beside their data, and tell of faults and of the end themselves. */
export function streamedEvents(
  call: Call,
  events: AsyncGenerator<{ readonly type: string }, void>,
  headers: HeadersInit,
): Response {
  return streamed(call, eventFrames(call, events), headers)
}

function streamed(call: Call, frames: AsyncGenerator<string, void>, headers: HeadersInit): Response {
  const body = streamBody(frames, { signal: call.signal, onCancel: call.abort })
  const response = new Response(body, { headers })
  for (const [name, value] of Object.entries(SSE_HEADERS)) response.headers.set(name, value)
  return response
}

/** A fault after the first byte is a frame of its own, after which the stream ends. */
async function* chunkFrames(call: Call, chunks: AsyncGenerator<unknown, void>): AsyncGenerator<string, void> {
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

async function* eventFrames(
  call: Call,
  events: AsyncGenerator<{ readonly type: string }, void>,
): AsyncGenerator<string, void> {
  try {
    for await (const event of events) yield eventFrame(event)
  } finally {
    call.settle()
  }
}
