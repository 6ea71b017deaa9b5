// A constraint's automaton as flat arrays, for kernels: every state explored, bytes put into classes. States that a stack and a
// set of names seen tell apart are one state here; see `Action` for what a step does. Knows nothing of the GPU itself.

/**
 * A step: entry = next[state * classes + classOf[byte]]; action = entry >>> 28, operand = entry & 0x0fffffff.
 * A walker holds: state, seen (`words` u32), and a stack of frames {symbol, seen}.
 */
export const Action = {
  dead: 0,
  /** state = operand, if its `any` guard holds: some name of that set has not been seen. */
  go: 1,
  /** Push {symbol of the state left, seen}; seen = none; state = operand. */
  push: 2,
  /** If the `all` guard of the state left holds (every name of that set seen): pop; state = ret[retStart[symbol] + operand]. */
  pop: 3,
  /** As pop, then the same byte again. */
  popRedo: 4,
  /** As go, then the name `bit` of the state entered is seen. */
  name: 5,
} as const

/** Words per state in `meta`. */
export const metaWords = 4

export type Tables = {
  readonly states: number
  readonly classes: number
  readonly start: number
  /** Words of a set of names. */
  readonly words: number
  /** 256 bytes' classes. */
  readonly classOf: Uint8Array
  /** [states, classes] */
  readonly next: Uint32Array
  /**
   * [states, metaWords]: symbol + 1; index + 1 into masks for `any`; the same for `all`; and the last word: bits 0-15 the name
   * bit + 1, bits 16-29 what a number ending here returns + 1 (it may end the output where the stack holds one frame),
   * bit 31 the output may end here.
   */
  readonly meta: Uint32Array
  readonly retStart: Uint32Array
  readonly ret: Uint32Array
  /** [n, words] sets of names. */
  readonly masks: Uint32Array
}

export const endsHere = 0x80000000

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

export class TableDraft {
  readonly states: DraftState[] = []
  readonly returns: Map<number, number>[] = []
  private readonly ids = new Map<string, number>()
  private readonly todo: (() => void)[] = []
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** The state of that name; `fill` makes it when it is met first. Throws a RangeError past the limit. */
  state(key: string, fill: (s: DraftState) => void): number {
    let id = this.ids.get(key)
    if (id === undefined) {
      id = this.states.length
      if (id >= this.most) throw new RangeError('Cannot pack tables: too many states')
      this.ids.set(key, id)
      const s = { row: new Uint32Array(256), symbol: -1, any: null, all: null, bit: -1, returns: -1, ends: false }
      this.states.push(s)
      this.todo.push(() => fill(s))
    }
    return id
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
    return {
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
    }
  }

  /** Bytes that no row tells apart share a class. */
  private columns(): { classOf: Uint8Array; classes: number; sample: number[] } {
    const classOf = new Uint8Array(256)
    let classes = 1
    for (const s of this.states) {
      // Refine by one row after another.
      const ids = new Map<number, number>()
      let count = 0
      const fresh = new Uint8Array(256)
      for (let b = 0; b < 256; b++) {
        const key = classOf[b]! * 2 ** 32 + s.row[b]!
        let id = ids.get(key)
        if (id === undefined) {
          id = count++
          ids.set(key, id)
        }
        fresh[b] = id
      }
      if (count > classes) {
        classOf.set(fresh)
        classes = count
      }
      if (classes === 256) break
    }
    const sample: number[] = []
    for (let b = 255; b >= 0; b--) sample[classOf[b]!] = b
    return { classOf, classes, sample }
  }
}
