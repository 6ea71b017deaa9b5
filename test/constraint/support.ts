// Small helpers for the constraint tests: judging whole texts, byte vocabularies, masks as sets. Knows no schema.

import {
  type CompiledConstraint,
  type ConstraintSpec,
  compile,
  type State,
  type Tables,
  TableWalker,
  Vocabulary,
} from '../../src/constraint/index.ts'

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

/** Every byte, then the given texts, then the end of the output. */
export function byteVocabulary(texts: readonly string[]): Vocabulary {
  const singles = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b))
  return new Vocabulary([...singles, ...texts.map(bytes), null], [256 + texts.length])
}

export type Walks = { readonly seed: number; readonly walks: number; readonly steps: number }

/**
 * Walks an engine and its packed tables side by side by random choice among allowed tokens, and compares each mask whole.
 * Gives the bits compared and the deepest stack; throws where a bit differs.
 */
export function walkBeside(
  c: CompiledConstraint,
  tables: Tables,
  v: Vocabulary,
  { seed, walks, steps }: Walks,
): { bits: number; depth: number } {
  const walker = new TableWalker(tables)
  const next = random(seed)
  const want = new Uint32Array(v.words)
  const got = new Uint32Array(v.words)
  const ends = new Set(v.eos)
  let bits = 0
  let depth = 0
  for (let walk = 0; walk < walks; walk++) {
    let s = c.start()!
    let t = walker.start()
    let text = ''
    for (let step = 0; step < steps; step++) {
      c.mask(s, v, want)
      walker.mask(t, v, got)
      if (want.some((w, i) => w !== got[i])) throw new Error(`Masks differ after ${JSON.stringify(text)}`)
      bits += v.size
      const allowed: number[] = []
      for (let id = 0; id < v.size; id++) if ((want[id >>> 5]! >>> (id & 31)) & 1 && !ends.has(id)) allowed.push(id)
      // Structure is rare among the bytes of a string: prefer it, so that walks get around.
      const structural = allowed.filter((id) => /[^\w ]/.test(String.fromCharCode(...v.bytes(id)!)))
      const pool = structural.length > 0 && next() < 0.6 ? structural : allowed
      if (pool.length === 0) {
        // The end: from the start again.
        s = c.start()!
        t = walker.start()
        text = ''
        continue
      }
      const token = pool[Math.floor(next() * pool.length)]!
      text += String.fromCharCode(...v.bytes(token)!)
      s = c.advanceToken(s, token, v)!
      for (const b of v.bytes(token)!) {
        t = walker.step(t, b)!
        let frames = 0
        for (let f = t.stack; f; f = f.below) frames++
        depth = Math.max(depth, frames)
      }
    }
  }
  return { bits, depth }
}

/** The bits compared; throws where one differs, or where there are no tables. */
export function compareTables(spec: ConstraintSpec, v: Vocabulary, walks: Walks): number {
  const c = compile(spec)
  const tables = c.tables({ millis: 20_000 })
  if (typeof tables === 'string') throw new Error(tables)
  return walkBeside(c, tables, v, walks).bits
}
