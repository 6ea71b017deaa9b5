// A step as scheduled: what the runner is given, and whom its results are for.

import type { StepTiming } from './depth-control.ts'
import type { Batch, DecodeRow, PrefillChunk, StepResult } from './model-runner.ts'
import type { Sequence } from './sequence.ts'

/** Where an entry of the step's result goes. */
export interface Output {
  readonly sequence: Sequence
  readonly kind: 'draw' | 'score'
}

/** A step, and what its result means. */
export interface Plan extends Batch {
  readonly decode: DecodeRow[]
  readonly prefill: PrefillChunk[]
  readonly outputs: Output[]
  /** Those whose hidden states are all pooled with this step. */
  readonly pooled: Sequence[]
}

/** A step that was submitted. */
export interface StepInFlight extends StepTiming {
  readonly plan: Plan
  readonly result: Promise<StepResult>
  /** What plan.pooled comes to. */
  readonly pooled: Promise<readonly Float32Array[]> | undefined
}
