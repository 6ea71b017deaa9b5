// Random histories of tables that are opened, written, forked, published and released, as sequences and beams do, over
// cells that hold the tokens: what a table shows must stay what was written through it.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BlockManager, type BlockTable } from '../../src/engine/block-manager.ts'
import { uniform } from '../support/random.ts'

interface Owner {
  readonly table: BlockTable
  readonly tokens: number[]
}

class World {
  readonly manager: BlockManager
  readonly cells: Int32Array
  readonly owners: Owner[] = []
  found = 0
  copies = 0

  constructor(blockCount: number, blockSize: number) {
    this.manager = new BlockManager(blockCount, blockSize)
    this.cells = new Int32Array(blockCount * blockSize).fill(-1)
  }

  open(tokens: readonly number[]): void {
    const { blocks } = this.manager.find(tokens, tokens.length)
    this.found += blocks.length
    const known = tokens.slice(0, blocks.length * this.manager.blockSize)
    this.owners.push({ table: this.manager.open(blocks), tokens: known })
  }

  /** Writes a token after the last one, or over the last one. */
  write({ table, tokens }: Owner, position: number, token: number): void {
    const claim = this.manager.claim(table, position)
    if (!claim) return
    const { blockSize } = this.manager
    if (claim.copy) {
      this.copies++
      const from = claim.copy.from * blockSize
      this.cells.copyWithin(claim.copy.to * blockSize, from, from + blockSize)
    }
    if (claim.index !== undefined) expect(claim.index).toBe(Math.floor(position / blockSize))
    tokens.length = position
    tokens.push(token)
    this.cells[this.#cell(table, position)] = token
  }

  fork({ table, tokens }: Owner, positions: number): void {
    this.owners.push({ table: this.manager.fork(table, positions), tokens: tokens.slice(0, positions) })
  }

  release(index: number): void {
    this.manager.release(this.owners.splice(index, 1)[0]!.table)
  }

  check(): void {
    this.manager.check(this.owners.map(({ table }) => table))
    for (const { table, tokens } of this.owners)
      expect(tokens.map((_, position) => this.cells[this.#cell(table, position)])).toEqual(tokens)
  }

  #cell(table: BlockTable, position: number): number {
    const { blockSize } = this.manager
    return table.blocks[Math.floor(position / blockSize)]! * blockSize + (position % blockSize)
  }
}

it('a table shows what was written through it, whatever others do', () => {
  let found = 0
  let copies = 0
  const sizes = fc.record({
    seed: fc.integer(),
    blockCount: fc.integer({ min: 2, max: 24 }),
    blockSize: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(sizes, ({ seed, blockCount, blockSize }) => {
      const next = uniform(seed)
      const below = (n: number) => Math.floor(next() * n)
      const world = new World(blockCount, blockSize)
      for (let step = 0; step < 150; step++) {
        const index = below(world.owners.length)
        const owner = world.owners[index]
        const what = next()
        // Two tokens only, so that different owners write the same.
        if (!owner || what < 0.1) world.open(Array.from({ length: below(12) }, () => below(2)))
        else if (what < 0.65) world.write(owner, owner.tokens.length, below(2))
        else if (what < 0.7 && owner.tokens.length > 0) world.write(owner, owner.tokens.length - 1, below(2))
        else if (what < 0.8) world.fork(owner, below(owner.tokens.length + 1))
        else if (what < 0.9) world.manager.publish(owner.table, owner.tokens, owner.tokens.length)
        else world.release(index)
        world.check()
      }
      while (world.owners.length > 0) world.release(0)
      world.check()
      expect(world.manager.used).toBe(0)
      found += world.found
      copies += world.copies
    }),
    { numRuns: 100, seed: 5 },
  )
  expect(found).toBeGreaterThan(150)
  expect(copies).toBeGreaterThan(150)
})
