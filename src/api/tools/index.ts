// What requests with tools need and others do not: loaded with the first of them.

import { findDialect } from '../dialects/find.ts'
import type { AskedConstraint } from '../fields/constraint.ts'
import { CallReader } from './call-reader.ts'
import { heldCalls, type Thinking } from './form.ts'
import type { ToolPlan } from './plan.ts'

export { renderWithTools } from './prompt.ts'

/** The calls of one request, in a model's dialect. */
export interface Calls {
  /** What the reply is held to, beside what it is held to without them. */
  held(asked: AskedConstraint | undefined, thinking: Thinking | undefined): AskedConstraint
  /** For one reply. */
  newReader(): CallReader
}

/** @param template tells the dialect */
export function callsOf(plan: ToolPlan, template: string): Calls {
  const dialect = findDialect(template)
  const names = new Set(plan.callable.map(({ name }) => name))
  return {
    held: (asked, thinking) => heldCalls(plan, dialect, asked, thinking),
    newReader: () => new CallReader({ dialect, names, parallel: plan.parallel }),
  }
}
