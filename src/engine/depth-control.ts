// How many steps to keep submitted, from what the results' times say. Knows no step and reads no clock.
//
// A result comes back later than its step ends: a map of a buffer takes about 2 ms to resolve in one browser, 100 ms in
// another. `latency` (of a step that ran alone) holds that delay, `interval` (between results while steps queue up) does not
// once enough are queued: latency / interval steps keep the runner busy, and one more covers the CPU's own time. While
// fewer are queued, the interval is latency / depth, so the rule asks for one more each time, until it stops helping.

const SAMPLES = 3
// A sample costs the pipeline about its own latency, so this many times that passes until the next one.
const SPACING = 100

export interface StepTiming {
  readonly submitted: number
  /** Nothing else was in flight, and a result had come just before: a sample of `latency`. */
  readonly lone: boolean
}

export class DepthControl {
  readonly #max: number
  #samples: number[] = [] // the last latencies of steps that ran alone
  #sinceSample = 0 // ms, those of idle times left out
  #depth: number
  #last: number | undefined // when the last result came
  #window = 0 // ms that the results being counted took
  #waited = 0 // ms from submission to result, summed over them
  #results = -1 // the first one after a pause only starts the count

  constructor(max: number) {
    this.#max = max
    this.#depth = Math.min(2, max)
  }

  /** Steps that may be in flight. Now and then it is one, so that a step runs alone. */
  get limit(): number {
    return this.#samples.length < SAMPLES || this.#sinceSample > SPACING * this.#latency ? 1 : this.#depth
  }

  /** The depth it has settled on. */
  get depth(): number {
    return this.#depth
  }

  /** A result came back at time `now`, in milliseconds. */
  arrived(step: StepTiming, now: number): void {
    const passed = now - (this.#last ?? now)
    this.#last = now
    if (step.lone) {
      this.#samples.push(now - step.submitted)
      if (this.#samples.length > SAMPLES) this.#samples.shift()
      this.#sinceSample = 0
      this.#restart(-1)
      return
    }
    this.#sinceSample += passed
    if (this.#results >= 0) {
      this.#window += passed
      this.#waited += now - step.submitted
    }
    this.#results++
    // Results may come in bunches of `depth`; twice as many even that out.
    if (this.#samples.length < SAMPLES || this.#results < 2 * this.#depth) return
    // A step in a queue waits no less than alone: where it does, the samples are of larger steps than those of now.
    const waited = this.#waited / this.#results
    this.#samples = this.#samples.map((sample) => Math.min(sample, waited))
    const interval = this.#window / this.#results
    const wanted = Math.round(this.#latency / Math.max(interval, 0.01)) + 1
    this.#depth = Math.min(this.#max, Math.max(2, wanted)) // at 1, after a pause, there would be no interval to learn from
    this.#restart(0)
  }

  /** Nothing is in flight: the time until the next result says nothing. */
  idle(): void {
    this.#last = undefined
    this.#restart(-1)
  }

  /** The smallest: what is above it was a pause, or a step with more rows. */
  get #latency(): number {
    return Math.min(...this.#samples)
  }

  #restart(results: number): void {
    this.#window = 0
    this.#waited = 0
    this.#results = results
  }
}
