// What the engine asks of whatever runs the model. Token ids, slots and blocks; no text, no GPU.

import type { SamplingParams } from './sampling-params.ts'
import type { Automaton, AutomatonPlace } from './token-constraint.ts'

/** A token of a sequence in decode. Its id is the one last sampled into the slot, which the engine may not know yet. */
export interface DecodeRow {
  readonly slot: number
  /** Index in the sequence, 0-based; its key and value are stored there. */
  readonly position: number
  /** How many completion tokens come before the one this row draws. */
  readonly draw: number
  /** One bit a token (TokenConstraint.mask): only these may be drawn. */
  readonly mask?: Uint32Array
}

/** What is kept of the final hidden states (after the last norm) of a sequence's tokens: the last one, or the sum of all. */
export type Pooling = 'last' | 'sum'

/** Consecutive known tokens of one sequence. */
export interface PrefillChunk {
  readonly slot: number
  /** Position of the first token. */
  readonly start: number
  readonly tokens: ArrayLike<number>
  /** Draw the token after the last one; the counter as in DecodeRow. */
  readonly draw?: number
  /** For the draw, as in DecodeRow. */
  readonly mask?: Uint32Array
  /**
   * Score known tokens: `targets[i]` is the id whose log-probability is wanted after tokens[i], −1 for none.
   * With `draw`, the last one must be −1.
   */
  readonly targets?: ArrayLike<number>
  /** Keep the hidden states of these tokens for `readPooled`; a sum begins anew at start 0. */
  readonly pool?: Pooling
}

export interface Batch {
  readonly decode: readonly DecodeRow[]
  readonly prefill: readonly PrefillChunk[]
}

export interface TokenLogprob {
  readonly token: number
  /** Natural log of the probability under softmax of the raw logits. */
  readonly logprob: number
}

export interface SampledToken extends TokenLogprob {
  /** Most likely first, as many as the slot's topLogprobs; empty when those are not asked. */
  readonly top: readonly TokenLogprob[]
  /** 1 + how many tokens have a greater logit; for scored targets, by runners that count. */
  readonly rank?: number
}

/** One entry a decode row in order, then for each prefill chunk its scored targets in order and its draw. */
export type StepResult = readonly SampledToken[]

export interface ModelRunner {
  readonly vocabSize: number
  /** Most positions a sequence may have. */
  readonly contextLength: number
  /** Tokens a block of the KV cache holds. */
  readonly blockSize: number
  readonly blockCount: number
  /** Sequences that may have a slot at once; slots are 0 … maxSequences − 1. */
  readonly maxSequences: number
  /** Rows (decode rows and prefill tokens) a step may have. */
  readonly maxBatchTokens: number
  /** Draws and scored targets a step may have. */
  readonly maxOutputs: number

  /**
   * Gives a slot to a sequence: how to sample, what was said so far (for penalties), and the id that a first decode row
   * reads, if any (a sequence resumed after preemption or forked). Takes effect for steps submitted later.
   */
  openSlot(slot: number, params: SamplingParams, prompt: ArrayLike<number>, completion: ArrayLike<number>): void
  /**
   * Holds the draws of a slot just opened to an automaton, which the runner walks along with the tokens drawn, from `place`
   * on. False: it can't take this one; each of the slot's rows that draw must bring its mask. Runners without: never.
   */
  constrainSlot?(slot: number, automaton: Automaton, place: AutomatonPlace): boolean
  /** Entries of the slot's block table from `first` on. Takes effect for steps submitted later. */
  setBlocks(slot: number, first: number, blocks: ArrayLike<number>): void
  /** Copies whole blocks' keys and values (copy-on-write), before steps submitted later. */
  copyBlocks(pairs: readonly { readonly from: number; readonly to: number }[]): void
  /**
   * Runs one step after all those submitted before; may be called while those are running. Resolves when the sampled
   * tokens are known. @throws when the device is lost.
   */
  submit(batch: Batch): Promise<StepResult>
  /** What the steps submitted so far pooled in these slots, [hiddenSize] each. Runners without pool nothing. */
  readPooled?(slots: readonly number[]): Promise<readonly Float32Array[]>
  /** Frees everything. Steps in flight reject. */
  close(): void
}
