// States that do the same are one: equal rows after equal targets are one, from the ends backwards until nothing changes. Not the
// least automaton (loops that only look alike stay apart), but most of the way, in a few passes over the arrays.

import { Action, metaWords, type Tables } from './tables.ts'

const passes = 12

export function mergeStates(t: Tables): Tables {
  const { states: n, classes, next, meta, ret, retStart } = t
  /** The state each one is now. */
  const is = Uint32Array.from({ length: n }, (_, i) => i)
  const symbolIs = Uint32Array.from({ length: retStart.length - 1 }, (_, i) => i)
  const width = classes + metaWords
  const words = new Uint32Array(n * width)
  /** Writes what a state does, in terms of what states are by now, itself as no state; gives a hash. */
  const read = (i: number): number => {
    let hash = 0
    let at = i * width
    const put = (word: number): void => {
      words[at++] = word
      hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15)
    }
    for (let c = 0; c < classes; c++) {
      const entry = next[i * classes + c]!
      const action = entry >>> 28
      if (action !== Action.go && action !== Action.push && action !== Action.name) put(entry)
      else {
        const to = is[entry & 0x0fffffff]!
        put(((action << 28) | (to === i ? 0x0fffffff : to)) >>> 0)
      }
    }
    const symbol = meta[i * metaWords]!
    put(symbol > 0 ? symbolIs[symbol - 1]! + 1 : 0)
    for (let m = 1; m < metaWords; m++) put(meta[i * metaWords + m]!)
    return hash
  }
  const same = (i: number, k: number): boolean => {
    for (let w = 0; w < width; w++) if (words[i * width + w] !== words[k * width + w]) return false
    return true
  }
  const target = (at: number): number => (ret[at] === none ? none : is[ret[at]!]!)
  for (let pass = 0, merged = true; pass < passes && merged; pass++) {
    merged = false
    const symbols = new Map<string, number>()
    for (let g = 0; g < symbolIs.length; g++) {
      const key = Array.from({ length: retStart[g + 1]! - retStart[g]! }, (_, k) => target(retStart[g]! + k)).join()
      const first = symbols.get(key)
      if (first === undefined) symbols.set(key, g)
      symbolIs[g] = first ?? g
    }
    // By hash the state met last, and from each to the one before.
    const last = new Map<number, number>()
    const before = new Int32Array(n)
    // Later states are mostly nearer to the end.
    for (let i = n - 1; i >= 0; i--) {
      if (is[i] !== i) continue
      const hash = read(i)
      const first = last.get(hash) ?? -1
      let twin = first
      while (twin >= 0 && !same(i, twin)) twin = before[twin]!
      if (twin >= 0) {
        is[i] = twin
        merged = true
      } else {
        before[i] = first
        last.set(hash, i)
      }
    }
    for (let i = 0; i < n; i++) while (is[i] !== is[is[i]!]) is[i] = is[is[i]!]!
  }
  return renumber(t, is, symbolIs)
}

const none = 0xffffffff

function renumber(t: Tables, is: Uint32Array, symbolIs: Uint32Array): Tables {
  const { classes } = t
  const kept: number[] = []
  const id = new Uint32Array(t.states)
  for (let i = 0; i < t.states; i++) if (is[i] === i) id[i] = kept.push(i) - 1
  const symbols: number[] = []
  const symbolId = new Uint32Array(symbolIs.length)
  for (let g = 0; g < symbolIs.length; g++) if (symbolIs[g] === g) symbolId[g] = symbols.push(g) - 1
  const next = new Uint32Array(kept.length * classes)
  const meta = new Uint32Array(kept.length * metaWords)
  kept.forEach((i, k) => {
    for (let c = 0; c < classes; c++) {
      const entry = t.next[i * classes + c]!
      const action = entry >>> 28
      const moves = action === Action.go || action === Action.push || action === Action.name
      next[k * classes + c] = moves ? ((action << 28) | id[is[entry & 0x0fffffff]!]!) >>> 0 : entry
    }
    meta.set(t.meta.subarray(i * metaWords, (i + 1) * metaWords), k * metaWords)
    if (meta[k * metaWords]! > 0) meta[k * metaWords] = symbolId[symbolIs[meta[k * metaWords]! - 1]!]! + 1
  })
  const ret: number[] = []
  const retStart = new Uint32Array(symbols.length + 1)
  symbols.forEach((g, k) => {
    retStart[k] = ret.length
    for (let at = t.retStart[g]!; at < t.retStart[g + 1]!; at++)
      ret.push(t.ret[at] === none ? none : id[is[t.ret[at]!]!]!)
  })
  retStart[symbols.length] = ret.length
  return { ...t, states: kept.length, start: id[is[t.start]!]!, next, meta, retStart, ret: Uint32Array.from(ret) }
}
