// Waits for the GPU without keeping a core of the CPU busy. Knows not what is waited for.

/** Milliseconds, the least that a thread can sleep. */
const TURN = 1

/**
 * Makes turns of Node's event loop a millisecond long while something is waited for. While any promise of the GPU is open,
 * Dawn's binding for Node asks for news in every turn, 50,000 times a second and more, which takes a core (where the GPU is
 * software, one of its own) and leaves garbage by the megabyte that only a full collection removes. Pages wait for free.
 */
export class Turns {
  /** Pages may have no such memory. */
  readonly #sleeper = inNode() ? new Int32Array(new SharedArrayBuffer(4)) : undefined
  #waits = 0
  #turning = false

  /** The same promise. What is done at once is not held up. */
  until<T>(work: Promise<T>): Promise<T> {
    if (!this.#sleeper) return work
    const end = () => {
      this.#waits--
    }
    this.#waits++
    work.then(end, end)
    if (!this.#turning) this.#turn()
    return work
  }

  #turn(): void {
    this.#turning = true
    setImmediate(() => {
      this.#turning = this.#waits > 0
      if (!this.#turning) return
      Atomics.wait(this.#sleeper!, 0, 0, TURN)
      this.#turn()
    })
  }
}

/** Waits one after the other that take about as long as the ones before: most of each is over before anything is asked. */
export class Patience {
  readonly #turns = new Turns()
  /** Milliseconds that the last wait took. */
  #last = 0

  /** What the promise becomes that `ask` gives. */
  async until<T>(ask: () => Promise<T>): Promise<T> {
    if (!inNode()) return ask()
    const start = performance.now()
    const sleep = 0.75 * this.#last
    if (sleep > TURN) await new Promise((resolve) => setTimeout(resolve, sleep))
    const answer = await this.#turns.until(ask())
    this.#last = performance.now() - start
    return answer
  }
}

const inNode = () => !globalThis.document && globalThis.process?.versions?.node !== undefined
