// A pause of the CPU's work in which a page can paint and take input.

/** Resolves in a later turn of the event loop; unlike a timer's, that turn is not held back by some milliseconds. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
