// Launcher of kernels/constraint-advance.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { VocabularyShape } from './logits-edit.ts'

export interface ConstraintAdvance {
  readonly shape: VocabularyShape
  readonly outputs: Bindable
  readonly tables: Bindable
  readonly spellings: Bindable
  readonly places: Bindable
  readonly slotTokens: Bindable
}

export function constraintAdvance(gpu: Gpu, { shape, slotTokens, ...buffers }: ConstraintAdvance): Launch {
  const { vocabSize, maskWords } = shape
  const kernel = gpu.kernel('constraint-advance', {}, { VOCAB: vocabSize, MASK_WORDS: maskWords })
  return gpu.launch(kernel, { ...buffers, slot_tokens: slotTokens }, (step) => [step.outputs])
}
