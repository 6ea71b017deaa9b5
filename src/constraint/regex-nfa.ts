// Nondeterministic automaton of a regex tree: character edges on code-point sets, empty edges that may carry a condition
// (start, end, word boundary, lookaround). Knows nothing of JSON or tokens.

import { type CodePointSet, everything } from './code-points.ts'
import { type Budget, ConstraintError } from './errors.ts'
import type { Regex } from './regex-syntax.ts'

export type Condition =
  | { readonly k: 'start' | 'end' | 'word' | 'not-word' }
  | { readonly k: 'look'; readonly index: number; readonly ahead: boolean; readonly negate: boolean }

export type Nfa = {
  readonly start: number
  /** Once here, the match holds whatever follows: the state loops on everything. */
  readonly sink: number
  readonly empty: { to: number; when: Condition | null }[][]
  readonly chars: { set: number; to: number }[][]
  readonly sets: CodePointSet[]
  readonly looks: { ahead: boolean; x: Regex }[]
  readonly usesWord: boolean
  /** Fewest characters from a state to the sink, conditions aside. */
  readonly distance: Int32Array
}

const maxStates = 60_000

/** `search`: the match may begin anywhere (JSON Schema's pattern). It must end at the end unless `sticky`. */
export function buildNfa(regex: Regex, options: { search: boolean; sticky: boolean }, budget: Budget): Nfa {
  const empty: { to: number; when: Condition | null }[][] = []
  const chars: { set: number; to: number }[][] = []
  const sets: CodePointSet[] = []
  const setIds = new Map<string, number>()
  const looks: { ahead: boolean; x: Regex }[] = []
  let usesWord = false

  const add = (): number => {
    if (empty.length >= maxStates)
      throw new ConstraintError('invalid_regex', `Cannot use regex: more than ${maxStates} states`)
    budget.spend()
    empty.push([])
    chars.push([])
    return empty.length - 1
  }
  const eps = (from: number, to: number, when: Condition | null = null): void => void empty[from]?.push({ to, when })
  const setId = (set: CodePointSet): number => {
    const key = set.join()
    let id = setIds.get(key)
    if (id === undefined) {
      id = sets.length
      setIds.set(key, id)
      sets.push(set)
    }
    return id
  }
  /** Builds x so that it leads from `from` to the returned state. */
  const build = (x: Regex, from: number): number => {
    switch (x.k) {
      case 'set': {
        const to = add()
        if (x.set.length > 0) chars[from]?.push({ set: setId(x.set), to })
        return to
      }
      case 'cat': {
        for (const y of x.xs) from = build(y, from)
        return from
      }
      case 'alt': {
        const to = add()
        const single: number[] = []
        for (const y of x.xs) {
          const begin = add()
          eps(from, begin)
          eps(build(y, begin), to)
          single.push(begin)
        }
        return to
      }
      case 'rep': {
        for (let i = 0; i < x.min; i++) {
          const before = empty.length
          from = build(x.x, from)
          if (empty.length === before) break
        }
        if (x.max === Infinity) {
          const loop = add()
          const out = add()
          eps(from, loop)
          eps(build(x.x, loop), loop)
          eps(loop, out)
          return out
        }
        const out = add()
        for (let i = x.min; i < x.max; i++) {
          eps(from, out)
          const begin = add()
          eps(from, begin)
          from = build(x.x, begin)
        }
        eps(from, out)
        return out
      }
      case 'assert': {
        if (x.what === 'word' || x.what === 'not-word') usesWord = true
        const to = add()
        eps(from, to, { k: x.what })
        return to
      }
      case 'look': {
        const to = add()
        eps(from, to, { k: 'look', index: looks.length, ahead: x.ahead, negate: x.negate })
        looks.push({ ahead: x.ahead, x: x.x })
        return to
      }
    }
  }
  const start = add()
  if (options.search) chars[start]?.push({ set: setId(everything), to: start })
  const body = add()
  eps(start, body)
  const end = build(regex, body)
  const sink = add()
  eps(end, sink, options.sticky ? null : { k: 'end' })
  if (options.sticky) chars[sink]?.push({ set: setId(everything), to: sink })
  return { start, sink, empty, chars, sets, looks, usesWord, distance: distances(empty, chars, sink) }
}

function distances(empty: Nfa['empty'], chars: Nfa['chars'], sink: number): Int32Array {
  const n = empty.length
  const back: { to: number; cost: number }[][] = Array.from({ length: n }, () => [])
  for (let s = 0; s < n; s++) {
    for (const e of empty[s] ?? []) back[e.to]?.push({ to: s, cost: 0 })
    for (const e of chars[s] ?? []) back[e.to]?.push({ to: s, cost: 1 })
  }
  const out = new Int32Array(n).fill(1 << 28)
  out[sink] = 0
  let front = [sink]
  while (front.length > 0) {
    const next: number[] = []
    for (let i = 0; i < front.length; i++) {
      const s = front[i] as number
      const d = out[s] as number
      for (const e of back[s] ?? []) {
        if (d + e.cost >= (out[e.to] as number)) continue
        out[e.to] = d + e.cost
        ;(e.cost === 0 ? front : next).push(e.to)
      }
    }
    front = next
  }
  return out
}
