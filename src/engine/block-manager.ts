// Who holds which block of the paged KV cache: a fixed number of ref-counted blocks, tables of them that sequences share
// by copy-on-write, and a prefix cache of full blocks. Knows token ids and block numbers; no sequence, no runner.
//
// A block is in exactly one of three states: free, held by as many tables as its count says, or cached: held by none,
// but its keys and values are those of known tokens, so that an equal prefix can take it up again. Cached blocks are
// handed out when no free one is left, the one least recently used first.

/** The blocks of one sequence in order; block i holds positions i * blockSize onwards. */
export interface BlockTable {
  readonly blocks: number[]
  /** How many of the first blocks the prefix cache has been told of. */
  published: number
  /** The chain id of the last published block, ROOT where there is none. */
  chain: number
}

export interface BlockCopy {
  readonly from: number
  readonly to: number
}

/** What had to change in a table before a position could be written. */
export interface Claim {
  /** Entry of the table that is new; undefined: nothing changed. */
  readonly index?: number
  /** The new entry starts as a copy. */
  readonly copy?: BlockCopy
}

const ROOT = 0
const UNPUBLISHED = { published: 0, chain: ROOT }

export class BlockManager {
  readonly blockCount: number
  readonly blockSize: number
  readonly #free: number[]
  readonly #cached = new Set<number>() // in order of release: the first is the least recently used
  readonly #holders: Uint32Array // by block: tables that hold it
  readonly #keys: (string | undefined)[] // by block: its key in #byKey, while published
  readonly #byKey = new Map<string, { readonly block: number; readonly chain: number }>()
  #lastChain = ROOT

  constructor(blockCount: number, blockSize: number) {
    this.blockCount = blockCount
    this.blockSize = blockSize
    this.#free = Array.from({ length: blockCount }, (_, i) => blockCount - 1 - i)
    this.#holders = new Uint32Array(blockCount)
    this.#keys = new Array(blockCount).fill(undefined)
  }

  /** Blocks that can be handed out now. */
  get available(): number {
    return this.#free.length + this.#cached.size
  }

  get cached(): number {
    return this.#cached.size
  }

  get used(): number {
    return this.blockCount - this.available
  }

  /** How many blocks that many positions need. */
  blocksFor(positions: number): number {
    return Math.ceil(positions / this.blockSize)
  }

  /** The longest run of published blocks that hold the first tokens, `limit` tokens at most. Takes nothing. */
  find(tokens: readonly number[], limit: number): { readonly blocks: readonly number[]; readonly unheld: number } {
    const blocks: number[] = []
    let chain = ROOT
    let unheld = 0
    while ((blocks.length + 1) * this.blockSize <= limit) {
      const entry = this.#byKey.get(this.#key(chain, tokens, blocks.length))
      if (!entry) break
      blocks.push(entry.block)
      chain = entry.chain
      if (this.#holders[entry.block] === 0) unheld++
    }
    return { blocks, unheld }
  }

  /** A table that starts with the blocks that `find` gave. */
  open(found: readonly number[] = []): BlockTable {
    for (const block of found) this.#hold(block)
    const last = found.at(-1)
    const chain = last === undefined ? ROOT : this.#byKey.get(this.#keys[last]!)!.chain
    return { blocks: [...found], published: found.length, chain }
  }

  /** A table that shares the blocks of the first `positions`; the last may be partly filled. */
  fork(table: BlockTable, positions: number): BlockTable {
    const blocks = table.blocks.slice(0, this.blocksFor(positions))
    for (const block of blocks) this.#hold(block)
    // Otherwise walked anew when published: the chain id at a place inside the other table is not kept.
    const { published, chain } = table.published * this.blockSize <= positions ? table : UNPUBLISHED
    return { blocks, published, chain }
  }

  /** Appends blocks until the table covers that many positions. All or nothing: false when too few are available. */
  grow(table: BlockTable, positions: number): boolean {
    const missing = this.blocksFor(positions) - table.blocks.length
    if (missing > this.available) return false
    for (let i = 0; i < missing; i++) table.blocks.push(this.#take())
    return true
  }

  /** Makes sure that the table alone holds the block of a position, the next after its last at most. Undefined: no block left. */
  claim(table: BlockTable, position: number): Claim | undefined {
    const index = Math.floor(position / this.blockSize)
    const block = table.blocks[index]
    if (block === undefined) return this.grow(table, position + 1) ? { index } : undefined
    if (this.#holders[block]! > 1 && this.available === 0) return undefined
    if (index < table.published) Object.assign(table, UNPUBLISHED)
    if (this.#holders[block] === 1) {
      this.#unpublish(block) // what is written may differ from what the cache promises
      return {}
    }
    const to = this.#take()
    table.blocks[index] = to
    this.#drop(block)
    return { index, copy: { from: block, to } }
  }

  /**
   * Lets equal prefixes find the table's blocks. The first `positions` tokens must be known, and the steps that write their
   * keys and values submitted.
   */
  publish(table: BlockTable, tokens: readonly number[], positions: number): void {
    const full = Math.min(table.blocks.length, Math.floor(positions / this.blockSize))
    for (; table.published < full; table.published++) {
      const block = table.blocks[table.published]!
      const key = this.#key(table.chain, tokens, table.published)
      let entry = this.#byKey.get(key)
      if (!entry) {
        this.#unpublish(block)
        entry = { block, chain: ++this.#lastChain }
        this.#byKey.set(key, entry)
        this.#keys[block] = key
      }
      table.chain = entry.chain
    }
  }

  /** Gives all blocks of the table back; published ones stay findable until they are needed. */
  release(table: BlockTable): void {
    // Last block first: a block is worth nothing without those before it, so it is the first to be handed out.
    for (const block of table.blocks.reverse()) this.#drop(block)
    table.blocks.length = 0
    Object.assign(table, UNPUBLISHED)
  }

  /** @throws unless every block is free, cached, or held by exactly the given tables. */
  check(tables: Iterable<BlockTable>): void {
    const holders = new Uint32Array(this.blockCount)
    for (const { blocks } of tables) {
      if (new Set(blocks).size !== blocks.length) throw new Error(`Table holds a block twice: ${blocks}`)
      for (const block of blocks) holders[block]!++
    }
    const free = new Set(this.#free)
    if (free.size !== this.#free.length) throw new Error('A block is in the free list twice')
    for (let block = 0; block < this.blockCount; block++) {
      const states = [free.has(block), this.#cached.has(block), holders[block]! > 0].filter(Boolean).length
      if (states !== 1) throw new Error(`Block ${block} is in ${states} states, expected 1`)
      if (holders[block] !== this.#holders[block])
        throw new Error(`Block ${block} is held by ${holders[block]} tables, counted ${this.#holders[block]}`)
      const key = this.#keys[block]
      if (free.has(block) && key !== undefined) throw new Error(`Block ${block} is free and published`)
      if (this.#cached.has(block) && key === undefined) throw new Error(`Block ${block} is cached but not published`)
      if (key !== undefined && this.#byKey.get(key)?.block !== block) throw new Error(`Block ${block} lost its key`)
    }
    const published = this.#keys.filter((key) => key !== undefined).length
    if (published !== this.#byKey.size) throw new Error(`${this.#byKey.size} keys for ${published} published blocks`)
  }

  /** Exact, not a digest: the id of the chain before the block, and the block's tokens. */
  #key(chain: number, tokens: readonly number[], index: number): string {
    return `${chain}:${tokens.slice(index * this.blockSize, (index + 1) * this.blockSize).join()}`
  }

  #take(): number {
    let block = this.#free.pop()
    if (block === undefined) {
      block = this.#cached.values().next().value!
      this.#cached.delete(block)
      this.#unpublish(block)
    }
    this.#holders[block] = 1
    return block
  }

  #hold(block: number): void {
    if (this.#holders[block]!++ === 0) this.#cached.delete(block)
  }

  #drop(block: number): void {
    if (--this.#holders[block]! > 0) return
    if (this.#keys[block] === undefined) this.#free.push(block)
    else this.#cached.add(block)
  }

  #unpublish(block: number): void {
    const key = this.#keys[block]
    if (key === undefined) return
    this.#byKey.delete(key)
    this.#keys[block] = undefined
  }
}
