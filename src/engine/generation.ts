// What a caller asks of the engine and gets back: token ids only, no text.

import type { Pooling, SampledToken } from './model-runner.ts'
import type { SamplingParams } from './sampling-params.ts'
import type { TokenConstraint } from './token-constraint.ts'

export interface BeamOptions {
  /** Beams kept at every length, and ended answers to choose from; n … MAX_BEAMS. */
  readonly width: number
  /** An answer's score is the sum of its log-probabilities / its number of tokens ^ lengthPenalty. */
  readonly lengthPenalty: number
  /** When to stop with `width` answers ended: at once, when no beam is better now, or when none can become better. */
  readonly earlyStopping: boolean | 'never'
}

export interface GenerateRequest {
  /** At least one id. */
  readonly prompt: readonly number[]
  readonly sampling: SamplingParams
  /**
   * Most tokens each choice may generate. prompt.length + maxTokens ≤ contextLength. 0 generates nothing: the loop ends
   * without an event, after the scores where those are asked, and every finish reason is 'length'.
   */
  readonly maxTokens: number
  /** How many choices to draw from the prompt; choice i draws with a seed derived from sampling.seed and i, choice 0 with the seed itself. */
  readonly n: number
  /**
   * Search the most likely answers instead of drawing: the `n` best come, best first, all at the end. Of `sampling` only
   * the stop ids, minTokens, logitBias and topLogprobs count.
   */
  readonly beams?: BeamOptions
  /** What every choice is held to. The end tokens it allows must be among the stop ids. */
  readonly constraint?: TokenConstraint
  /** Report the log-probability of each prompt token but the first. */
  readonly scorePrompt?: boolean
  /** Give the prompt's hidden states, pooled. Only with maxTokens 0, n 1 and no scorePrompt. */
  readonly pool?: Pooling
  readonly signal?: AbortSignal
}

export type FinishReason = 'stop' | 'length'

/** A token of a choice, in order. The stop token itself is reported too, with its finish reason. */
export interface TokenEvent extends SampledToken {
  readonly choice: number
  /** Set on the last event of a choice. */
  readonly finishReason?: FinishReason
}

/**
 * A running request. Iterating gives the tokens of all choices as steps are read back; the loop ends when every choice has
 * ended, throws the signal's reason when aborted. Leaving the loop early (break, return, throw) frees everything the
 * request holds.
 */
export interface Generation extends AsyncIterable<readonly TokenEvent[]> {
  /** Prompt tokens found in the prefix cache; known with the first event. */
  readonly cachedTokens: number
  /** Scores of prompt tokens 1 … last, when asked; known with the first event (or the loop's end with maxTokens 0). */
  readonly promptScores: readonly PromptScore[]
  /** The pooled hidden state [hiddenSize], when asked; known when the loop ends. */
  readonly pooled?: Float32Array
  /** By choice; undefined while it goes on. A choice ended through `stop()` has 'stop'. */
  readonly finishReasons: readonly (FinishReason | undefined)[]
  /** Ends a choice early, for instance at a stop string: no later event of it comes, its blocks are freed. */
  stop(choice: number): void
}

export type PromptScore = SampledToken
