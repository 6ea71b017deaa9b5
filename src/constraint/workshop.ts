// What one compile shares: the expressions, the byte table, the budget, and machines for strings and numbers built from
// expressions. One workshop per constraint, so nothing is global. Knows nothing of containers.

import { Budget } from './errors.ts'
import type { Expr } from './expression.ts'
import { ExpressionStore } from './expression-store.ts'
import { dead, type Language, StringSetLanguage } from './language.ts'
import { LexTable } from './lex-table.ts'
import { NumberMachine } from './number-machine.ts'
import { StringMachine } from './string-machine.ts'

/** Evaluates an expression whose atoms may be undecided. */
export function evaluate(x: Expr, value: (atom: Expr) => boolean | undefined): boolean | undefined {
  // Parts are shared: a large expression is walked once per part, a small one just so.
  return visit(x, value, x.weight > 60 ? new Map() : null)
}

type Memo = Map<Expr, boolean | undefined> | null

function visit(x: Expr, value: (atom: Expr) => boolean | undefined, memo: Memo): boolean | undefined {
  if (x.k === 'atom') return value(x)
  if (x.k === 'true') return true
  if (x.k === 'false') return false
  if (memo?.has(x)) return memo.get(x)
  const v = composite(x, value, memo)
  memo?.set(x, v)
  return v
}

function composite(x: Expr, value: (atom: Expr) => boolean | undefined, memo: Memo): boolean | undefined {
  switch (x.k) {
    case 'not': {
      const v = visit(x.xs[0]!, value, memo)
      return v === undefined ? undefined : !v
    }
    case 'and':
    case 'or': {
      const zero = x.k === 'or'
      let open = false
      for (const y of x.xs) {
        const v = visit(y, value, memo)
        if (v === zero) return zero
        if (v === undefined) open = true
      }
      return open ? undefined : !zero
    }
    case 'one': {
      let sure = 0
      let open = 0
      for (const y of x.xs) {
        const v = visit(y, value, memo)
        if (v === true) sure++
        else if (v === undefined) open++
      }
      if (sure > 1) return false
      return open > 0 ? undefined : sure === 1
    }
    default:
      throw new Error('Cannot evaluate: the type is not known yet, received a reference')
  }
}

/** Which results several expressions may have together: rows of one truth value per expression. */
export type Outcomes = readonly (readonly boolean[])[]

/** The place of a row among the allowed, -1 when there is none, undefined while several or undecided. */
export function outcomeIndex(row: readonly (boolean | undefined)[], allowed: Outcomes): number | undefined {
  let found = -1
  let open = false
  for (let i = 0; i < allowed.length; i++) {
    const want = allowed[i]!
    let fits = true
    let exact = true
    for (let k = 0; k < row.length; k++) {
      const v = row[k]
      if (v === undefined) exact = false
      else if (v !== want[k]) {
        fits = false
        break
      }
    }
    if (!fits) continue
    if (exact) return i
    open = true
    found = i
  }
  return open ? undefined : found
}

/** Whether every allowed outcome needs that atom to hold. */
function mustHold(roots: readonly Expr[], allowed: Outcomes, atom: Expr): boolean {
  return roots.some((r, i) => allowed.every((row) => row[i]) && (r === atom || (r.k === 'and' && r.xs.includes(atom))))
}

export class Workshop {
  readonly store = new ExpressionStore()
  readonly table = new LexTable()
  readonly budget: Budget
  /** Whether strings are spelled with \\u only where there is no other way. */
  readonly plainEscapes: boolean
  readonly plainNumbers: boolean
  private languages = 0
  private readonly setLanguages = new Map<Expr, Language>()

  constructor(budget = new Budget(), plainEscapes = false, plainNumbers = false) {
    this.budget = budget
    this.plainEscapes = plainEscapes
    this.plainNumbers = plainNumbers
  }

  languageId(): number {
    return this.languages++
  }

  languageOf(atom: Expr): Language {
    const a = atom.atom!
    if (a.k === 'language') return a.language
    if (a.k !== 'strings') throw new Error(`Cannot read strings: not a string atom, received ${a.k}`)
    let l = this.setLanguages.get(atom)
    if (!l) {
      l = new StringSetLanguage(this.languageId(), [...a.values])
      this.setLanguages.set(atom, l)
    }
    return l
  }

  /** A machine whose result is what the row of the outcome means. The roots hold string atoms only. */
  strings(roots: readonly Expr[], allowed: Outcomes, results: readonly number[]): StringMachine {
    const atoms = new Set<Expr>()
    for (const r of roots) this.store.atoms(r, atoms)
    const list = [...atoms]
    const place = new Map(list.map((a, i) => [a, i]))
    const languages = list.map((a) => this.languageOf(a))
    // The wider readings of narrow formats run beside, after the languages themselves.
    const wideAt = new Map<Expr, number>()
    for (const a of list) {
      if (a.atom!.k !== 'language' || !a.atom!.wide || mustHold(roots, allowed, a)) continue
      wideAt.set(a, languages.length)
      languages.push(a.atom!.wide)
    }
    return new StringMachine(
      languages,
      languages.map((_, i) => i < list.length && mustHold(roots, allowed, list[i]!)),
      (states) => {
        const accepts = (i: number): boolean => states[i] !== dead && languages[i]!.accepts(states[i]!)
        const value = (a: Expr): boolean | undefined => {
          if (accepts(place.get(a)!)) return true
          const wide = wideAt.get(a)
          return wide !== undefined && accepts(wide) ? undefined : false
        }
        const i = outcomeIndex(
          roots.map((r) => evaluate(r, value)),
          allowed,
        )
        return i === undefined || i < 0 ? -1 : results[i]!
      },
      this.budget,
    )
  }

  numbers(roots: readonly Expr[], allowed: Outcomes, results: readonly number[]): NumberMachine {
    const atoms = new Set<Expr>()
    for (const r of roots) this.store.atoms(r, atoms)
    // Inclusive bounds and what must hold stay true when a reader rounds to doubles; anything else may tip over.
    const tops = roots.flatMap((r, i) => (allowed.every((row) => row[i]) ? (r.k === 'and' ? r.xs : [r]) : []))
    const safe = (a: Expr): boolean => {
      if (a.atom!.k !== 'less') return tops.includes(a)
      return a.atom!.orEqual ? tops.includes(a) : tops.some((y) => y.k === 'not' && y.xs[0] === a)
    }
    const unsafe = [...atoms].filter((a) => !safe(a))
    // Whether a double is an integer or a multiple is the more delicate question.
    const care = unsafe.length === 0 ? 0 : unsafe.every((a) => a.atom!.k === 'less') ? 1 : 2
    return new NumberMachine(
      [...atoms],
      (value) => {
        const i = outcomeIndex(
          roots.map((r) => evaluate(r, value)),
          allowed,
        )
        return i === undefined || i < 0 ? i : results[i]!
      },
      care,
      this.plainNumbers,
      this.table,
      this.budget,
    )
  }
}
