// Waits for the GPU without keeping a core of the CPU busy. Knows not what is waited for.

/** Milliseconds, the least that a thread can sleep. */
const TURN = 1

/**
 * What `work` becomes. While any such promise is open, Dawn's binding for Node asks for news in every turn of the event loop,
 * 50,000 times a second and more, which takes a core (where the GPU is software, its own) and leaves garbage by the megabyte
 * that only a full collection removes. So a wait that lasts makes these turns a millisecond long. Pages wait for free.
 */
export async function patiently<T>(work: Promise<T>): Promise<T> {
  if (globalThis.document || globalThis.process?.versions?.node === undefined) return work
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  let waiting = true
  const end = () => {
    waiting = false
  }
  work.then(end, end)
  for (let turn = 0; waiting; turn++) {
    if (turn > 0) Atomics.wait(sleeper, 0, 0, TURN)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return work
}
