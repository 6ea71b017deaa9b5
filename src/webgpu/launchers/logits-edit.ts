// Launcher of kernels/logits-edit.wgsl.

import type { Bindable, Gpu, Kernel, Launch } from '../gpu.ts'

/** Sizes that the sampling kernels share. */
export interface VocabularyShape {
  readonly vocabSize: number
  /** Elements a row of edited logits: `vocabSize` rounded up to 4. */
  readonly stride: number
  /** Tokens a workgroup of the first pass takes; a multiple of 4. */
  readonly chunk: number
  /** Chunks a row. */
  readonly chunks: number
  /** Words a row of the mask. */
  readonly maskWords: number
  /** Threads of a workgroup. */
  readonly lanes: number
}

export const VOCABULARY_CHUNK = 4096

export function vocabularyShape(vocabSize: number, lanes: number): VocabularyShape {
  return {
    vocabSize,
    stride: Math.ceil(vocabSize / 4) * 4,
    chunk: VOCABULARY_CHUNK,
    chunks: Math.ceil(vocabSize / VOCABULARY_CHUNK),
    maskWords: Math.ceil(vocabSize / 32),
    lanes,
  }
}

/** Elements a row of logits: one for each token, then the best of every four. */
export const logitsStride = (vocabSize: number) => vocabSize + Math.ceil(vocabSize / 4)

export interface LogitsEdit {
  readonly shape: VocabularyShape
  readonly outputs: Bindable
  readonly slots: Bindable
  /** f32 [maxOutputs, logitsStride(vocabSize)] */
  readonly logits: Bindable
  readonly counts: Bindable
  readonly bias: Bindable
  readonly mask: Bindable
  readonly edited: Bindable
  readonly partials: Bindable
}

/** Its structs tell how SamplingSlot and Partial lie in memory. */
export function logitsEditKernel(gpu: Gpu, shape: VocabularyShape): Kernel {
  const { vocabSize, stride, chunk, chunks, maskWords, lanes } = shape
  return gpu.kernel(
    'logits-edit',
    {},
    {
      VOCAB: vocabSize,
      STRIDE: stride,
      CHUNK: chunk,
      CHUNKS: chunks,
      MASK_WORDS: maskWords,
      WIDTH: lanes,
    },
  )
}

export function logitsEdit(gpu: Gpu, { shape, ...buffers }: LogitsEdit): Launch {
  return gpu.launch(logitsEditKernel(gpu, shape), buffers, (step) => [shape.chunks, step.outputs])
}
