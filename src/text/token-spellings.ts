// What every token id spells, as constraints need it. Knows a tokenizer; knows no constraint.

import type { Tokenizer } from './tokenizer.ts'

export interface TokenSpellings {
  /** By id, `vocabSize` of them; null for special tokens and those without text. */
  readonly tokens: readonly (Uint8Array | null)[]
  /** Ids that end a text. */
  readonly ends: readonly number[]
}

/** Spelled out when first asked for: a large vocabulary takes a moment. */
export function tokenSpellings(tokenizer: Tokenizer, vocabSize: number, ends: readonly number[]): TokenSpellings {
  let tokens: readonly (Uint8Array | null)[] | undefined
  const spell = (id: number) => {
    const bytes = tokenizer.isSpecial(id) ? undefined : tokenizer.tokenBytes(id)
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
