// Launcher of kernels/copy-blocks.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'

export interface CopyBlocks {
  /** Bytes of a block, a multiple of 16. */
  readonly blockBytes: number
  /** u32 (from, to) each. */
  readonly pairs: Bindable
  readonly blocks: Bindable
  /** How many pairs to copy. */
  readonly count: () => number
}

export function copyBlocks(gpu: Gpu, { blockBytes, pairs, blocks, count }: CopyBlocks): Launch {
  const units = blockBytes / 16
  const kernel = gpu.kernel('copy-blocks', {}, { UNITS: units })
  return gpu.launch(kernel, { pairs, blocks }, () => [Math.ceil(units / kernel.workgroupSize[0]), count()])
}
