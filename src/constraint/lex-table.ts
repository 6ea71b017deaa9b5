// The byte table under every constraint: row by lexical state, column by byte. An entry is the next lexical state, 0 (no way),
// or `event` (the token ends here: ask the engine above). Rows are filled as they are read. Knows nothing of what states mean.

import { BudgetExceeded } from './errors.ts'

export const noWay = 0
export const event = -1
const unknown = -2
const chunk = 16

/** Whoever made a lexical state can say where a byte leads. */
export interface LexOwner {
  next(local: number, byte: number): number
}

export class LexTable {
  /** Set once compilation is over; until then an exceeded budget is the caller's to report. */
  lenient = false
  /** Counts resets: lexical states of an earlier generation mean nothing. */
  generation = 0
  private rows: Int32Array[] = [new Int32Array(256)]
  /** Rows lie together: many small arrays are dear. */
  private fresh = new Int32Array(0)
  private owners: (LexOwner | null)[] = [null]
  private locals: number[] = [0]

  add(owner: LexOwner, local: number): number {
    const at = (this.rows.length - 1) % chunk
    if (at === 0) this.fresh = new Int32Array(256 * chunk).fill(unknown)
    this.rows.push(this.fresh.subarray(256 * at, 256 * (at + 1)))
    this.owners.push(owner)
    this.locals.push(local)
    return this.rows.length - 1
  }

  reset(): void {
    this.rows = [new Int32Array(256)]
    this.owners = [null]
    this.locals = [0]
    this.generation++
  }

  next(lex: number, byte: number): number {
    const row = this.rows[lex]!
    let to = row[byte]!
    if (to === unknown) {
      try {
        to = this.owners[lex]!.next(this.locals[lex]!, byte)
      } catch (error) {
        // After compilation, a question too hard to answer counts as no: never an invalid text.
        if (!this.lenient || !(error instanceof BudgetExceeded || error instanceof RangeError)) throw error
        to = noWay
      }
      row[byte] = to
    }
    return to
  }

  owner(lex: number): LexOwner {
    return this.owners[lex]!
  }

  local(lex: number): number {
    return this.locals[lex]!
  }

  get size(): number {
    return this.rows.length
  }
}
