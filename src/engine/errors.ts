// Why the engine turned a request down or gave it up. What an HTTP answer makes of it is not known here.

/** More positions or blocks than the runner has, or a request that makes no sense; asking again cannot help. */
export class RequestRefusedError extends Error {
  override readonly name: string = 'RequestRefusedError'
}

/** Prompt and completion together are longer than a sequence may be. */
export class ContextLengthError extends RequestRefusedError {
  override readonly name = 'ContextLengthError'
  readonly promptTokens: number
  readonly maxTokens: number
  /** The limit: of the model's context, or of the KV cache where that is smaller. */
  readonly limit: number

  constructor(promptTokens: number, maxTokens: number, limit: number) {
    super(
      `Cannot generate: at most ${limit} tokens fit, received a prompt of ${promptTokens} and ${maxTokens} to generate`,
    )
    this.promptTokens = promptTokens
    this.maxTokens = maxTokens
    this.limit = limit
  }
}

/** Too many requests wait already; asking later can help. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError'

  constructor(waiting: number) {
    super(`Cannot generate: the queue is full, ${waiting} requests wait already`)
  }
}

export class EngineClosedError extends Error {
  override readonly name = 'EngineClosedError'

  constructor() {
    super('Cannot generate: the engine is closed')
  }
}

/** The runner rejected a step (a lost device, say); `cause` is what it threw. Nothing runs on this engine any more. */
export class RunnerFailedError extends Error {
  override readonly name = 'RunnerFailedError'

  constructor(cause: unknown) {
    super(`Cannot generate: the runner failed, received ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
