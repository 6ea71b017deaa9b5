// A language: a lazily determinised automaton over code points. Every kind of string assertion is one. Also the two simple
// kinds, sets of strings and length ranges. Knows nothing of JSON spelling (quotes, escapes) or bytes.

import { Partition, partitionBySets, trivialPartition } from './code-points.ts'

export const dead = -1

export interface Language {
  readonly id: number
  readonly partition: Partition
  readonly start: number
  /** The state after a character of that class, or `dead`, from which nothing is accepted. */
  step(state: number, cls: number): number
  accepts(state: number): boolean
  /** A lower bound of the characters still needed, to steer searches; 0 is always right. */
  distance(state: number): number
}

export function matches(language: Language, text: string): boolean {
  let s = language.start
  if (s === dead) return false
  for (const c of text) {
    s = language.step(s, language.partition.classOf(c.codePointAt(0) as number))
    if (s === dead) return false
  }
  return language.accepts(s)
}

/** Strings whose length in code points lies in a range. */
export class LengthLanguage implements Language {
  readonly partition = trivialPartition()
  readonly start = 0
  readonly id: number
  readonly min: number
  readonly max: number

  constructor(id: number, min: number, max: number) {
    this.id = id
    this.min = min
    this.max = max
  }

  step(state: number): number {
    if (this.max === Infinity) return Math.min(state + 1, this.min)
    return state < this.max ? state + 1 : dead
  }

  accepts(state: number): boolean {
    return state >= this.min && state <= this.max
  }

  distance(state: number): number {
    return Math.max(0, this.min - state)
  }
}

/** A finite set of strings, as a trie; `index(state)` is the place of the string in the list, or -1. */
export class StringSetLanguage implements Language {
  readonly partition: Partition
  readonly start = 0
  private readonly next = new Map<number, number>()
  private readonly ends: number[] = [-1]
  private readonly near: number[] = [0]

  readonly id: number
  readonly strings: readonly string[]

  constructor(id: number, strings: readonly string[]) {
    this.id = id
    this.strings = strings
    const characters = new Set<number>()
    for (const s of strings) for (const c of s) characters.add(c.codePointAt(0) as number)
    const list = [...characters].sort((a, b) => a - b)
    this.partition = partitionOf(list)
    const count = this.partition.count
    strings.forEach((s, index) => {
      let at = 0
      let left = [...s].length
      if (index === 0) this.near[0] = left
      this.near[0] = Math.min(this.near[0] as number, left)
      for (const c of s) {
        left--
        const key = at * count + this.partition.classOf(c.codePointAt(0) as number)
        let to = this.next.get(key)
        if (to === undefined) {
          to = this.ends.length
          this.next.set(key, to)
          this.ends.push(-1)
          this.near.push(left)
        }
        at = to
        this.near[at] = Math.min(this.near[at] as number, left)
      }
      if (this.ends[at] === -1) this.ends[at] = index
    })
  }

  step(state: number, cls: number): number {
    return this.next.get(state * this.partition.count + cls) ?? dead
  }

  accepts(state: number): boolean {
    return (this.ends[state] as number) >= 0
  }

  index(state: number): number {
    return state === dead ? -1 : (this.ends[state] as number)
  }

  distance(state: number): number {
    return this.near[state] as number
  }
}

/** Each listed code point a class of its own, all others one more. */
function partitionOf(sorted: readonly number[]): Partition {
  if (sorted.length < 64) return partitionBySets(sorted.map((c) => [c, c])).partition
  const starts: number[] = []
  const classes: number[] = []
  let at = 0
  sorted.forEach((c, i) => {
    if (c > at) {
      starts.push(at)
      classes.push(0)
    }
    starts.push(c)
    classes.push(i + 1)
    at = c + 1
  })
  starts.push(at)
  classes.push(0)
  return new Partition(Int32Array.from(starts), Int32Array.from(classes), sorted.length + 1)
}
