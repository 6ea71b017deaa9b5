// A vocabulary as bytes: what every token id spells, and a trie of all spellings flattened in depth-first order, so that a walk
// is one pass over arrays. Knows nothing of tokenizers or texts.

export class Vocabulary {
  readonly size: number
  /** Ids that end the output. */
  readonly eos: readonly number[]
  /** Trie nodes in depth-first order, root left out: byte, depth (1 is a first byte), and the node after the subtree. */
  readonly nodeByte: Uint8Array
  readonly nodeDepth: Uint16Array
  readonly nodeEnd: Uint32Array
  /** Tokens that end at node i: tokenIds[tokenStart[i] … tokenStart[i + 1]). */
  readonly tokenStart: Uint32Array
  readonly tokenIds: Uint32Array
  readonly maxDepth: number
  private readonly spellings: readonly (Uint8Array | null)[]

  /** `tokens[id]`: its bytes, or null for special tokens, which are never allowed. */
  constructor(tokens: readonly (Uint8Array | null)[], eos: readonly number[]) {
    this.spellings = tokens
    this.size = tokens.length
    this.eos = eos
    const ids: number[] = []
    const ends = new Set(eos)
    for (let i = 0; i < tokens.length; i++) if ((tokens[i]?.length ?? 0) > 0 && !ends.has(i)) ids.push(i)
    ids.sort((a, b) => compareBytes(tokens[a]!, tokens[b]!))
    let count = 0
    let previous: Uint8Array = new Uint8Array()
    for (const id of ids) {
      count += tokens[id]!.length - common(previous, tokens[id]!)
      previous = tokens[id]!
    }
    this.nodeByte = new Uint8Array(count)
    this.nodeDepth = new Uint16Array(count)
    this.nodeEnd = new Uint32Array(count)
    this.tokenStart = new Uint32Array(count + 1)
    this.tokenIds = Uint32Array.from(ids)
    const open: number[] = []
    let at = 0
    previous = new Uint8Array()
    for (const id of ids) {
      const bytes = tokens[id]!
      const shared = common(previous, bytes)
      while (open.length > shared) this.nodeEnd[open.pop()!] = at
      for (let d = shared; d < bytes.length; d++) {
        this.nodeByte[at] = bytes[d]!
        this.nodeDepth[at] = d + 1
        open.push(at++)
      }
      // In this order tokens end at ever later nodes: count first, sum up below.
      this.tokenStart[open[open.length - 1]! + 1]!++
      previous = bytes
    }
    while (open.length > 0) this.nodeEnd[open.pop()!] = at
    for (let i = 0; i < count; i++) this.tokenStart[i + 1]! += this.tokenStart[i]!
    this.maxDepth = ids.reduce((m, id) => Math.max(m, tokens[id]!.length), 0)
  }

  /** The bytes from the root to a node. */
  path(node: number): Uint8Array {
    // A token ends at or below every node, and the first one in order is the nearest.
    return tokenAt(this, this.tokenStart[node]!).subarray(0, this.nodeDepth[node]!)
  }

  /** The token with the longest spelling that begins bytes[from…], or -1. */
  longest(bytes: Uint8Array, from: number): number {
    let best = -1
    let node = 0
    let end = this.nodeByte.length
    for (let i = from; i < bytes.length; i++) {
      while (node < end && this.nodeByte[node] !== bytes[i]) node = this.nodeEnd[node]!
      if (node >= end) break
      if (this.tokenStart[node]! < this.tokenStart[node + 1]!) best = this.tokenIds[this.tokenStart[node]!]!
      end = this.nodeEnd[node]!
      node++
    }
    return best
  }

  bytes(token: number): Uint8Array | null {
    return this.spellings[token] ?? null
  }

  get words(): number {
    return (this.size + 31) >>> 5
  }
}

const tokenAt = (v: Vocabulary, rank: number): Uint8Array => v.bytes(v.tokenIds[rank]!)!

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

function common(a: Uint8Array, b: Uint8Array): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  return i
}
