// Waits for the GPU without keeping a core of the CPU busy. Knows not what is waited for.

/** Milliseconds, the least that a thread can sleep. */
const TURN = 1

/**
 * Waits that take about as long as the ones before. While any promise of the GPU is open, Dawn's binding for Node asks for
 * news in every turn of the event loop, 50,000 times a second and more, which takes a core (where the GPU is software, one of
 * its own) and leaves garbage by the megabyte that only a full collection removes. So most of a wait is over before
 * anything is asked, and turns in the rest of it take a millisecond. Pages wait for free.
 */
export class Patience {
  /** Milliseconds that the last wait took. */
  #last = 0

  /** What the promise becomes that `ask` gives. */
  async until<T>(ask: () => Promise<T>): Promise<T> {
    if (globalThis.document || globalThis.process?.versions?.node === undefined) return ask()
    const start = performance.now()
    const sleep = 0.75 * this.#last
    if (sleep > TURN) await new Promise((resolve) => setTimeout(resolve, sleep))
    const answer = await inTurns(ask())
    this.#last = performance.now() - start
    return answer
  }
}

async function inTurns<T>(work: Promise<T>): Promise<T> {
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
