// One random walk through a constraint: a random choice among allowed tokens, steered to an end after a while. Knows no oracle.

import type { Expr } from '../../src/constraint/expression.ts'
import type { CompiledConstraint, State, TableWalker, Vocabulary } from '../../src/constraint/index.ts'
import { at, Frame } from '../../src/constraint/json-frames.ts'
import { event } from '../../src/constraint/lex-table.ts'
import { NumberMachine } from '../../src/constraint/number-machine.ts'
import { TextLexer } from '../../src/constraint/text-lexer.ts'

export type Walk = { text: string; end: 'done' | 'dead' | 'long'; tokens: number; depth: number }

/** What ends things soonest, best first: outside strings } ] : 0 " and inside the quote. */
const closers = [0x7d, 0x5d, 0x3a, 0x30, 0x22]

/** At the first letter of a member's name: the names still required. */
function missingNames(s: State, first: boolean): string[] {
  const f = s.context
  if (!(f instanceof Frame) || f.place !== at.key || !first) return []
  const found: string[] = []
  const visit = (x: Expr): void => {
    if (x.atom?.k === 'required') found.push(x.atom.key)
    x.xs.forEach(visit)
  }
  f.demand.roots.forEach(visit)
  return found.filter((n) => !f.used.has(n))
}

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)]

function spell(v: Vocabulary, list: readonly number[]): number[] {
  const bytes = Uint8Array.from(list)
  const out: number[] = []
  for (let i = 0; i < bytes.length; ) {
    const token = v.longest(bytes, i)
    if (token < 0) return []
    out.push(token)
    i += v.bytes(token)!.length
  }
  return out
}

/** Inside a string or number, or raw text: the fewest bytes to its end, by a search in the byte table alone. */
function endOfLexeme(c: CompiledConstraint, from: number): number[] {
  const { table } = c.engine
  const owner = table.owner(from)
  if (!(owner instanceof TextLexer || owner instanceof NumberMachine)) return []
  const before = new Map<number, [number, number]>([[from, [0, 0]]])
  const queue = [from]
  const pathTo = (lex: number, path: number[]): number[] => {
    for (let x = lex; x !== from; x = before.get(x)![0]) path.unshift(before.get(x)![1])
    return path
  }
  for (let i = 0; i < queue.length && i < 5000; i++) {
    const lex = queue[i]!
    if (c.engine.name === 'text' && (owner as TextLexer).result(lex) >= 0) return pathTo(lex, [])
    // Letters and digits first, so that most texts stay readable.
    for (const b of order) {
      const to = table.next(lex, b)
      if (to === event) {
        return pathTo(lex, owner instanceof TextLexer ? [b] : [])
      }
      if (to > 0 && !before.has(to)) {
        before.set(to, [lex, b])
        queue.push(to)
      }
    }
  }
  return []
}

const order = [
  0x22,
  0x2c,
  ...Array.from({ length: 95 }, (_, i) => 0x7e - i),
  ...Array.from({ length: 128 }, (_, i) => 128 + i),
]

export type Limits = { readonly free: number; readonly most: number }

/**
 * Walks until the text may end; after `free` tokens it takes what closes, after `most` it gives up. With tables the masks are
 * theirs, and the engine only steers.
 */
export function walk(
  c: CompiledConstraint,
  v: Vocabulary,
  next: () => number,
  { free, most }: Limits,
  tables: TableWalker | null = null,
): Walk {
  const out = new Uint32Array(v.words)
  const bytes: number[] = []
  let s = c.start()!
  let place = tables?.start() ?? null
  let depth = 0
  const ended = (end: Walk['end'], text: string, tokens: number): Walk => ({ end, text, tokens, depth })
  let script: number[] = []
  let last: unknown = null
  const isEos = new Set(v.eos)
  for (let n = 0; n < most; n++) {
    if (tables) tables.mask(place!, v, out)
    else c.mask(s, v, out)
    const allowed: number[] = []
    for (let w = 0; w < out.length; w++) {
      let word = out[w]!
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word)
        allowed.push(w * 32 + bit)
        word &= word - 1
      }
    }
    const text = (): string => new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes))
    if (allowed.length === 0) return ended('dead', new TextDecoder().decode(Uint8Array.from(bytes)), n)
    const ends = allowed.some((t) => isEos.has(t))
    if (ends && (n >= free || next() < 0.1 || allowed.length === v.eos.length)) return ended('done', text(), n)
    let token = allowed[Math.floor(next() * allowed.length)]!
    if (n >= free && script.length === 0) {
      const names = missingNames(s, s.context !== last)
      const name = names.length > 0 ? names[Math.floor(next() * names.length)] : undefined
      if (name !== undefined) script = spell(v, bytesOf(`${JSON.stringify(name).slice(1)}:`))
      else if (c.engine.name !== 'grammar') script = spell(v, endOfLexeme(c, s.lex))
    }
    if (script.length > 0) {
      const planned = script.shift()!
      if (allowed.includes(planned)) token = planned
      else script = []
    } else if (n >= free) {
      const single = (byte: number): number | undefined =>
        allowed.find((t) => v.bytes(t)?.length === 1 && v.bytes(t)![0] === byte)
      // Only inside a string both brackets may come.
      const inside = single(0x7d) !== undefined && single(0x5d) !== undefined ? single(0x22) : undefined
      const close = next() < 0.9 ? (inside ?? closers.map(single).find((t) => t !== undefined)) : undefined
      const short = allowed.filter((t) => (v.bytes(t)?.length ?? 99) === 1)
      if (close !== undefined) token = close
      else if (short.length > 0) token = short[Math.floor(next() * short.length)]!
    }
    if (isEos.has(token)) return ended('done', text(), n)
    const to = c.advanceToken(s, token, v)
    if (!to) throw new Error(`Cannot walk: token ${token} is masked in and does not advance`)
    bytes.push(...v.bytes(token)!)
    if (tables) {
      for (const b of v.bytes(token)!) {
        place = tables.step(place!, b)!
        let frames = 0
        for (let f = place.stack; f; f = f.below) frames++
        depth = Math.max(depth, frames)
      }
    }
    last = s.context
    s = to
  }
  return ended('long', new TextDecoder().decode(Uint8Array.from(bytes)), most)
}
