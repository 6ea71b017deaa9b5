// Places between JSON tokens, as the packers of values and of objects exchange them. Knows neither.

import type { JsonKit } from './json-kit.ts'
import type { Plan } from './plan.ts'
import type { DraftState, TableDraft } from './tables.ts'

/** Slots of a symbol's outcomes: the three literals, then everything else by its meaning. */
export const slot = (meaning: number): number => 3 + meaning

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
  /** The state at a spot, within the white space before the next byte; without `lex` before any of it. */
  at(spot: Spot, outside?: boolean, lex?: number): number
  /** Where a value is expected; `after` gives the state after each outcome. */
  valueSpot(key: string, plan: Plan, after: (outcome: number) => number): Spot
}
