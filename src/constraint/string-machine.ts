// Several languages run side by side over the characters of one string; at its end the languages' answers give a result, a
// small number, or -1 when the string is not allowed. States from which no allowed end can be reached are dead. States are made
// as they are asked for. Knows nothing of bytes, quotes or escapes.

import { mergePartitions, type Partition } from './code-points.ts'
import { type Budget, BudgetExceeded } from './errors.ts'
import { dead, type Language } from './language.ts'

export type ResultOf = (states: Int32Array) => number

const maxStates = 200_000

export class StringMachine {
  readonly partition: Partition
  readonly start: number
  private readonly languages: readonly Language[]
  private readonly steer: readonly boolean[]
  private readonly resultOf: ResultOf
  private readonly budget: Budget
  private readonly parts: Int32Array[]
  private readonly ids = new Map<string, number>()
  private readonly states: Int32Array[] = []
  private readonly rows: Int32Array[] = []
  private readonly results: number[] = []
  // 0 unknown, 1 alive, 2 dead
  private readonly fate: number[] = []

  /** `steer[i]`: the end must be accepted by language i, so its distance is a true lower bound. */
  constructor(languages: readonly Language[], steer: readonly boolean[], resultOf: ResultOf, budget: Budget) {
    this.languages = languages
    this.steer = steer
    this.resultOf = resultOf
    this.budget = budget
    const merged = mergePartitions(languages.map((l) => l.partition))
    this.partition = merged.partition
    this.parts = merged.parts
    const first = this.intern(Int32Array.from(languages, (l) => l.start))
    this.start = this.alive(first) ? first : dead
  }

  private intern(parts: Int32Array): number {
    const key = parts.join()
    let id = this.ids.get(key)
    if (id === undefined) {
      if (this.states.length >= maxStates) throw new BudgetExceeded('memory')
      this.budget.spend()
      id = this.states.length
      this.ids.set(key, id)
      this.states.push(parts)
      this.rows.push(new Int32Array(this.partition.count).fill(-2))
      this.results.push(-2)
      this.fate.push(0)
    }
    return id
  }

  /** The result if the string ended here, or -1. */
  result(state: number): number {
    if (state === dead) return -1
    let r = this.results[state]!
    if (r === -2) {
      r = this.resultOf(this.states[state]!)
      this.results[state] = r
    }
    return r
  }

  /** The state of one of the languages. */
  part(state: number, language: number): number {
    return this.states[state]![language]!
  }

  private move(state: number, cls: number): number {
    const row = this.rows[state]!
    let to = row[cls]!
    if (to === -2) {
      const from = this.states[state]!
      const by = this.parts[cls] ?? from
      const next = new Int32Array(from.length)
      let fatal = false
      for (let i = 0; i < next.length; i++) {
        const s = from[i]!
        next[i] = s === dead ? dead : this.languages[i]!.step(s, by[i]!)
        if (next[i] === dead && this.steer[i]) fatal = true
      }
      to = fatal ? dead : this.intern(next)
      row[cls] = to
    }
    return to
  }

  /** The state after a character of a class, or `dead` if no allowed string goes on that way. */
  step(state: number, cls: number): number {
    const to = this.move(state, cls)
    return to !== dead && this.alive(to) ? to : dead
  }

  private estimate(state: number): number {
    const parts = this.states[state]!
    let most = 0
    for (let i = 0; i < parts.length; i++) {
      if (this.steer[i]) most = Math.max(most, parts[i] === dead ? 1 << 28 : this.languages[i]!.distance(parts[i]!))
    }
    return most
  }

  /** Looks for an allowed end, nearest first. */
  private alive(state: number): boolean {
    if (this.fate[state] !== 0) return this.fate[state] === 1
    const from = new Map<number, number>([[state, -1]])
    const buckets: number[][] = []
    const put = (s: number): void => {
      const d = Math.min(this.estimate(s), 4096)
      buckets[d] ??= []
      buckets[d].push(s)
    }
    put(state)
    let low = 0
    while (low < buckets.length) {
      const s = buckets[low]?.pop()
      if (s === undefined) {
        low++
        continue
      }
      this.budget.spend()
      if (this.fate[s] === 1 || this.result(s) >= 0) {
        for (let p = s; p !== -1; p = from.get(p)!) this.fate[p] = 1
        return true
      }
      for (let c = 0; c < this.partition.count; c++) {
        const to = this.move(s, c)
        if (to === dead || this.fate[to] === 2 || from.has(to)) continue
        from.set(to, s)
        put(to)
        low = Math.min(low, Math.min(this.estimate(to), 4096))
      }
    }
    for (const s of from.keys()) this.fate[s] = 2
    return false
  }

  /** Every result some allowed string has, with how many strings have it (Infinity, or exact up to a cap). */
  census(cap: number): Map<number, number> {
    const out = new Map<number, number>()
    if (this.start === dead) return out
    const states = [this.start]
    const before = new Map<number, number[]>([[this.start, []]])
    for (let i = 0; i < states.length; i++) {
      this.budget.spend()
      for (let c = 0; c < this.partition.count; c++) {
        const to = this.step(states[i]!, c)
        if (to === dead) continue
        const list = before.get(to)
        if (list) list.push(states[i]!)
        else {
          before.set(to, [states[i]!])
          states.push(to)
        }
      }
    }
    const sizes = this.partition.sizes()
    for (const end of new Set(states.map((s) => this.result(s)).filter((r) => r >= 0))) {
      out.set(end, this.countTo(end, states, before, sizes, cap))
    }
    return out
  }

  /** How many strings have that result: infinite as soon as a loop lies on the way. */
  private countTo(
    end: number,
    states: readonly number[],
    before: ReadonlyMap<number, number[]>,
    sizes: readonly number[],
    cap: number,
  ): number {
    const near = new Set(states.filter((s) => this.result(s) === end))
    for (const s of near) for (const p of before.get(s)!) near.add(p)
    const exits = new Map<number, number>()
    for (const s of near) for (const p of before.get(s)!) exits.set(p, (exits.get(p) ?? 0) + 1)
    const count = new Map<number, number>()
    const ready = [...near].filter((s) => !exits.get(s))
    let done = 0
    for (let s = ready.pop(); s !== undefined; s = ready.pop()) {
      done++
      let n = this.result(s) === end ? 1 : 0
      for (let c = 0; c < this.partition.count; c++) {
        const to = this.step(s, c)
        if (to !== dead && near.has(to)) n += count.get(to)! * sizes[c]!
      }
      count.set(s, Math.min(n, cap))
      for (const p of before.get(s)!) {
        const left = exits.get(p)! - 1
        exits.set(p, left)
        if (left === 0) ready.push(p)
      }
    }
    return done < near.size ? Infinity : (count.get(this.start) ?? 0)
  }
}
