// A regex as a language: its NFA determinised state by state as it is asked. A state is a set of threads; a thread is an NFA
// state and the lookaheads it still owes. Lookbehinds run beside from the start. Knows nothing of JSON or tokens.

import { mergePartitions, type Partition, partitionBySets } from './code-points.ts'
import { type Budget, BudgetExceeded } from './errors.ts'
import { dead, type Language } from './language.ts'
import { buildNfa, type Condition, type Nfa } from './regex-nfa.ts'
import { type Regex, wordSet } from './regex-syntax.ts'

const maxStates = 200_000

type State = {
  readonly threads: Int32Array
  readonly before: number
  readonly behind: readonly number[]
  readonly sure: boolean
}
const atStart = 0
const afterOther = 1
const afterWord = 2
const atEnd = 3

export class RegexLanguage implements Language {
  readonly partition: Partition
  readonly start: number
  private readonly nfa: Nfa
  private readonly looks: RegexLanguage[]
  private readonly ownClass: Int32Array
  private readonly lookClass: Int32Array[]
  private readonly member: Uint8Array[]
  private readonly isWord: Uint8Array
  private readonly states: State[] = []
  private readonly ids = new Map<string, number>()
  private rows: Int32Array[] = []
  private readonly accepting: (boolean | undefined)[] = []
  // Sets of owed lookaheads: each a list of [look, polarity, state].
  private readonly debts: { look: number; negate: boolean; state: number }[][] = [[]]
  private readonly debtIds = new Map<string, number>([['', 0]])

  readonly id: number
  private readonly budget: Budget

  constructor(
    id: number,
    regex: Regex,
    options: { search: boolean; sticky: boolean },
    budget: Budget,
    before = atStart,
  ) {
    this.id = id
    this.budget = budget
    this.nfa = buildNfa(regex, options, budget)
    this.looks = this.nfa.looks.map(
      (l, i) =>
        new RegexLanguage(i, l.x, l.ahead ? { search: false, sticky: true } : { search: true, sticky: false }, budget),
    )
    const own = partitionBySets([...this.nfa.sets, wordSet])
    const merged = mergePartitions([own.partition, ...this.looks.map((l) => l.partition)])
    this.partition = merged.partition
    this.ownClass = Int32Array.from(merged.parts, (p) => p[0] as number)
    this.lookClass = this.looks.map((_, i) => Int32Array.from(merged.parts, (p) => p[i + 1] as number))
    this.member = own.member
    this.isWord = own.member[own.member.length - 1] as Uint8Array
    this.start = this.begin(before)
  }

  private begin(before: number): number {
    const behind = this.looks.map((l, i) => (this.nfa.looks[i]?.ahead ? 0 : l.start))
    return this.intern(new Set([this.nfa.start]), before, behind)
  }

  private starts: (number | undefined)[] = []
  private startAfter(before: number): number {
    this.starts[before] ??= before === atStart ? this.start : this.begin(before)
    return this.starts[before]
  }

  /** Follows empty edges. `after` is the kind of the next character, or undefined when it is not known yet. */
  private closure(
    threads: Iterable<number>,
    before: number,
    behind: readonly number[],
    after: number | undefined,
  ): Set<number> {
    const n = this.nfa.empty.length
    const seen = new Set(threads)
    const stack = [...seen]
    while (stack.length > 0) {
      const t = stack.pop() as number
      const s = t % n
      for (const e of this.nfa.empty[s] as Nfa['empty'][number]) {
        let debt = (t - s) / n
        if (e.when) {
          if (e.when.k === 'look' && e.when.ahead) {
            debt = this.owe(
              debt,
              e.when.index,
              e.when.negate,
              (this.looks[e.when.index] as RegexLanguage).startAfter(before),
            )
            if (debt < 0) continue
          } else if (!this.holds(e.when, before, behind, after)) continue
        }
        const to = debt * n + e.to
        if (!seen.has(to)) {
          seen.add(to)
          stack.push(to)
        }
      }
    }
    return seen
  }

  private holds(when: Condition, before: number, behind: readonly number[], after: number | undefined): boolean {
    switch (when.k) {
      case 'start':
        return before === atStart
      case 'end':
        return after === atEnd
      case 'word':
        return after !== undefined && (before === afterWord) !== (after === afterWord)
      case 'not-word':
        return after !== undefined && (before === afterWord) === (after === afterWord)
      case 'look':
        return (this.looks[when.index] as RegexLanguage).accepts(behind[when.index] as number) !== when.negate
    }
  }

  /** Adds an owed lookahead; -1 when it already failed. */
  private owe(debt: number, look: number, negate: boolean, state: number): number {
    const l = this.looks[look] as RegexLanguage
    const sure = state !== dead && (l.states[state] as State).sure
    if (negate ? sure : state === dead) return -1
    if (negate ? state === dead : sure) return debt
    const list = this.debts[debt] as { look: number; negate: boolean; state: number }[]
    if (list.some((d) => d.look === look && d.negate === negate && d.state === state)) return debt
    const next = [...list, { look, negate, state }]
    next.sort((a, b) => a.look - b.look || a.state - b.state || Number(a.negate) - Number(b.negate))
    const key = next.map((d) => `${d.look},${d.negate ? 1 : 0},${d.state}`).join(';')
    let id = this.debtIds.get(key)
    if (id === undefined) {
      if (this.debts.length > 10_000) throw new BudgetExceeded('work')
      id = this.debts.length
      this.debtIds.set(key, id)
      this.debts.push(next)
    }
    return id
  }

  private intern(from: Iterable<number>, before: number, behind: readonly number[]): number {
    const n = this.nfa.empty.length
    const all = this.closure(from, before, behind, undefined)
    const keep: number[] = []
    let sure = false
    for (const t of all) {
      const s = t % n
      if (t === this.nfa.sink && (this.nfa.chars[s] as unknown[]).length > 0) sure = true
      const useful =
        (this.nfa.chars[s] as unknown[]).length > 0 ||
        s === this.nfa.sink ||
        (this.nfa.empty[s] ?? []).some((e) => e.when !== null)
      if (useful) keep.push(t)
    }
    if (keep.length === 0) return dead
    this.budget.spend(1 + (keep.length >> 3))
    const threads = sure ? Int32Array.of(this.nfa.sink) : Int32Array.from(keep).sort()
    const kind = this.nfa.usesWord || before === atStart ? before : afterOther
    const key = `${kind}|${behind.join()}|${threads.join()}`
    let id = this.ids.get(key)
    if (id === undefined) {
      if (this.states.length >= maxStates) throw new BudgetExceeded('memory')
      id = this.states.length
      this.ids.set(key, id)
      this.states.push({ threads, before: kind, behind, sure })
      this.rows.push(new Int32Array(this.partition.count).fill(-2))
    }
    return id
  }

  step(state: number, cls: number): number {
    const row = this.rows[state] as Int32Array
    const known = row[cls] as number
    if (known !== -2) return known
    const s = this.states[state] as State
    const n = this.nfa.empty.length
    const own = this.ownClass[cls] as number
    const after = this.isWord[own] === 1 ? afterWord : afterOther
    const next = new Set<number>()
    const moved = new Map<number, number>()
    for (const t of this.closure(s.threads, s.before, s.behind, after)) {
      const q = t % n
      const debt = (t - q) / n
      for (const e of this.nfa.chars[q] as Nfa['chars'][number]) {
        if ((this.member[e.set] as Uint8Array)[own] !== 1) continue
        let paid = moved.get(debt)
        if (paid === undefined) {
          paid = 0
          for (const d of this.debts[debt] as { look: number; negate: boolean; state: number }[]) {
            const l = this.looks[d.look] as RegexLanguage
            paid = this.owe(
              paid,
              d.look,
              d.negate,
              l.step(d.state, (this.lookClass[d.look] as Int32Array)[cls] as number),
            )
            if (paid < 0) break
          }
          moved.set(debt, paid)
        }
        if (paid >= 0) next.add(paid * n + e.to)
      }
    }
    const behind = s.behind.map((b, i) =>
      this.nfa.looks[i]?.ahead || b === dead
        ? b
        : (this.looks[i] as RegexLanguage).step(b, (this.lookClass[i] as Int32Array)[cls] as number),
    )
    const to = next.size === 0 ? dead : this.intern(next, after, behind)
    row[cls] = to
    return to
  }

  accepts(state: number): boolean {
    if (state === dead) return false
    const known = this.accepting[state]
    if (known !== undefined) return known
    const s = this.states[state] as State
    const n = this.nfa.empty.length
    let ok = false
    for (const t of this.closure(s.threads, s.before, s.behind, atEnd)) {
      if (t % n !== this.nfa.sink) continue
      const debts = this.debts[(t - (t % n)) / n] as { look: number; negate: boolean; state: number }[]
      if (debts.every((d) => (this.looks[d.look] as RegexLanguage).accepts(d.state) !== d.negate)) ok = true
    }
    this.accepting[state] = ok
    return ok
  }

  distance(state: number): number {
    if (state === dead) return 1 << 28
    const n = this.nfa.empty.length
    let best = 1 << 28
    for (const t of (this.states[state] as State).threads) best = Math.min(best, this.nfa.distance[t % n] as number)
    return best
  }
}
