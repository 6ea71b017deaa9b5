// What loading tells while it goes on. Knows nothing of what is loaded.

/** `convert`: weights of a quantized file on their way to the GPU, decoded; `upload`: those of other files. */
export type LoadPhase = 'download' | 'verify' | 'convert' | 'upload' | 'compile'

export interface LoadProgress {
  readonly phase: LoadPhase
  readonly file?: string
  /** Bytes; kernels in phase `compile`. */
  readonly loaded: number
  /** 0 where it isn't known. */
  readonly total: number
  readonly bytesPerSecond?: number
  readonly secondsLeft?: number
}

export type OnProgress = (progress: LoadProgress) => void

export interface MeterOptions {
  readonly file?: string
  /** What was there before, for instance from an earlier try: counted, but not in the rate. */
  readonly loaded?: number
  /** Milliseconds, a clock that never goes back. */
  readonly now?: () => number
}

const EVENT_INTERVAL = 100 // ms
const RATE_WINDOW = 5000 // ms

/** Returns a function to call with each amount done. It reports at most ten times a second, and always the last. */
export function meter(
  phase: LoadPhase,
  total: number,
  report: OnProgress | undefined,
  { file, loaded = 0, now = () => performance.now() }: MeterOptions = {},
): (amount: number) => void {
  if (!report) return () => {}
  const samples = [{ time: now(), loaded }]
  return (amount) => {
    loaded += amount
    const time = now()
    const done = total > 0 && loaded >= total
    if (!done && time - samples.at(-1)!.time < EVENT_INTERVAL) return
    samples.push({ time, loaded })
    while (samples.length > 2 && time - samples[1]!.time > RATE_WINDOW) samples.shift()
    const oldest = samples[0]!
    const seconds = (time - oldest.time) / 1000
    const bytesPerSecond = seconds > 0 ? (loaded - oldest.loaded) / seconds : undefined
    const secondsLeft = total > 0 && bytesPerSecond ? Math.max(0, total - loaded) / bytesPerSecond : undefined
    report({ phase, file, loaded, total, bytesPerSecond, secondsLeft })
  }
}
