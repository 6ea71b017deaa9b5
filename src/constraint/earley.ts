// Any context-free grammar, by Earley's method over code points. A set of items points at the sets its items began in, and equal
// sets are one object, so loops in a text come back to known sets. Unproductive rules are dropped: every set can be completed.
// Knows nothing of bytes or tokens.

import { type Partition, partitionBySets } from './code-points.ts'
import { type Budget, ConstraintError } from './errors.ts'
import type { Grammar, Production } from './grammar-syntax.ts'

/** Right sides: a symbol >= 0 is a nonterminal, below 0 the terminal ~symbol. */
type Rule = { readonly left: number; readonly right: readonly number[] }
type Item = { readonly rule: number; readonly dot: number; readonly from: EarleySet | null }

export class EarleySet {
  readonly id: number
  readonly items: readonly Item[]
  readonly accepting: boolean
  /** Items that wait for a nonterminal, by nonterminal. */
  readonly waiting: ReadonlyMap<number, readonly Item[]>
  readonly next = new Map<number, EarleySet | null>()

  constructor(id: number, items: readonly Item[], accepting: boolean, waiting: ReadonlyMap<number, readonly Item[]>) {
    this.id = id
    this.items = items
    this.accepting = accepting
    this.waiting = waiting
  }
}

const maxRules = 100_000
const maxKnown = 50_000

export class Earley {
  readonly partition: Partition
  readonly start: EarleySet | null
  private readonly rules: Rule[] = []
  private readonly byLeft: number[][] = []
  private readonly nullable: Uint8Array
  private readonly member: Uint8Array[]
  private readonly budget: Budget
  private known = new Map<string, EarleySet>()
  private count = 0

  constructor(grammar: Grammar, budget: Budget) {
    this.budget = budget
    const sets: (readonly number[])[] = []
    const setIds = new Map<string, number>()
    const names = new Map<string, number>()
    let symbols = 0
    const fresh = (): number => symbols++
    for (const name of grammar.rules.keys()) names.set(name, fresh())
    const add = (left: number, right: readonly number[]): void => {
      if (this.rules.length >= maxRules)
        throw new ConstraintError('invalid_grammar', `Cannot use grammar: more than ${maxRules} rules`)
      budget.spend()
      this.rules.push({ left, right })
    }
    const terminal = (set: readonly number[]): number => {
      const key = set.join()
      let id = setIds.get(key)
      if (id === undefined) {
        id = sets.length
        setIds.set(key, id)
        sets.push(set)
      }
      return ~id
    }
    const symbol = (x: Production): number => {
      if (x.k === 'rule') return names.get(x.name)!
      if (x.k === 'set') return terminal(x.set)
      const left = fresh()
      define(left, x)
      return left
    }
    const define = (left: number, x: Production): void => {
      switch (x.k) {
        case 'alt':
          for (const y of x.xs) define(left, y)
          break
        case 'cat':
          add(left, x.xs.map(symbol))
          break
        case 'rep': {
          const y = symbol(x.x)
          const least = Array.from({ length: x.min }, () => y)
          if (x.max === Infinity) {
            // Left recursion keeps the sets of a long run equal.
            const loop = fresh()
            add(loop, [])
            add(loop, [loop, y])
            add(left, [...least, loop])
          } else {
            // Optional parts as a left-branching chain: opt(n) is empty, or opt(n - 1) and one more.
            let opt = fresh()
            add(opt, [])
            for (let i = x.min; i < x.max; i++) {
              const more = fresh()
              add(more, [])
              add(more, [opt, y])
              opt = more
            }
            add(left, [...least, opt])
          }
          break
        }
        default:
          add(left, [symbol(x)])
      }
    }
    for (const [name, x] of grammar.rules) define(names.get(name)!, x)
    const begin = fresh()
    add(begin, [names.get(grammar.start)!])
    const parted = partitionBySets(sets)
    this.partition = parted.partition
    this.member = parted.member
    const productive = this.fixpoint(symbols, (t) => sets[~t]!.length > 0)
    this.nullable = this.fixpoint(symbols, () => false)
    this.byLeft = Array.from({ length: symbols }, () => [])
    this.rules.forEach((r, i) => {
      if (r.right.every((s) => (s < 0 ? sets[~s]!.length > 0 : productive[s] === 1))) this.byLeft[r.left]!.push(i)
    })
    this.begin = begin
    this.start =
      productive[begin] === 1 ? this.close(this.byLeft[begin]!.map((rule) => ({ rule, dot: 0, from: null }))) : null
  }

  private readonly begin: number

  private fixpoint(symbols: number, terminal: (t: number) => boolean): Uint8Array {
    const out = new Uint8Array(symbols)
    for (let changed = true; changed; ) {
      changed = false
      for (const r of this.rules) {
        if (out[r.left] === 1 || !r.right.every((s) => (s < 0 ? terminal(s) : out[s] === 1))) continue
        out[r.left] = 1
        changed = true
      }
    }
    return out
  }

  /** The set of a kernel: predictions and completions added. */
  private close(kernel: readonly Item[]): EarleySet {
    const key = kernel
      .map((i) => `${i.rule}.${i.dot}.${i.from?.id ?? ''}`)
      .sort()
      .join()
    const old = this.known.get(key)
    if (old) return old
    const items: Item[] = []
    const seen = new Set<string>()
    const waiting = new Map<number, Item[]>()
    let accepting = false
    const push = (i: Item): void => {
      const k = `${i.rule}.${i.dot}.${i.from?.id ?? ''}`
      if (seen.has(k)) return
      seen.add(k)
      items.push(i)
    }
    for (const i of kernel) push(i)
    for (let n = 0; n < items.length; n++) {
      this.budget.spend()
      const item = items[n]!
      const rule = this.rules[item.rule]!
      const symbol = rule.right[item.dot]
      if (symbol === undefined) {
        if (rule.left === this.begin) accepting = true
        // Empty completions are taken care of where the symbol is predicted.
        if (item.from)
          for (const w of item.from.waiting.get(rule.left) ?? [])
            push({ ...w, dot: w.dot + 1, from: w.from ?? item.from })
      } else if (symbol >= 0) {
        const list = waiting.get(symbol)
        if (list) list.push(item)
        else waiting.set(symbol, [item])
        for (const r of this.byLeft[symbol]!) push({ rule: r, dot: 0, from: null })
        if (this.nullable[symbol] === 1) push({ ...item, dot: item.dot + 1 })
      }
    }
    const set = new EarleySet(this.count++, items, accepting, waiting)
    if (this.known.size > maxKnown) this.known = new Map()
    this.known.set(key, set)
    return set
  }

  step(set: EarleySet, cls: number): EarleySet | null {
    let to = set.next.get(cls)
    if (to === undefined) {
      const kernel: Item[] = []
      for (const i of set.items) {
        const symbol = this.rules[i.rule]!.right[i.dot]
        if (symbol !== undefined && symbol < 0 && this.member[~symbol]![cls] === 1) {
          kernel.push({ rule: i.rule, dot: i.dot + 1, from: i.from ?? set })
        }
      }
      to = kernel.length > 0 ? this.close(kernel) : null
      set.next.set(cls, to)
    }
    return to
  }
}
