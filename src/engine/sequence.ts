// A request's choices and how far each has got: plain state that the scheduler and the engine share. Decides nothing.

import { BeamSearch, beamSampling } from './beam-search.ts'
import type { BlockTable } from './block-manager.ts'
import type { ConstraintProgress } from './constraint-progress.ts'
import type { GenerateRequest } from './generation.ts'
import type { SamplingParams } from './sampling-params.ts'
import { deriveSeed } from './seed.ts'

/**
 * One choice, or a place for one beam after the other. Its prompt is computed by prefill chunks, its completion by decode
 * rows; a preempted one starts over with both known. Each token of a beam is a prefill chunk: the search chose it.
 */
export class Sequence {
  readonly group: SequenceGroup
  readonly choice: number
  /** Order of arrival over all requests; the smaller goes first. */
  readonly order: number
  readonly sampling: SamplingParams
  /** Prompt, and the completion as far as its tokens came back. */
  readonly tokens: number[]
  /** Slot and blocks, while running. */
  place: { readonly slot: number; readonly table: BlockTable } | undefined
  /** Positions whose keys and values the steps scheduled so far compute. */
  scheduled = 0
  /** The same before the step that is being scheduled: what its rows may read and others may share. */
  written = 0
  /** Tokens known when the sequence was placed: prefill ends there, and decode rows begin. */
  prefillEnd = 0
  /** Completion tokens whose draw is scheduled; at most `maxTokens`. */
  draws = 0
  /** Results that have not come back. */
  inFlight = 0
  /** Of those, how many are dropped when they come: the sequence starts over without them. */
  stale = 0
  /** What still comes back is dropped. */
  ended = false
  /** Where its known tokens stand in the request's constraint. */
  held: ConstraintProgress | undefined

  constructor(group: SequenceGroup, choice: number, order: number) {
    const { prompt, sampling, beams } = group.request
    this.group = group
    this.choice = choice
    this.order = order
    this.sampling = beams ? beamSampling(sampling, beams) : { ...sampling, seed: deriveSeed(sampling.seed, choice) }
    this.tokens = Array.from(prompt)
  }

  /** Completion tokens known. */
  get length(): number {
    return this.tokens.length - this.group.request.prompt.length
  }

  get prefilling(): boolean {
    return this.scheduled < this.prefillEnd
  }

  /** Every draw is on its way: the sequence ends within the steps in flight. */
  get finishing(): boolean {
    const { group, place, prefilling, draws } = this
    return !group.search && place !== undefined && !prefilling && draws === group.request.maxTokens
  }

  /** Its next draw needs a mask of the tokens before it, which are not all known. */
  get unmasked(): boolean {
    return this.held !== undefined && !this.held.walked && this.inFlight > 0
  }

  /** A beam that has nothing to do until those beside it got as far. */
  get idle(): boolean {
    return this.group.search !== undefined && !this.prefilling && this.inFlight === 0
  }
}

/** A request: choices of one prompt. The first to run computes the prompt, the others share its blocks. */
export class SequenceGroup {
  readonly request: GenerateRequest
  readonly sequences: readonly Sequence[]
  readonly stopTokenIds: ReadonlySet<number>
  /** Where beams are asked; the sequences are as many as it has beams at most, and begin with the first alone. */
  readonly search: BeamSearch | undefined
  /** Prompt scores that came back. */
  scored = 0
  /** The prompt's keys and values were computed once, so its blocks can be shared or found. */
  promptWritten = false
  /** Prompt tokens that the first choice found in the prefix cache; undefined until it was placed. */
  cachedTokens: number | undefined

  constructor(request: GenerateRequest, firstOrder: number) {
    this.request = request
    this.stopTokenIds = new Set(request.sampling.stopTokenIds)
    const searches = request.beams && request.maxTokens > 0
    this.search = searches ? new BeamSearch(request) : undefined
    const count = this.search && request.beams ? request.beams.width : request.n
    this.sequences = Array.from({ length: count }, (_, choice) => new Sequence(this, choice, firstOrder + choice))
  }

  /** Positions that must be computed before anything is drawn: the last one matters only to a draw or where states are pooled. */
  get promptPositions(): number {
    const { prompt, maxTokens, pool } = this.request
    return maxTokens === 0 && !pool ? prompt.length - 1 : prompt.length
  }
}
