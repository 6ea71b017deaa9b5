// Server-sent events: frames of a body, and a body that stops its source when it is cancelled. Knows no chunk's content.

export const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
export const DONE = 'data: [DONE]\n\n'

export function frame(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

/** A frame that names its event. */
export function eventFrame(data: { readonly type: string }): string {
  return `event: ${data.type}\n${frame(data)}`
}

/**
 * A body that gives what `frames` yields. An error of `frames` becomes the body's, as does the signal's reason when it is
 * aborted; leaving the body (cancel) calls `onCancel` and ends `frames`.
 */
export function streamBody(
  frames: AsyncGenerator<string, void>,
  { signal, onCancel }: { readonly signal: AbortSignal; readonly onCancel: (reason: unknown) => void },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  let abort: (() => void) | undefined
  const settle = () => {
    if (abort) signal.removeEventListener('abort', abort)
    abort = undefined
  }
  return new ReadableStream({
    start(controller) {
      abort = () => {
        settle()
        controller.error(signal.reason)
        void frames.return().catch(() => {})
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    },
    async pull(controller) {
      try {
        const { value, done } = await frames.next()
        if (!abort) return
        if (!done) return controller.enqueue(encoder.encode(value))
        settle()
        controller.close()
      } catch (error) {
        if (!abort) return
        settle()
        controller.error(error)
      }
    },
    async cancel(reason) {
      settle()
      onCancel(reason)
      void frames.return().catch(() => {})
    },
  })
}
