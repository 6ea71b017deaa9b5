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
  const span = lanes > 32 ? lanes / 32 : 8 // words of the mask that a workgroup writes: a token a thread, or 8
  const constants = { VOCAB: vocabSize, MASK_WORDS: maskWords, MASK_SPAN: span, WIDTH: lanes }
  const kernel = gpu.kernel('constraint-mask', {}, constants)
  return gpu.launch(kernel, buffers, (step) => [Math.ceil(maskWords / span), step.outputs])
}
