// The one error this room throws, and the budget that keeps compilation bounded. Knows nothing of HTTP: the caller turns
// `code` and `pointer` into whatever its protocol wants.

export type ConstraintErrorCode = 'invalid_json_schema' | 'invalid_regex' | 'invalid_grammar'

export class ConstraintError extends Error {
  readonly code: ConstraintErrorCode
  /** JSON pointer into the schema, or a character position in a regex or grammar. */
  readonly pointer: string | undefined
  readonly position: number | undefined

  constructor(code: ConstraintErrorCode, message: string, where: { pointer?: string; position?: number } = {}) {
    super(message)
    this.name = 'ConstraintError'
    this.code = code
    this.pointer = where.pointer
    this.position = where.position
  }
}

export function refuseSchema(why: string, pointer: string, received: unknown): never {
  const text = String(received).slice(0, 120)
  throw new ConstraintError('invalid_json_schema', `Cannot use schema: ${why}, received ${text}`, { pointer })
}

/** Thrown inside the room when work exceeds the budget; compile turns it into a ConstraintError. */
export class BudgetExceeded extends Error {
  constructor(what: string) {
    super(`Cannot compile constraint: it needs too much ${what}`)
    this.name = 'BudgetExceeded'
  }
}

/** Counts work and looks at the clock now and then. One per compile, renewed for every later question. */
export class Budget {
  private left = 0
  private deadline = 0
  private tick = 0

  readonly steps: number
  readonly millis: number

  constructor(steps = 4_000_000, millis = 2000) {
    this.steps = steps
    this.millis = millis
    this.renew()
  }

  renew(millis = this.millis): void {
    this.left = this.steps
    this.deadline = performance.now() + millis
    this.tick = 0
  }

  spend(n = 1): void {
    this.left -= n
    if (this.left < 0) throw new BudgetExceeded('work')
    this.tick += n
    if (this.tick > 64) {
      this.tick = 0
      if (performance.now() > this.deadline) throw new BudgetExceeded('time')
    }
  }
}
