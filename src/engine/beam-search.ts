// Beam search over one prompt: from the likeliest tokens after each beam to the beams of the next length, and at the end
// to the answers. Knows token ids and log-probabilities; no slot, no block, no step.

import type { BeamOptions, FinishReason, GenerateRequest } from './generation.ts'
import type { SampledToken, TokenLogprob } from './model-runner.ts'
import { GREEDY, MAX_TOP_LOGPROBS, type SamplingParams } from './sampling-params.ts'

export const MAX_BEAMS = 20

/** A beginning of an answer. */
export interface Beam {
  readonly tokens: readonly SampledToken[]
  /** Sum of the tokens' log-probabilities, under the logit bias where there is one. */
  readonly logprob: number
  /** The beam of the length before that it continues. */
  readonly parent: number
}

export interface Answer {
  readonly tokens: readonly SampledToken[]
  readonly finishReason: FinishReason
}

/** A beam and a token that may come after it. */
interface Continuation {
  readonly parent: number
  readonly token: SampledToken
  readonly logprob: number
}

interface Scored extends Answer {
  readonly score: number
}

/** What the runner is to tell after each token of a beam. Its own draws do not matter. */
export function beamSampling(sampling: SamplingParams, { width }: BeamOptions): SamplingParams {
  const { stopTokenIds, logitBias, topLogprobs = 0 } = sampling
  // No beam has more than `width` tokens among the best continuations, beside those that stop it. Biased ones may come
  // from further down.
  const candidates = logitBias?.size ? MAX_TOP_LOGPROBS : width + stopTokenIds.length
  return { ...GREEDY, topLogprobs: Math.min(Math.max(topLogprobs, candidates), MAX_TOP_LOGPROBS), topAllowed: true }
}

/**
 * The rules are those of Hugging Face's `generate` (transformers, generation/utils.py: `_beam_search` and
 * `_check_early_stop_heuristic`; BeamSearchScorer before), of which vLLM's are an adaptation:
 *
 * - All continuations of all beams by one token are ranked by the sum of their log-probabilities. Those with a stop token
 *   become ended answers if they are among the first `width`; of the others the first `width` are the next beams.
 * - An ended answer's score is sum / length ^ lengthPenalty. The length counts generated tokens, the stop token among
 *   them (vLLM counts the prompt too, and not the stop token). The best `width` ended answers are kept.
 * - With `width` answers ended the search is over if earlyStopping is true; false: if the worst of them is at least as
 *   good as the best beam at its present length; 'never': as good as the best beam could be at any length, which for a
 *   positive lengthPenalty is its present sum at the greatest length.
 * - At maxTokens the beams end as answers too, unless the search is over by the rule above.
 *
 * Equal sums rank by lower beam, then lower token; of equal scores the answer that ended first is better. Before minTokens
 * stop tokens do not continue a beam. A logit bias holds for tokens among the likeliest MAX_TOP_LOGPROBS after a beam, and
 * the log-probabilities are those of the biased distribution.
 */
export class BeamSearch {
  readonly #n: number
  readonly #maxTokens: number
  readonly #options: BeamOptions
  readonly #stops: ReadonlySet<number>
  readonly #minTokens: number
  readonly #bias: ReadonlyMap<number, number> | undefined
  readonly #ended: Scored[] = [] // best first
  #beams: Beam[] = [{ tokens: [], logprob: 0, parent: 0 }]
  #results = new Map<number, SampledToken>() // by beam

  constructor({ n, maxTokens, beams, sampling }: GenerateRequest) {
    this.#n = n
    this.#maxTokens = maxTokens
    this.#options = beams!
    this.#stops = new Set(sampling.stopTokenIds)
    this.#minTokens = sampling.minTokens
    this.#bias = sampling.logitBias
  }

  /** Those of the present length; none when the search is over. */
  get beams(): readonly Beam[] {
    return this.#beams
  }

  /** The `n` best, best first, when the search is over. */
  get answers(): readonly Answer[] {
    // Where the model has too few tokens for so many different answers, the last ones are empty.
    return Array.from({ length: this.#n }, (_, i) => this.#ended[i] ?? { tokens: [], finishReason: 'length' })
  }

  /** What may come after a beam. True when that is known of all beams, which then are those of the next length. */
  take(beam: number, result: SampledToken): boolean {
    this.#results.set(beam, result)
    if (this.#results.size < this.#beams.length) return false
    this.#advance()
    this.#results.clear()
    return true
  }

  #advance(): void {
    const { width } = this.#options
    const length = this.#beams[0]!.tokens.length + 1
    const candidates = this.#beams.flatMap((beam, parent) => this.#continuations(beam, parent))
    candidates.sort((a, b) => b.logprob - a.logprob || a.parent - b.parent || a.token.token - b.token.token)
    const next: Beam[] = []
    for (const [rank, candidate] of candidates.entries()) {
      if (!this.#stops.has(candidate.token.token)) next.push(this.#continued(candidate))
      else if (rank < width) this.#end(this.#continued(candidate), 'stop')
      if (next.length === width) break
    }
    const over = next.length === 0 || this.#over(next[0]!)
    if (!over && length === this.#maxTokens) for (const beam of next) this.#end(beam, 'length')
    this.#beams = over || length === this.#maxTokens ? [] : next
  }

  #continued({ parent, token, logprob }: Continuation): Beam {
    return { tokens: [...this.#beams[parent]!.tokens, token], logprob, parent }
  }

  #continuations({ tokens, logprob }: Beam, parent: number): Continuation[] {
    const { top } = this.#results.get(parent)!
    return this.#biased(top).flatMap((biased, i) => {
      if (tokens.length < this.#minTokens && this.#stops.has(biased.token)) return []
      return [{ parent, token: { ...top[i]!, top, rank: i + 1 }, logprob: logprob + biased.logprob }]
    })
  }

  /** The same tokens under the biased distribution. */
  #biased(top: readonly TokenLogprob[]): readonly TokenLogprob[] {
    const bias = this.#bias
    if (!bias?.size) return top
    const edited = top.map(({ token, logprob }) => ({ token, logprob: logprob + (bias.get(token) ?? 0) }))
    const sum = (list: readonly TokenLogprob[]) => list.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)
    const total = Math.log(Math.max(1 - sum(top), 0) + sum(edited))
    return edited.map(({ token, logprob }) => ({ token, logprob: logprob - total }))
  }

  #end({ tokens, logprob }: Beam, finishReason: FinishReason): void {
    const ended = this.#ended
    const score = this.#score(logprob, tokens.length)
    const at = ended.findIndex((other) => other.score < score)
    ended.splice(at < 0 ? ended.length : at, 0, { tokens, finishReason, score })
    if (ended.length > this.#options.width) ended.pop()
  }

  #over({ logprob, tokens }: Beam): boolean {
    const { width, lengthPenalty, earlyStopping } = this.#options
    if (this.#ended.length < width) return false
    if (earlyStopping === true) return true
    const length = earlyStopping === 'never' && lengthPenalty > 0 ? this.#maxTokens : tokens.length
    return this.#ended.at(-1)!.score >= this.#score(logprob, length)
  }

  #score(logprob: number, length: number): number {
    return logprob / length ** this.#options.lengthPenalty
  }
}
