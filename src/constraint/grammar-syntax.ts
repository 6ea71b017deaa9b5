// What both grammar readers produce: named rules over code-point sets. Also turns a grammar without recursion into one regex.
// Knows nothing of how grammars are spelled or run.

import type { CodePointSet } from './code-points.ts'
import { ConstraintError } from './errors.ts'
import type { Regex } from './regex-syntax.ts'

export type Production =
  | { readonly k: 'set'; readonly set: CodePointSet }
  | { readonly k: 'cat'; readonly xs: readonly Production[] }
  | { readonly k: 'alt'; readonly xs: readonly Production[] }
  | { readonly k: 'rep'; readonly x: Production; readonly min: number; readonly max: number }
  | { readonly k: 'rule'; readonly name: string; readonly position: number }

export type Grammar = { readonly start: string; readonly rules: ReadonlyMap<string, Production> }

export function fromRegex(x: Regex): Production {
  switch (x.k) {
    case 'set':
      return x
    case 'cat':
    case 'alt':
      return { k: x.k, xs: x.xs.map(fromRegex) }
    case 'rep':
      return { ...x, x: fromRegex(x.x) }
    default:
      throw new ConstraintError(
        'invalid_grammar',
        `Cannot use grammar: assertions in its regexes are not supported, received ${x.k}`,
      )
  }
}

export function checkNames(g: Grammar): void {
  const visit = (x: Production): void => {
    if (x.k === 'rule' && !g.rules.has(x.name)) {
      throw new ConstraintError('invalid_grammar', `Cannot use grammar: an unknown rule, received ${x.name}`, {
        position: x.position,
      })
    }
    if (x.k === 'cat' || x.k === 'alt') x.xs.forEach(visit)
    if (x.k === 'rep') visit(x.x)
  }
  for (const x of g.rules.values()) visit(x)
  if (!g.rules.has(g.start))
    throw new ConstraintError('invalid_grammar', `Cannot use grammar: no rule to start with, received no ${g.start}`)
}

/** The whole grammar as one regex, or null when it is recursive or grows too large. */
export function asRegex(g: Grammar, most = 20_000): Regex | null {
  const open = new Set<string>()
  const done = new Map<string, Regex>()
  const sizes = new Map<Regex, number>()
  const size = (r: Regex): number => sizes.get(r) ?? 1
  const note = (r: Regex, n: number): Regex | null => {
    sizes.set(r, n)
    return n > most ? null : r
  }
  const build = (x: Production): Regex | null => {
    switch (x.k) {
      case 'set':
        return x
      case 'cat':
      case 'alt': {
        const xs: Regex[] = []
        for (const y of x.xs) {
          const r = build(y)
          if (!r) return null
          xs.push(r)
        }
        return note(
          { k: x.k, xs },
          xs.reduce((n, r) => n + size(r), 1),
        )
      }
      case 'rep': {
        const r = build(x.x)
        return r && note({ ...x, x: r }, size(r) * Math.max(1, x.min, x.max === Infinity ? 1 : x.max) + 1)
      }
      case 'rule': {
        const known = done.get(x.name)
        if (known) return known
        if (open.has(x.name)) return null
        open.add(x.name)
        const r = build(g.rules.get(x.name)!)
        open.delete(x.name)
        if (r) done.set(x.name, r)
        return r
      }
    }
  }
  return build({ k: 'rule', name: g.start, position: 0 })
}
