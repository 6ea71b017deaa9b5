// Requests for engine tests, what they must give by a plain loop, and what they gave.

import type { GenerateRequest, Generation, TokenEvent } from '../../src/engine/generation.ts'
import type { SampledToken } from '../../src/engine/model-runner.ts'
import { GREEDY, type SamplingParams } from '../../src/engine/sampling-params.ts'
import { deriveSeed } from '../../src/engine/seed.ts'
import { sample, score } from '../support/mock-runner.ts'

export const VOCAB = 50

export const PLAIN: SamplingParams = { ...GREEDY, temperature: 1, seed: 1 }

type RequestParts = Partial<Omit<GenerateRequest, 'sampling'>> & { readonly sampling?: Partial<SamplingParams> }

export function request({ sampling, ...rest }: RequestParts = {}): GenerateRequest {
  return { prompt: [1, 2, 3], maxTokens: 8, n: 1, ...rest, sampling: { ...PLAIN, ...sampling } }
}

export interface Choice {
  tokens: SampledToken[]
  finishReason: string | undefined
}

/** What a choice must give: one token after the other, alone. */
export function expectedChoice({ prompt, sampling, maxTokens }: GenerateRequest, choice: number): Choice {
  const params = { ...sampling, seed: deriveSeed(sampling.seed, choice) }
  const known = [...prompt]
  const tokens: SampledToken[] = []
  while (tokens.length < maxTokens) {
    const next = sample(known, tokens.length, params, VOCAB)
    tokens.push(next)
    known.push(next.token)
    if (tokens.length > sampling.minTokens && sampling.stopTokenIds.includes(next.token))
      return { tokens, finishReason: 'stop' }
  }
  return { tokens, finishReason: 'length' }
}

export function expectedChoices(request: GenerateRequest): Choice[] {
  return Array.from({ length: request.n }, (_, choice) => expectedChoice(request, choice))
}

export function expectedScores({ prompt, sampling }: GenerateRequest): SampledToken[] {
  return prompt.slice(1).map((id, i) => score(prompt.slice(0, i + 1), id, sampling, VOCAB))
}

/** Iterates to the end. */
export async function collect(
  generation: Generation,
  onEvents?: (events: readonly TokenEvent[]) => void,
): Promise<Choice[]> {
  const choices: Choice[] = generation.finishReasons.map(() => ({ tokens: [], finishReason: undefined }))
  for await (const events of generation) {
    for (const { choice, finishReason, ...token } of events) {
      choices[choice]!.tokens.push(token)
      choices[choice]!.finishReason = finishReason
    }
    onEvents?.(events)
  }
  for (const [i, choice] of choices.entries()) choice.finishReason ??= generation.finishReasons[i]
  return choices
}
