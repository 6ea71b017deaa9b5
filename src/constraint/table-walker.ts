// Walks packed tables: the reference for kernels, and what walks where there is no GPU.

import { TableMasks } from './table-masks.ts'
import { type TableState, TableStepper } from './table-stepper.ts'
import type { Vocabulary } from './vocabulary.ts'

export type { TableState }

export class TableWalker extends TableStepper {
  private readonly masks = new WeakMap<Vocabulary, TableMasks>()

  /** Sets a bit per token that may come next; end tokens where the output may end. */
  mask(s: TableState, v: Vocabulary, out: Uint32Array): void {
    let masks = this.masks.get(v)
    if (!masks) {
      masks = new TableMasks(this, v)
      this.masks.set(v, masks)
    }
    masks.mask(s, out)
  }
}
