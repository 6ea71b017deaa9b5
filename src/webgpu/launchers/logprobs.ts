// Launcher of kernels/logprobs.wgsl.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { VocabularyShape } from './logits-edit.ts'

export interface Logprobs {
  readonly shape: VocabularyShape
  readonly recordWords: number
  /** Whether any output of the step being encoded asks for log-probabilities. */
  readonly asked: () => boolean
  readonly outputs: Bindable
  readonly slots: Bindable
  readonly logits: Bindable
  readonly mask: Bindable
  readonly partials: Bindable
  readonly records: Bindable
}

export function logprobs(gpu: Gpu, { shape, recordWords, asked, ...buffers }: Logprobs): Launch {
  const { vocabSize, chunk, chunks, maskWords, lanes } = shape
  const constants = {
    VOCAB: vocabSize,
    CHUNK: chunk,
    CHUNKS: chunks,
    MASK_WORDS: maskWords,
    RECORD_WORDS: recordWords,
    WIDTH: lanes,
  }
  return gpu.launch(gpu.kernel('logprobs', {}, constants), buffers, (step) => (asked() ? [step.outputs] : undefined))
}
