// What every token id spells, as constraints need it. Knows a tokenizer; knows no constraint.

import type { Tokenizer } from './tokenizer.ts'

export interface TokenSpellings {
  /** By id, `vocabSize` of them; null for special tokens, but for marks, and those without text. */
  readonly tokens: readonly (Uint8Array | null)[]
  /** Ids that end a text. */
  readonly ends: readonly number[]
}

/**
 * Spelled out when first asked for: a large vocabulary takes a moment.
 * @param marks special tokens that are text all the same
 */
export function tokenSpellings(
  tokenizer: Tokenizer,
  vocabSize: number,
  ends: readonly number[],
  marks: readonly string[] = [],
): TokenSpellings {
  let tokens: readonly (Uint8Array | null)[] | undefined
  const spell = (id: number) => {
    const bytes =
      tokenizer.isSpecial(id) && !marks.includes(tokenizer.piece(id) ?? '') ? undefined : tokenizer.tokenBytes(id)
    return bytes && bytes.length > 0 ? bytes : null
  }
  return {
    get tokens() {
      tokens ??= Array.from({ length: vocabSize }, (_, id) => spell(id))
      return tokens
    },
    ends,
  }
}
