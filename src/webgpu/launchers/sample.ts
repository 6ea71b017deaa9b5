// Launchers of kernels/logits-histogram.wgsl and kernels/sample.wgsl, which draws from what the former counts.

import type { Bindable, Gpu, Launch } from '../gpu.ts'
import type { VocabularyShape } from './logits-edit.ts'

/** Bins of an output's histogram; one more pair of words holds the totals. */
const BINS = 128
export const HISTOGRAM_WORDS = 2 * (BINS + 1)

export interface Sample {
  readonly shape: VocabularyShape
  readonly maxSequences: number
  readonly recordWords: number
  /** Whether any output of the step being encoded draws at a temperature above 0. */
  readonly drawn: () => boolean
  readonly outputs: Bindable
  readonly slots: Bindable
  readonly edited: Bindable
  readonly partials: Bindable
  readonly histogram: Bindable
  readonly counts: Bindable
  readonly slotTokens: Bindable
  readonly records: Bindable
}

export function sample(gpu: Gpu, op: Sample): Launch[] {
  const { shape, maxSequences, recordWords, drawn } = op
  const { outputs, slots, edited, partials, histogram, counts, slotTokens, records } = op
  const { vocabSize, stride, chunk, chunks, lanes } = shape
  const constants = { BINS, STRIDE4: stride / 4, CHUNK: chunk, CHUNKS: chunks, WIDTH: lanes }
  const count = gpu.kernel('logits-histogram', {}, constants)
  const choose = gpu.kernel(
    'sample',
    {},
    {
      ...constants,
      VOCAB: vocabSize,
      MAX_SEQUENCES: maxSequences,
      RECORD_WORDS: recordWords,
    },
  )
  return [
    gpu.launch(count, { outputs, slots, edited, partials, histogram }, (step) =>
      drawn() ? [chunks, step.outputs] : undefined,
    ),
    gpu.launch(
      choose,
      { outputs, slots, edited, partials, histogram, counts, slot_tokens: slotTokens, records },
      (step) => [step.outputs],
    ),
  ]
}
