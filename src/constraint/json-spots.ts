// Places between JSON tokens, as the packers of values and of objects exchange them. Knows neither.

import type { JsonKit } from './json-kit.ts'
import type { Plan } from './plan.ts'
import type { DraftState, TableDraft } from './table-draft.ts'
import type { TextPacker } from './text-packer.ts'

/** Slots of a symbol's outcomes: the three literals, white space, then everything else by its meaning. */
export const slot = (meaning: number): number => 4 + meaning
/** The slot of white space that is over. */
export const spaceSlot = 3

/** A place between tokens: what a byte that is no white space does there. */
export type Spot = {
  readonly key: string
  step(byte: number, s: DraftState): number
  prepare?(s: DraftState, ends: boolean): void
}

/** What packs values, to those who pack what lies around them. */
export interface Places {
  readonly kit: JsonKit
  readonly draft: TableDraft
  readonly texts: TextPacker
  /** The state at a spot, before any white space. */
  at(spot: Spot): number
  /** Makes a state one at that spot. */
  fill(s: DraftState, spot: Spot): void
  /** Where a value is expected; `after` gives the state after each outcome. */
  valueSpot(key: string, plan: Plan, after: (outcome: number) => number): Spot
}
