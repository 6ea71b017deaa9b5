// Launcher of kernels/constraint-mask.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { VocabularyShape } from './logits-edit.ts'

export interface ConstraintMask {
  readonly shape: VocabularyShape
  readonly outputs: Bindable
  readonly tables: Bindable
  readonly spellings: Bindable
  readonly places: Bindable
  readonly mask: Bindable
}

export function constraintMask(gpu: Gpu, { shape, ...buffers }: ConstraintMask): Launch {
  const { vocabSize, maskWords, lanes } = shape
  const byTokens = lanes > 32
  const span = byTokens ? lanes / 32 : lanes // words of the mask a workgroup
  const constants = { VOCAB: vocabSize, MASK_WORDS: maskWords, WIDTH: lanes, ...(byTokens && { MASK_SPAN: span }) }
  const kernel = gpu.kernel('constraint-mask', { threads: byTokens ? 'tokens' : 'words' }, constants)
  return gpu.launch(kernel, buffers, (step) => [Math.ceil(maskWords / span), step.outputs])
}
