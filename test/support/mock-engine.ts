// An engine that says what it is told: a script gives each choice's tokens. Keeps what was asked, and whether anything runs.

import type { FinishReason, GenerateRequest, Generation, TokenEvent } from '../../src/engine/generation.ts'
import type { TokenLogprob } from '../../src/engine/model-runner.ts'

export interface MockEngine {
  generate(request: GenerateRequest): Generation
  readonly requests: GenerateRequest[]
  /** Generations begun and not yet ended. */
  running: number
  /** Tokens handed out. */
  generated: number
}

export interface MockScript {
  /** Token `index` of a choice; undefined ends the choice as an end-of-text token would. */
  token(choice: number, index: number, request: GenerateRequest): number | undefined
  /** Id given where the script says undefined. */
  readonly eos?: number
  readonly cachedTokens?: number
  /** Thrown after that many steps. */
  readonly fault?: { readonly after: number; readonly error: unknown }
  /** Between steps; a macrotask unless told. */
  pause?(signal: AbortSignal | undefined): Promise<void>
}

/** A choice says these ids and then ends. */
export function says(...choices: readonly (readonly number[])[]): MockScript {
  return { token: (choice, index) => choices[choice % choices.length]![index] }
}

export function mockEngine(script: MockScript): MockEngine {
  const engine: MockEngine = {
    requests: [],
    running: 0,
    generated: 0,
    generate(request) {
      engine.requests.push(request)
      const finishReasons: (FinishReason | undefined)[] = Array.from({ length: request.n })
      return {
        finishReasons,
        cachedTokens: script.cachedTokens ?? 0,
        pooled: request.pool && Float32Array.of(3, 0, request.prompt.length, 0),
        promptScores: request.scorePrompt ? request.prompt.slice(1).map((token) => scored(token, request)) : [],
        stop(choice) {
          finishReasons[choice] ??= 'stop'
        },
        [Symbol.asyncIterator]: () => steps(engine, script, request, finishReasons),
      }
    },
  }
  return engine
}

async function* steps(
  engine: MockEngine,
  script: MockScript,
  request: GenerateRequest,
  finishReasons: (FinishReason | undefined)[],
): AsyncGenerator<readonly TokenEvent[], undefined, undefined> {
  const { signal, maxTokens, sampling } = request
  engine.running++
  try {
    for (let index = 0; index < maxTokens && finishReasons.includes(undefined); index++) {
      await (script.pause?.(signal) ?? new Promise((resolve) => setTimeout(resolve, 0)))
      signal?.throwIfAborted()
      if (script.fault?.after === index) throw script.fault.error
      const events: TokenEvent[] = []
      for (let choice = 0; choice < request.n; choice++) {
        if (finishReasons[choice]) continue
        const token = script.token(choice, index, request) ?? script.eos ?? 2
        const stop = sampling.stopTokenIds.includes(token) && index >= sampling.minTokens
        const finishReason = stop ? 'stop' : index === maxTokens - 1 ? 'length' : undefined
        finishReasons[choice] = finishReason
        events.push({ ...scored(token, request), choice, ...(finishReason && { finishReason }) })
      }
      engine.generated += events.length
      yield events
    }
    if (maxTokens === 0) finishReasons.fill('length')
  } finally {
    engine.running--
  }
}

/** A token with made-up scores: its id tells them. */
function scored(token: number, { sampling }: GenerateRequest): TokenLogprob & { top: TokenLogprob[] } {
  const top = Array.from({ length: sampling.topLogprobs ?? 0 }, (_, i) => ({ token: token + i, logprob: -0.5 - i }))
  return { token, logprob: sampling.topLogprobs === undefined ? Number.NaN : -0.5, top }
}
