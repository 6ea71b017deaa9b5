// How the next token of a sequence is chosen. Field order is processing order.

export interface SamplingParams {
  /** Over prompt and completion tokens; logit > 0 is divided by it, else multiplied. 1 = off. */
  readonly repetitionPenalty: number
  /** Subtracted per occurrence in the completion. 0 = off. */
  readonly frequencyPenalty: number
  /** Subtracted once for a token that occurs in the completion. 0 = off. */
  readonly presencePenalty: number
  /** Added to raw logits, by token id. */
  readonly logitBias?: ReadonlyMap<number, number>
  /** 0 = greedy. */
  readonly temperature: number
  /** Relative to the most likely token's probability. 0 = off. */
  readonly minP: number
  /** 0 = off. */
  readonly topK: number
  /** 1 = off. */
  readonly topP: number
  /** 32 bits. */
  readonly seed: number
  /** Ids that end the sequence; masked while fewer than `minTokens` are generated. */
  readonly stopTokenIds: readonly number[]
  readonly minTokens: number
  /** How many of the most likely tokens to report with their log-probabilities; undefined: no log-probabilities at all. */
  readonly topLogprobs?: number
  /** Those tokens are the most likely of the allowed ones, where a mask says which are. */
  readonly topAllowed?: boolean
}

/** Most that may be reported: enough for the candidates of the widest beam search. */
/** Always the likeliest token, nothing edited, nothing reported. */
export const GREEDY: SamplingParams = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  temperature: 0,
  minP: 0,
  topK: 0,
  topP: 1,
  seed: 0,
  stopTokenIds: [],
  minTokens: 0,
}

export const MAX_TOP_LOGPROBS = 64
