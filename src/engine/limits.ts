// Whether a runner can run a request at all. Knows sizes, no state.

import { MAX_BEAMS } from './beam-search.ts'
import { ContextLengthError, RequestRefusedError } from './errors.ts'
import type { GenerateRequest } from './generation.ts'
import type { ModelRunner } from './model-runner.ts'

/** @throws RequestRefusedError or ContextLengthError for what can never run */
export function refuseImpossible(
  { prompt, maxTokens, n, beams, scorePrompt, pool }: GenerateRequest,
  runner: ModelRunner,
): void {
  const { vocabSize, contextLength, blockCount, blockSize, readPooled } = runner
  if (prompt.length === 0) throw new RequestRefusedError('Cannot generate: the prompt must have a token, received none')
  const stranger = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)
  if (stranger !== undefined)
    throw new RequestRefusedError(`Cannot generate: ids are 0 … ${vocabSize - 1}, received ${stranger} in the prompt`)
  if (!Number.isInteger(n) || n < 1)
    throw new RequestRefusedError(`Cannot generate: n must be a positive integer, received ${n}`)
  if (beams && !(Number.isInteger(beams.width) && beams.width >= n && beams.width <= MAX_BEAMS))
    throw new RequestRefusedError(`Cannot generate: the beam width is n (${n}) … ${MAX_BEAMS}, received ${beams.width}`)
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new RequestRefusedError(`Cannot generate: maxTokens must be an integer from 0 on, received ${maxTokens}`)
  if (pool && !(readPooled && maxTokens === 0 && n === 1 && !scorePrompt && !beams))
    throw new RequestRefusedError(
      `Cannot pool hidden states: maxTokens must be 0, n 1, nothing else be asked and the runner be able to, received maxTokens ${maxTokens} and n ${n}`,
    )
  const unneeded = pool ? 0 : 1 // the last token's key and value
  const limit = Math.min(contextLength, blockCount * blockSize + unneeded)
  if (prompt.length + maxTokens > limit) throw new ContextLengthError(prompt.length, maxTokens, limit)
}
