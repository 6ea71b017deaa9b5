// What an engine tells of itself while it runs. Knows no request and no model.

export interface EngineInfo {
  readonly state: 'ready' | 'failed' | 'closed'
  /** Choices that have a slot. */
  readonly running: number
  /** Choices that have none. */
  readonly waiting: number
  readonly blocks: { readonly used: number; readonly cached: number; readonly free: number }
  /** Steps kept in flight, as measured; and those that are in flight now. */
  readonly depth: number
  readonly inFlight: number
  // Since the engine began:
  readonly steps: number
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
  readonly preemptions: number
  /** Constrained choices, by who masks their draws: the runner, or the CPU, which waits for each token. */
  readonly constrained: { readonly byRunner: number; readonly byMask: number }
}
