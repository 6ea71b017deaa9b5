// Which blocks a sequence takes over where it is placed: a sibling's, or those that the prefix cache finds. Decides nothing
// else, and tells nobody.

import type { BlockCopy, BlockManager, BlockTable } from './block-manager.ts'
import type { Sequence } from './sequence.ts'

/** A table, of whose positions the first `start` are computed already. */
export interface SharedTable {
  readonly table: BlockTable
  readonly start: number
  /** To be made before a step writes to the table. */
  readonly copy?: BlockCopy
}

/** A table for `positions`; undefined where that would leave fewer than `reserve` blocks. */
export function sharedTable(
  blocks: BlockManager,
  { group, choice, tokens }: Sequence,
  positions: number,
  reserve: number,
): SharedTable | undefined {
  const limit = positions - 1 // the last one is computed in any case: its logits are wanted
  // Positions whose score or hidden state is wanted are computed.
  const { scorePrompt, pool } = group.request
  const scored = scorePrompt && choice === 0 ? Math.min(limit, group.scored) : limit
  const unscored = pool === 'sum' ? 0 : scored
  const found = blocks.find(tokens, unscored)
  const room = blocks.available - reserve

  const forkable = Math.min(unscored, group.promptPositions)
  const sibling = group.sequences.find(({ place, written }) => place && written >= group.promptPositions)
  if (sibling && forkable > found.blocks.length * blocks.blockSize) {
    const whole = Math.floor(forkable / blocks.blockSize) // the block after these is copied if partly shared
    if (blocks.blocksFor(positions) - whole > room) return undefined
    const table = blocks.fork(sibling.place!.table, forkable)
    const copy = forkable % blocks.blockSize > 0 ? blocks.claim(table, forkable)!.copy : undefined
    blocks.grow(table, positions)
    return { table, start: forkable, copy }
  }
  const taken = blocks.blocksFor(positions) - found.blocks.length + found.unheld
  if (taken > room) return undefined
  const table = blocks.open(found.blocks)
  blocks.grow(table, positions)
  return { table, start: found.blocks.length * blocks.blockSize }
}
