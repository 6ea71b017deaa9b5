// Prompts for models that fill a gap: the tokens by which a vocabulary marks what comes before and after it. Knows families
// of vocabularies, no request.

import { TextError } from './errors.ts'
import type { Tokenizer } from './tokenizer.ts'

interface Marks {
  readonly prefix: string
  readonly suffix: string
  readonly middle: string
  /** What comes after the gap is told first, and the prompt ends with what comes before it. */
  readonly suffixFirst?: true
}

const FAMILIES: readonly Marks[] = [
  { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' }, // Qwen Coder, CodeGemma
  { prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>' }, // StarCoder, SmolLM, Granite Code
  { prefix: '<fim-prefix>', suffix: '<fim-suffix>', middle: '<fim-middle>' }, // SantaCoder
  { prefix: '<｜fim▁begin｜>', suffix: '<｜fim▁hole｜>', middle: '<｜fim▁end｜>' }, // DeepSeek
  { prefix: '▁<PRE>', suffix: '▁<SUF>', middle: '▁<MID>' }, // CodeLlama
  { prefix: '[PREFIX]', suffix: '[SUFFIX]', middle: '', suffixFirst: true }, // Codestral
]

/** @throws TextError where the vocabulary has no such tokens */
export function fillInTheMiddle(prefix: readonly number[], suffix: readonly number[], tokenizer: Tokenizer): number[] {
  for (const marks of FAMILIES) {
    const [before, after, middle] = [marks.prefix, marks.suffix, marks.middle].map((piece) => tokenizer.tokenId(piece))
    if (before === undefined || after === undefined) continue
    if (marks.suffixFirst) return [after, ...suffix, before, ...prefix]
    if (middle !== undefined) return [before, ...prefix, after, ...suffix, middle]
  }
  throw new TextError('Cannot fill in the middle: the model has no tokens for it')
}
