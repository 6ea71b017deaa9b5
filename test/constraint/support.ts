// Small helpers for the constraint tests: judging whole texts, byte vocabularies, masks as sets. Knows no schema.

import { type CompiledConstraint, type State, Vocabulary } from '../../src/constraint/index.ts'

const encoder = new TextEncoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)

export function reach(c: CompiledConstraint, text: string): State | null {
  const start = c.start()
  return start && c.advanceBytes(start, bytes(text))
}

export function judge(c: CompiledConstraint, text: string): boolean {
  const s = reach(c, text)
  return s !== null && c.isAccepting(s)
}

/** A vocabulary of the given texts, its last id the end of the output. */
export function vocabularyOf(texts: readonly string[]): Vocabulary {
  return new Vocabulary([...texts.map(bytes), null], [texts.length])
}

export function maskOf(c: CompiledConstraint, s: State, v: Vocabulary): Set<number> {
  const out = new Uint32Array(v.words)
  c.mask(s, v, out)
  const set = new Set<number>()
  for (let i = 0; i < v.size; i++) if ((out[i >>> 5]! >>> (i & 31)) & 1) set.add(i)
  return set
}

/** All strings over an alphabet up to a length, shortest first. */
export function strings(alphabet: string, most: number): string[] {
  let last = ['']
  const all = ['']
  for (let n = 0; n < most; n++) {
    last = last.flatMap((s) => [...alphabet].map((c) => s + c))
    all.push(...last)
  }
  return all
}

/** A seeded generator of numbers in [0, 1). */
export function random(seed: number): () => number {
  let x = seed >>> 0 || 1
  return () => {
    x ^= x << 13
    x >>>= 0
    x ^= x >>> 17
    x ^= x << 5
    x >>>= 0
    return x / 2 ** 32
  }
}
