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

/** Words of the mask that a workgroup writes. */
const SPAN = 8

export function constraintMask(gpu: Gpu, { shape, ...buffers }: ConstraintMask): Launch {
  const { vocabSize, maskWords, lanes } = shape
  const constants = { VOCAB: vocabSize, MASK_WORDS: maskWords, MASK_SPAN: SPAN, WIDTH: lanes }
  const kernel = gpu.kernel('constraint-mask', {}, constants)
  return gpu.launch(kernel, buffers, (step) => [Math.ceil(maskWords / SPAN), step.outputs])
}
