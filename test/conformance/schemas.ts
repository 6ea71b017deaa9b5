// Judges JSON texts against schemas through the constraint automata and compares with the file's own verdicts:
//   npm run conformance:schemas [-- FILE.ndjson[.gz] …] [--verbose] [--limit N] [--every N] [--sample N]
// Every Nth schema (--sample, 20; 0 for none) is timed too, with vocabularies of 128k and 200k tokens: compilation and first mask,
// masks along a valid text, packing into tables, masks by tables.
// One line each: {id, schema, tests: [{v, s}]}. A schema is right when it compiles and all its texts are judged rightly.
// Third-party data stays where it is: ../shared, or INFETCH_SHARED.

import { existsSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  type CompiledConstraint,
  ConstraintError,
  compile,
  type TableState,
  type Tables,
  TableWalker,
  type Vocabulary,
} from '../../src/constraint/index.ts'
import { loadVocabulary, sharedFolder } from './schemas-data.ts'

type Line = { id: string; schema: string; tests: { v: boolean; s: string }[] }

const encoder = new TextEncoder()

export type Tally = {
  schemas: number
  right: number
  refused: number
  texts: number
  textsRight: number
  /** Of the texts whose schema is not called optional. */
  required: number
  requiredRight: number
  invalid: number
  accepted: number
  compileMs: number[]
  maskUs: Map<string, number[]>
  /** Compilation and the first mask together. */
  firstMs: Map<string, number[]>
  tableUs: Map<string, number[]>
  packMs: number[]
  packBytes: number[]
  packAsked: number
}

export function readLines(file: string): Line[] {
  const raw = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8')
  return text
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l) as Line)
}

export function judge(constraint: CompiledConstraint, text: string): boolean {
  let s = constraint.start()
  for (const b of encoder.encode(text)) {
    if (!s) return false
    s = constraint.advanceByte(s, b)
  }
  return s !== null && constraint.isAccepting(s)
}

/** Times what a request with this schema costs, the options a request has. */
function time(
  schema: string,
  text: string | undefined,
  vocabularies: ReadonlyMap<string, Vocabulary>,
  tally: Tally,
): void {
  const fresh = (): CompiledConstraint => compile({ kind: 'jsonSchema', schema }, { allowUnsatisfiable: true })
  for (const [name, vocabulary] of vocabularies) {
    const out = new Uint32Array(vocabulary.words)
    const began = performance.now()
    const c = fresh()
    const s = c.start()
    if (s) c.mask(s, vocabulary, out)
    put(tally.firstMs, name, performance.now() - began)
  }
  const c = fresh()
  const began = performance.now()
  const tables = c.tables({ millis: 2000 })
  tally.packAsked++
  if (typeof tables !== 'string') {
    tally.packMs.push(performance.now() - began)
    tally.packBytes.push(bytesOf(tables))
  }
  if (text === undefined) return
  // White space as the texts have it.
  const wide = compile({ kind: 'jsonSchema', schema }, { whitespace: 'any' })
  const wideTables = wide.tables({ millis: 2000 })
  for (const [name, vocabulary] of vocabularies) {
    timeMasks(wide, text, vocabulary, (us) => put(tally.maskUs, name, us))
    if (typeof wideTables !== 'string')
      timeTables(new TableWalker(wideTables), text, vocabulary, (us) => put(tally.tableUs, name, us))
  }
}

export const bytesOf = (t: Tables): number =>
  [t.next, t.meta, t.ret, t.retStart, t.masks].reduce((n, a) => n + a.byteLength, 256)

function put(times: Map<string, number[]>, name: string, value: number): void {
  const list = times.get(name) ?? []
  times.set(name, list)
  list.push(value)
}

const mostMasks = 60

/** The mask before every token of a text, tokens taken greedily. */
function timeMasks(
  constraint: CompiledConstraint,
  text: string,
  vocabulary: Vocabulary,
  took: (us: number) => void,
): void {
  const out = new Uint32Array(vocabulary.words)
  const bytes = encoder.encode(text)
  let s = constraint.start()
  for (let at = 0, n = 0; s && n < mostMasks; n++) {
    const began = performance.now()
    constraint.mask(s, vocabulary, out)
    took((performance.now() - began) * 1000)
    const token = at < bytes.length ? vocabulary.longest(bytes, at) : -1
    if (token < 0) break
    s = constraint.advanceToken(s, token, vocabulary)
    if (s && !((out[token >>> 5]! >>> (token & 31)) & 1))
      throw new Error(`Cannot trust mask: token ${token} walks but is masked`)
    at += vocabulary.bytes(token)!.length
  }
}

function timeTables(walker: TableWalker, text: string, vocabulary: Vocabulary, took: (us: number) => void): void {
  const out = new Uint32Array(vocabulary.words)
  const bytes = encoder.encode(text)
  let s: TableState | null = walker.start()
  for (let at = 0, n = 0; s && n < mostMasks; n++) {
    const began = performance.now()
    walker.mask(s, vocabulary, out)
    took((performance.now() - began) * 1000)
    const token = at < bytes.length ? vocabulary.longest(bytes, at) : -1
    if (token < 0) break
    for (const b of vocabulary.bytes(token)!) s = s && walker.step(s, b)
    at += vocabulary.bytes(token)!.length
  }
}

export type Options = {
  verbose?: boolean
  limit?: number
  every?: number
  vocabularies?: Map<string, Vocabulary>
  /** Every how many schemas one is timed; 0 for none. */
  sample?: number
  log?: (line: string) => void
}

export function run(file: string, options: Options = {}): Tally {
  const log = options.log ?? console.log
  const tally: Tally = {
    schemas: 0,
    right: 0,
    refused: 0,
    texts: 0,
    textsRight: 0,
    required: 0,
    requiredRight: 0,
    invalid: 0,
    accepted: 0,
    compileMs: [],
    maskUs: new Map(),
    firstMs: new Map(),
    tableUs: new Map(),
    packMs: [],
    packBytes: [],
    packAsked: 0,
  }
  const lines = readLines(file)
  const reasons = new Map<string, number>()
  for (const [i, line] of lines.entries()) {
    if (options.limit && i >= options.limit) break
    if (options.every && i % options.every !== 0) continue
    tally.schemas++
    const required = !line.id.startsWith('optional/')
    tally.texts += line.tests.length
    if (required) tally.required += line.tests.length
    tally.invalid += line.tests.filter((t) => !t.v).length
    const began = performance.now()
    let constraint: CompiledConstraint
    try {
      constraint = compile(
        { kind: 'jsonSchema', schema: line.schema },
        { whitespace: 'any', escapes: 'any', allowUnsatisfiable: true },
      )
      tally.compileMs.push(performance.now() - began)
    } catch (error) {
      tally.compileMs.push(performance.now() - began)
      if (!(error instanceof ConstraintError)) throw new Error(`Cannot judge ${line.id}`, { cause: error })
      tally.refused++
      const why = error.message.replace(/, received.*/s, '')
      reasons.set(why, (reasons.get(why) ?? 0) + 1)
      if (options.verbose) log(`refused ${line.id} ${error.pointer ?? ''} ${error.message.slice(0, 300)}`)
      continue
    }
    let right = true
    for (const t of line.tests) {
      const v = judge(constraint, t.s)
      if (v === t.v) {
        tally.textsRight++
        if (required) tally.requiredRight++
      } else right = false
      if (v && !t.v) tally.accepted++
      if (v !== t.v && options.verbose) log(`${v ? 'ACCEPTED' : 'rejected'} ${line.id} ${t.s.slice(0, 200)}`)
    }
    if (right) tally.right++
    const took = performance.now() - began
    if (options.verbose && took > 300)
      log(`slow ${line.id} ${took.toFixed(0)} ms, compile ${tally.compileMs.at(-1)!.toFixed(0)} ms`)
    if (options.sample && i % options.sample === 0) {
      const valid = line.tests.find((t) => t.v && judge(constraint, t.s))
      time(line.schema, valid?.s, options.vocabularies ?? new Map(), tally)
    }
  }
  const list = [...reasons].sort((a, b) => b[1] - a[1]).map(([why, n]) => `  ${n} × ${why}`)
  if (list.length > 0) log(`refused:\n${list.join('\n')}`)
  return tally
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0
}

const spread = (values: readonly number[], digits: number): string =>
  [0.5, 0.9, 0.99].map((p) => percentile(values, p).toFixed(digits)).join(' / ')

function report(file: string, t: Tally): void {
  const row = (what: string, is: string): void => console.log(`| ${what} | ${is} |`)
  row(file, `${t.schemas} schemas`)
  row('---', '---')
  row('schemas right', `${t.right} (${((100 * t.right) / t.schemas).toFixed(1)}%), refused ${t.refused}`)
  row('texts right', `${t.textsRight} of ${t.texts}`)
  if (t.required < t.texts) row('of them required', `${t.requiredRight} of ${t.required}`)
  row('invalid accepted', `${t.accepted} of ${t.invalid}`)
  row('compile ms p50 / p90 / p99', `${spread(t.compileMs, 2)}, most ${Math.max(...t.compileMs).toFixed(0)}`)
  for (const [name, ms] of t.firstMs) row(`compile and first mask ms p50 / p90 / p99, ${name}`, spread(ms, 2))
  for (const [name, us] of t.maskUs) row(`mask µs p50 / p90 / p99, ${name}`, `${spread(us, 0)} over ${us.length}`)
  if (t.packAsked > 0) {
    row('as tables', `${t.packBytes.length} of ${t.packAsked}`)
    row('making tables ms p50 / p90 / p99', spread(t.packMs, 1))
    row('bytes of tables p50 / p90 / p99', spread(t.packBytes, 0))
  }
  for (const [name, us] of t.tableUs)
    row(`mask by tables µs p50 / p90 / p99, ${name}`, `${spread(us, 0)} over ${us.length}`)
  console.log('')
}

export async function main(args: readonly string[]): Promise<number> {
  const value = (flag: string): string | undefined => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined)
  let files = args.filter(
    (a, i) => !a.startsWith('--') && !['--limit', '--every', '--sample'].includes(args[i - 1] ?? ''),
  )
  const shared = sharedFolder()
  if (files.length === 0) {
    if (!existsSync(shared)) {
      console.log(`skipped: ${shared} is not there (set INFETCH_SHARED)`)
      return 0
    }
    files = ['probes.ndjson', 'maskbench-dev.ndjson.gz', 'draft2020-12.ndjson'].map(
      (f) => `${shared}/data/schemas/${f}`,
    )
  }
  const sample = Number(value('--sample') ?? '20')
  const vocabularies = new Map<string, Vocabulary>()
  if (sample > 0 && existsSync(shared))
    for (const [name, file] of Object.entries({ '128k': 'llama3', '200k': 'o200k_base' }))
      vocabularies.set(name, loadVocabulary(file))
  const sum = { right: 0, schemas: 0, accepted: 0, invalid: 0 }
  for (const file of files) {
    const limit = value('--limit')
    const every = value('--every')
    const t = run(resolve(file), {
      verbose: args.includes('--verbose'),
      ...(limit ? { limit: Number(limit) } : {}),
      ...(every ? { every: Number(every) } : {}),
      vocabularies,
      sample,
    })
    report(basename(file), t)
    sum.right += t.right
    sum.schemas += t.schemas
    sum.accepted += t.accepted
    sum.invalid += t.invalid
  }
  console.log(`schemas right ${sum.right} of ${sum.schemas}`)
  console.log(`invalid accepted ${sum.accepted} of ${sum.invalid}`)
  if (!(sum.accepted === 0)) process.exitCode = 1
  return sum.accepted === 0 ? 0 : 1
}
