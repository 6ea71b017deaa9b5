// Random walks: generation by random choice among allowed tokens, steered to an end after a while, must end in text that parses
// and that ajv holds valid, whatever the schema and the vocabulary. No dead end on the way.
//   npm run conformance:schemas-walks [-- --count N --vocabulary stories|llama3|o200k_base --seed S --verbose]

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Expr } from '../../src/constraint/expression.ts'
import {
  type CompiledConstraint,
  ConstraintError,
  compile,
  type State,
  type Vocabulary,
} from '../../src/constraint/index.ts'
import { at, Frame } from '../../src/constraint/json-frames.ts'
import { event } from '../../src/constraint/lex-table.ts'
import { NumberMachine } from '../../src/constraint/number-machine.ts'
import { TextLexer } from '../../src/constraint/text-lexer.ts'
import { random } from '../constraint/support.ts'
import { readLines } from './schemas.ts'
import { namedVocabulary, optionsOf, sharedFolder } from './schemas-data.ts'
import { validator } from './schemas-oracle.ts'

export type Walk = { text: string; end: 'done' | 'dead' | 'long'; tokens: number }

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

/** Inside a string or number: the fewest bytes to its end, by a search in the byte table alone. */
function endOfLexeme(c: CompiledConstraint, from: number): number[] {
  const { table } = c.engine
  const owner = table.owner(from)
  if (!(owner instanceof TextLexer || owner instanceof NumberMachine)) return []
  const before = new Map<number, [number, number]>([[from, [0, 0]]])
  const queue = [from]
  for (let i = 0; i < queue.length && i < 5000; i++) {
    const lex = queue[i]!
    // Letters and digits first, so that most texts stay readable.
    for (const b of order) {
      const to = table.next(lex, b)
      if (to === event) {
        const path = owner instanceof TextLexer ? [b] : []
        for (let x = lex; x !== from; x = before.get(x)![0]) path.unshift(before.get(x)![1])
        return path
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

/** Walks until the text may end; after `free` tokens it takes what closes. */
export function walk(c: CompiledConstraint, v: Vocabulary, next: () => number, free: number, most: number): Walk {
  const out = new Uint32Array(v.words)
  const bytes: number[] = []
  let s = c.start()!
  let script: number[] = []
  let last: unknown = null
  const isEos = new Set(v.eos)
  for (let n = 0; n < most; n++) {
    c.mask(s, v, out)
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
    if (allowed.length === 0) return { text: new TextDecoder().decode(Uint8Array.from(bytes)), end: 'dead', tokens: n }
    const ends = allowed.some((t) => isEos.has(t))
    if (ends && (n >= free || next() < 0.1 || allowed.length === v.eos.length))
      return { text: text(), end: 'done', tokens: n }
    let token = allowed[Math.floor(next() * allowed.length)]!
    if (n >= free && script.length === 0) {
      const names = missingNames(s, s.context !== last)
      const name = names.length > 0 ? names[Math.floor(next() * names.length)] : undefined
      if (name !== undefined) script = spell(v, bytesOf(`${JSON.stringify(name).slice(1)}:`))
      else if (c.engine.name === 'json') script = spell(v, endOfLexeme(c, s.lex))
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
    if (isEos.has(token)) return { text: text(), end: 'done', tokens: n }
    const to = c.advanceToken(s, token, v)
    if (!to) throw new Error(`Cannot walk: token ${token} is masked in and does not advance`)
    bytes.push(...v.bytes(token)!)
    last = s.context
    s = to
  }
  return { text: new TextDecoder().decode(Uint8Array.from(bytes)), end: 'long', tokens: most }
}

/** Walks of regexes taken from the schemas and of every grammar in gbnf/. */
function walkTexts(v: Vocabulary, next: () => number, regexes: number, verbose: boolean): number {
  const folder = `${sharedFolder()}/data/schemas`
  const patterns = new Set<string>()
  const collect = (x: unknown): void => {
    if (typeof x !== 'object' || x === null) return
    for (const [k, y] of Object.entries(x)) {
      if (k === 'pattern' && typeof y === 'string') patterns.add(y)
      collect(y)
    }
  }
  for (const line of readLines(`${folder}/maskbench-dev.ndjson.gz`)) collect(JSON.parse(line.schema))
  let walks = 0
  let wrong = 0
  for (const source of patterns) {
    if (walks >= regexes) break
    let c: CompiledConstraint
    try {
      c = compile({ kind: 'regex', regex: source })
    } catch (error) {
      if (error instanceof ConstraintError) continue
      throw error
    }
    let host: RegExp
    try {
      host = new RegExp(`^(?:${source})$`, 'u')
    } catch {
      host = new RegExp(`^(?:${source})$`)
    }
    walks++
    const w = walk(c, v, next, 20, 4000)
    const ok = w.end === 'long' || (w.end === 'done' && host.test(w.text))
    if (!ok) wrong++
    if (!ok && verbose) console.log(`${w.end} ${source} ${JSON.stringify(w.text.slice(0, 200))}`)
  }
  for (const file of readdirSync(`${folder}/gbnf`).filter((f) => f.endsWith('.gbnf'))) {
    const c = compile({ kind: 'grammar', grammar: readFileSync(`${folder}/gbnf/${file}`, 'utf8') })
    for (let k = 0; k < 20; k++) {
      const w = walk(c, v, next, 30, 800)
      walks++
      const s = c.advanceBytes(c.start()!, new TextEncoder().encode(w.text))
      const ok = w.end === 'long' || (w.end === 'done' && s !== null && c.isAccepting(s))
      if (!ok) wrong++
      if (!ok && verbose) console.log(`${w.end} ${file} ${JSON.stringify(w.text.slice(0, 200))}`)
    }
  }
  console.log(`walks of regexes and grammars wrong ${wrong} of ${walks}`)
  return wrong
}

export async function main(args: readonly string[]): Promise<number> {
  const option = optionsOf(args)
  const shared = sharedFolder()
  if (!existsSync(shared)) {
    console.log(`skipped: ${shared} is not there (set INFETCH_SHARED)`)
    return 0
  }
  const name = option('--vocabulary', 'stories')
  const vocabulary = namedVocabulary(name)
  const count = Number(option('--count', '200'))
  const perSchema = Number(option('--walks', '1'))
  const next = random(Number(option('--seed', '1')))
  const verbose = args.includes('--verbose')
  if (args.includes('--regexes'))
    return walkTexts(vocabulary, next, Number(option('--regexes', '300')), verbose) === 0 ? 0 : 1
  const lines = readLines(option('--file', `${shared}/data/schemas/maskbench-dev.ndjson.gz`))
  const stride = Math.max(1, Math.floor(lines.length / count))
  const tally = { schemas: 0, walks: 0, tokens: 0, unparseable: 0, invalid: 0, dead: 0, long: 0, unjudged: 0 }
  const began = performance.now()
  for (let i = Number(option('--from', '0')); i < lines.length && tally.schemas < count; i += stride) {
    const line = lines[i]!
    let c: CompiledConstraint
    try {
      c = compile({ kind: 'jsonSchema', schema: line.schema })
    } catch (error) {
      if (error instanceof ConstraintError) continue
      throw error
    }
    const validate = validator(line.schema)
    tally.schemas++
    for (let k = 0; k < perSchema; k++) {
      const w = walk(c, vocabulary, next, 40, 3000)
      tally.walks++
      tally.tokens += w.tokens
      const report = (what: string, why = ''): void => {
        if (verbose) console.log(`${what} ${line.id} ${why} ${w.text.slice(0, 300)}`)
      }
      if (w.end === 'dead') {
        tally.dead++
        report('DEAD')
        continue
      }
      if (w.end === 'long') {
        tally.long++
        report('long')
        continue
      }
      let value: unknown
      try {
        value = JSON.parse(w.text)
      } catch {
        tally.unparseable++
        report('UNPARSEABLE')
        continue
      }
      if (typeof validate === 'string') {
        tally.unjudged++
        if (k === 0) report('unjudged', validate)
      } else if (!validate(value)) {
        tally.invalid++
        report('INVALID', JSON.stringify(validate.errors?.[0]))
      }
    }
  }
  console.log(`${name}: ${JSON.stringify(tally)} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  console.log(
    `walks unparseable ${tally.unparseable}, invalid ${tally.invalid}, dead ends ${tally.dead} of ${tally.walks}`,
  )
  if (!(tally.unparseable + tally.invalid + tally.dead === 0)) process.exitCode = 1
  return tally.unparseable + tally.invalid + tally.dead === 0 ? 0 : 1
}
