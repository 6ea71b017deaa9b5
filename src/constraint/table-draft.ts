// Tables in the making: states by name, each filled when all that names it is known, then packed into flat arrays. Knows nothing
// of what the states mean.

import type { Budget } from './errors.ts'
import { mergeStates } from './table-merge.ts'
import { endsHere, metaWords, type Tables } from './tables.ts'

export const entry = (action: number, operand: number): number => ((action << 28) | operand) >>> 0

/** What tables can not hold. */
export class CpuOnly extends Error {}

/** One state while it is made: an entry per byte. */
export type DraftState = {
  readonly row: Uint32Array
  symbol: number
  any: readonly number[] | null
  all: readonly number[] | null
  bit: number
  returns: number
  ends: boolean
}

const chunk = 64

export class TableDraft {
  readonly states: DraftState[] = []
  readonly returns: Map<number, number>[] = []
  private readonly ids = new Map<string, number>()
  private readonly todo: (() => void)[] = []
  private rows = new Uint32Array(0)
  private readonly most: number
  private readonly budget: Budget

  constructor(most: number, budget: Budget) {
    this.most = most
    this.budget = budget
  }

  /** The state of that name; `fill` makes it when it is met first. Throws a RangeError past the limit. */
  state(key: string, fill: (s: DraftState) => void): number {
    let id = this.ids.get(key)
    if (id === undefined) {
      id = this.states.length
      if (id >= this.most) throw new CpuOnly(`it has more than ${this.most} states`)
      // A state is 256 bytes looked at.
      this.budget.spend(8)
      this.ids.set(key, id)
      const s = { row: this.row(id), symbol: -1, any: null, all: null, bit: -1, returns: -1, ends: false }
      this.states.push(s)
      this.todo.push(() => fill(s))
    }
    return id
  }

  /** Rows lie together: many small arrays are dear. */
  private row(id: number): Uint32Array {
    const at = id % chunk
    if (at === 0) this.rows = new Uint32Array(256 * chunk)
    return this.rows.subarray(256 * at, 256 * (at + 1))
  }

  private finish(): void {
    for (let next = this.todo.pop(); next; next = this.todo.pop()) next()
  }

  /** A stack symbol and where its outcomes lead, filled in by the caller. */
  symbol(): [number, Map<number, number>] {
    const slots = new Map<number, number>()
    this.returns.push(slots)
    return [this.returns.length - 1, slots]
  }

  /** Fills whatever is not filled yet and packs it all. */
  pack(start: number): Tables {
    this.finish()
    const { classOf, classes, sample } = this.columns()
    const n = this.states.length
    const next = new Uint32Array(n * classes)
    const meta = new Uint32Array(n * metaWords)
    const bits = Math.max(0, ...this.states.map((s) => Math.max(s.bit, ...(s.any ?? []), ...(s.all ?? [])) + 1))
    const words = Math.max(1, (bits + 31) >>> 5)
    const masks: number[] = []
    const maskIds = new Map<string, number>()
    const mask = (list: readonly number[] | null): number => {
      if (!list) return 0
      const set = new Uint32Array(words)
      for (const b of list) set[b >>> 5]! |= 1 << (b & 31)
      const key = set.join()
      let id = maskIds.get(key)
      if (id === undefined) {
        id = maskIds.size
        maskIds.set(key, id)
        masks.push(...set)
      }
      return id + 1
    }
    this.states.forEach((s, i) => {
      for (let c = 0; c < classes; c++) next[i * classes + c] = s.row[sample[c]!]!
      meta.set(
        [
          s.symbol + 1,
          mask(s.any),
          mask(s.all),
          ((s.bit + 1) | ((s.returns + 1) << 16) | (s.ends ? endsHere : 0)) >>> 0,
        ],
        i * metaWords,
      )
    })
    const retStart = new Uint32Array(this.returns.length + 1)
    const ret: number[] = []
    this.returns.forEach((slots, g) => {
      retStart[g] = ret.length
      const most = Math.max(-1, ...slots.keys())
      for (let r = 0; r <= most; r++) ret.push(slots.get(r) ?? 0xffffffff)
    })
    retStart[this.returns.length] = ret.length
    return mergeStates({
      states: n,
      classes,
      start,
      words,
      classOf,
      next,
      meta,
      retStart,
      ret: Uint32Array.from(ret),
      masks: Uint32Array.from(masks),
    })
  }

  /** Bytes that no row tells apart share a class. */
  private columns(): { classOf: Uint8Array; classes: number; sample: number[] } {
    const hashes = new Uint32Array(256)
    for (const { row } of this.states)
      for (let b = 0; b < 256; b++) hashes[b] = Math.imul(hashes[b]! ^ row[b]!, 0x9e3779b1) ^ (hashes[b]! >>> 15)
    const classOf = new Uint8Array(256)
    const sample: number[] = []
    const same = (a: number, b: number): boolean => this.states.every(({ row }) => row[a] === row[b])
    for (let b = 0; b < 256; b++) {
      let c = sample.findIndex((a) => hashes[a] === hashes[b] && same(a, b))
      if (c < 0) c = sample.push(b) - 1
      classOf[b] = c
    }
    return { classOf, classes: sample.length, sample }
  }
}
