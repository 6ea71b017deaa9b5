// How many steps to keep submitted, from what the results' times say. Knows no step and reads no clock.
//
// A result comes back later than its step ends: a map of a buffer takes about 2 ms to resolve in one browser, 100 ms in
// another. `latency` (of a step that ran alone) holds that delay, `interval` (between results while steps queue up) does not
// once enough are queued: latency / interval steps keep the runner busy, and one more covers the CPU's own time. While
// fewer are queued, the interval is latency / depth, so the rule asks for one more each time, until it stops helping.

const LONE_SAMPLES = 3
const STEPS_BETWEEN_SAMPLES = 512

export interface StepTiming {
  readonly submitted: number
  /** Nothing else was in flight, and a result had come just before: a sample of `latency`. */
  readonly lone: boolean
}

export class DepthControl {
  readonly #max: number
  readonly #lone: number[] = [] // latest latencies of steps that ran alone
  #sinceLone = 0
  #depth: number
  #since: number | undefined // when the results being counted began
  #results = 0

  constructor(max: number) {
    this.#max = max
    this.#depth = Math.min(2, max)
  }

  /** Steps that may be in flight. Now and then it is one, to measure a lone step again. */
  get limit(): number {
    return this.#lone.length < LONE_SAMPLES || this.#sinceLone >= STEPS_BETWEEN_SAMPLES ? 1 : this.#depth
  }

  /** The depth it has settled on. */
  get depth(): number {
    return this.#depth
  }

  /** A result came back at time `now`, in milliseconds. */
  arrived(step: StepTiming, now: number): void {
    if (step.lone) {
      this.#lone.push(now - step.submitted)
      if (this.#lone.length > LONE_SAMPLES) this.#lone.shift()
      this.#sinceLone = 0
      this.idle()
      return
    }
    this.#sinceLone++
    if (this.#since === undefined) {
      this.#since = now
      return
    }
    // Results may come in bunches of `depth`; twice as many even that out.
    if (++this.#results < 2 * this.#depth) return
    const interval = (now - this.#since) / this.#results
    const wanted = Math.ceil(Math.min(...this.#lone) / Math.max(interval, 0.01)) + 1
    if (this.#lone.length === LONE_SAMPLES) this.#depth = Math.min(this.#max, wanted)
    this.#since = now
    this.#results = 0
  }

  /** Nothing is in flight: the time until the next result says nothing. */
  idle(): void {
    this.#since = undefined
    this.#results = 0
  }
}
