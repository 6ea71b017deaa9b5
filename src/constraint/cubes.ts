// Searches the ways to make a Boolean expression true: every way found is a set of atoms with truth values, handed to a check
// that knows what atoms mean together. Knows nothing of their meaning itself.

import type { Budget } from './errors.ts'
import type { Expr } from './expression.ts'
import { evaluate } from './workshop.ts'

type Wish = { readonly x: Expr; readonly want: boolean }

/** True as soon as some cube passes the check. */
export function anyCube(root: Expr, budget: Budget, check: (cube: ReadonlyMap<Expr, boolean>) => boolean): boolean {
  const search = (todo: Wish[], later: Wish[], cube: Map<Expr, boolean>): boolean => {
    while (todo.length > 0) {
      const { x, want } = todo.pop()!
      budget.spend(1 + (Math.min(x.weight, 4096) >> 6))
      const known = evaluate(x, (a) => cube.get(a))
      if (known !== undefined) {
        if (known !== want) return false
        continue
      }
      if (x.k === 'atom') cube.set(x, want)
      else if (x.k === 'not') todo.push({ x: x.xs[0]!, want: !want })
      else if ((x.k === 'and' && want) || (x.k === 'or' && !want)) for (const y of x.xs) todo.push({ x: y, want })
      else later.push({ x, want })
    }
    for (;;) {
      const wish = later.pop()
      if (!wish) return check(cube)
      budget.spend(1 + (Math.min(wish.x.weight, 4096) >> 6))
      const known = evaluate(wish.x, (a) => cube.get(a))
      if (known === wish.want) continue
      if (known !== undefined) return false
      for (const branch of branches(wish)) {
        if (search([...branch], [...later], new Map(cube))) return true
      }
      return false
    }
  }
  return search([{ x: root, want: true }], [], new Map())
}

function* branches({ x, want }: Wish): Generator<Wish[]> {
  if (x.k === 'one') {
    if (want) {
      for (const y of x.xs) yield x.xs.map((z) => ({ x: z, want: z === y }))
    } else {
      yield x.xs.map((z) => ({ x: z, want: false }))
      for (let i = 0; i < x.xs.length; i++) {
        for (let j = i + 1; j < x.xs.length; j++) {
          yield [
            { x: x.xs[i]!, want: true },
            { x: x.xs[j]!, want: true },
          ]
        }
      }
    }
    return
  }
  // Or wanted true, and wanted false: one of the parts decides. Simple parts first.
  const weight = (y: Expr): number => (y.k === 'atom' ? (y.atom!.k === 'required' ? 0 : 1) : 2)
  for (const y of [...x.xs].sort((a, b) => weight(a) - weight(b))) yield [{ x: y, want }]
}
