// Sets of code points as sorted, disjoint pairs [lo, hi, lo, hi, …], and partitions of all code points into classes.
// Surrogates are never members of a string here: text is UTF-8. Knows nothing of regexes.

export type CodePointSet = readonly number[]

export const maxCodePoint = 0x10ffff
export const everything: CodePointSet = [0, maxCodePoint]

export function normalise(pairs: readonly number[]): CodePointSet {
  const list: [number, number][] = []
  for (let i = 0; i + 1 < pairs.length; i += 2) list.push([pairs[i] as number, pairs[i + 1] as number])
  list.sort((a, b) => a[0] - b[0])
  const out: number[] = []
  for (const [lo, hi] of list) {
    if (hi < lo) continue
    const last = out.length - 1
    if (last > 0 && lo <= (out[last] as number) + 1) out[last] = Math.max(out[last] as number, hi)
    else out.push(lo, hi)
  }
  return out
}

export const union = (a: CodePointSet, b: CodePointSet): CodePointSet => normalise([...a, ...b])

export function complement(a: CodePointSet): CodePointSet {
  const out: number[] = []
  let from = 0
  for (let i = 0; i < a.length; i += 2) {
    if ((a[i] as number) > from) out.push(from, (a[i] as number) - 1)
    from = (a[i + 1] as number) + 1
  }
  if (from <= maxCodePoint) out.push(from, maxCodePoint)
  return out
}

/** All code points cut into intervals; every interval has a class, and members of a class are never told apart. */
export class Partition {
  private readonly ascii: Int32Array
  readonly starts: Int32Array
  readonly classes: Int32Array
  readonly count: number

  constructor(starts: Int32Array, classes: Int32Array, count: number) {
    this.starts = starts
    this.classes = classes
    this.count = count
    this.ascii = new Int32Array(128)
    for (let c = 0; c < 128; c++) this.ascii[c] = this.classes[this.intervalOf(c)] as number
  }

  intervalOf(cp: number): number {
    let lo = 0
    let hi = this.starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if ((this.starts[mid] as number) <= cp) lo = mid
      else hi = mid - 1
    }
    return lo
  }

  classOf(cp: number): number {
    return cp < 128 ? (this.ascii[cp] as number) : (this.classes[this.intervalOf(cp)] as number)
  }

  /** How many code points, surrogates left out, each class holds. */
  sizes(): number[] {
    const out = new Array<number>(this.count).fill(0)
    for (let i = 0; i < this.starts.length; i++) {
      const lo = this.starts[i] as number
      const hi = i + 1 < this.starts.length ? (this.starts[i + 1] as number) - 1 : maxCodePoint
      const cut = Math.max(0, Math.min(hi, 0xdfff) - Math.max(lo, 0xd800) + 1)
      out[this.classes[i] as number] = (out[this.classes[i] as number] as number) + (hi - lo + 1 - cut)
    }
    return out
  }
}

export const trivialPartition = (): Partition => new Partition(Int32Array.of(0), Int32Array.of(0), 1)

/** The coarsest partition that tells members of every given set apart from non-members; `member[set][class]`. */
export function partitionBySets(sets: readonly CodePointSet[]): { partition: Partition; member: Uint8Array[] } {
  const events: [number, number][] = []
  sets.forEach((set, i) => {
    for (let j = 0; j < set.length; j += 2) {
      events.push([set[j] as number, i])
      if ((set[j + 1] as number) < maxCodePoint) events.push([(set[j + 1] as number) + 1, i])
    }
  })
  events.sort((a, b) => a[0] - b[0])
  const inside = new Uint8Array(sets.length)
  const ids = new Map<string, number>()
  const starts: number[] = []
  const classes: number[] = []
  const signatures: Uint8Array[] = []
  let next = 0
  for (let at = 0; at <= maxCodePoint; ) {
    while (next < events.length && (events[next] as [number, number])[0] === at) {
      const i = (events[next++] as [number, number])[1]
      inside[i] = 1 - (inside[i] as number)
    }
    const key = inside.join('')
    let id = ids.get(key)
    if (id === undefined) {
      id = ids.size
      ids.set(key, id)
      signatures.push(inside.slice())
    }
    starts.push(at)
    classes.push(id)
    at = next < events.length ? (events[next] as [number, number])[0] : maxCodePoint + 1
  }
  const partition = new Partition(Int32Array.from(starts), Int32Array.from(classes), ids.size)
  return { partition, member: sets.map((_, i) => Uint8Array.from(signatures, (s) => s[i] as number)) }
}

/** The product of partitions; `parts[class][k]` is the class in the k-th one. */
export function mergePartitions(list: readonly Partition[]): { partition: Partition; parts: Int32Array[] } {
  if (list.length === 1) {
    const p = list[0] as Partition
    return { partition: p, parts: Array.from({ length: p.count }, (_, c) => Int32Array.of(c)) }
  }
  const cuts = [...new Set(list.flatMap((p) => [...p.starts]))].sort((a, b) => a - b)
  if (cuts.length === 0) cuts.push(0)
  const ids = new Map<string, number>()
  const parts: Int32Array[] = []
  const classes = new Int32Array(cuts.length)
  const at = new Int32Array(list.length)
  cuts.forEach((cut, i) => {
    const sig = new Int32Array(list.length)
    for (let k = 0; k < list.length; k++) {
      const p = list[k] as Partition
      let j = at[k] as number
      while (j + 1 < p.starts.length && (p.starts[j + 1] as number) <= cut) j++
      at[k] = j
      sig[k] = p.classes[j] as number
    }
    const key = sig.join()
    let id = ids.get(key)
    if (id === undefined) {
      id = ids.size
      ids.set(key, id)
      parts.push(sig)
    }
    classes[i] = id
  })
  return { partition: new Partition(Int32Array.from(cuts), classes, ids.size), parts }
}
