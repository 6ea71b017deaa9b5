// Judges JSON texts against schemas through the constraint automata and compares with the file's own verdicts:
//   npm run conformance:schemas [-- FILE.ndjson[.gz] …] [--verbose] [--masks] [--limit N]
// One line each: {id, schema, tests: [{v, s}]}. A schema is right when it compiles and all its texts are judged rightly.
// Third-party data stays where it is: ../shared, or INFETCH_SHARED.

import { existsSync, readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type CompiledConstraint, ConstraintError, compile, type Vocabulary } from '../../src/constraint/index.ts'
import { loadVocabulary, sharedFolder } from './schemas-data.ts'

type Line = { id: string; schema: string; tests: { v: boolean; s: string }[] }

const encoder = new TextEncoder()

export type Tally = {
  schemas: number
  right: number
  refused: number
  texts: number
  textsRight: number
  invalid: number
  accepted: number
  compileMs: number[]
  maskUs: Map<string, number[]>
  /** Compilation and the first mask together. */
  firstMs: Map<string, number[]>
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

/** Times a fresh compilation with its first mask. */
function timeFirst(schema: string, name: string, vocabulary: Vocabulary, tally: Tally): void {
  const out = new Uint32Array(vocabulary.words)
  const began = performance.now()
  const c = compile({ kind: 'jsonSchema', schema }, { allowUnsatisfiable: true })
  const s = c.start()
  if (s) c.mask(s, vocabulary, out)
  const times = tally.firstMs.get(name) ?? []
  tally.firstMs.set(name, times)
  times.push(performance.now() - began)
}

/** Times the mask before every token of a text, tokens taken greedily. */
function timeMasks(
  constraint: CompiledConstraint,
  text: string,
  name: string,
  vocabulary: Vocabulary,
  tally: Tally,
): void {
  const out = new Uint32Array(vocabulary.words)
  const times = tally.maskUs.get(name) ?? []
  tally.maskUs.set(name, times)
  const bytes = encoder.encode(text)
  let s = constraint.start()
  for (let at = 0, n = 0; s && n < 60; n++) {
    const began = performance.now()
    constraint.mask(s, vocabulary, out)
    times.push((performance.now() - began) * 1000)
    if (at >= bytes.length) break
    const token = vocabulary.longest(bytes, at)
    if (token < 0) break
    const spelled = vocabulary.bytes(token)!
    s = constraint.advanceToken(s, token, vocabulary)
    if (s && !((out[token >>> 5]! >>> (token & 31)) & 1))
      throw new Error(`Cannot trust mask: token ${token} walks but is masked`)
    at += spelled.length
  }
}

export type Options = {
  verbose?: boolean
  limit?: number
  every?: number
  vocabularies?: Map<string, Vocabulary>
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
    invalid: 0,
    accepted: 0,
    compileMs: [],
    maskUs: new Map(),
    firstMs: new Map(),
  }
  const lines = readLines(file)
  const reasons = new Map<string, number>()
  for (const [i, line] of lines.entries()) {
    if (options.limit && i >= options.limit) break
    if (options.every && i % options.every !== 0) continue
    tally.schemas++
    tally.texts += line.tests.length
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
      if (v === t.v) tally.textsRight++
      else right = false
      if (v && !t.v) tally.accepted++
      if (v !== t.v && options.verbose) log(`${v ? 'ACCEPTED' : 'rejected'} ${line.id} ${t.s.slice(0, 200)}`)
    }
    if (right) tally.right++
    const took = performance.now() - began
    if (options.verbose && took > 300)
      log(`slow ${line.id} ${took.toFixed(0)} ms, compile ${tally.compileMs.at(-1)!.toFixed(0)} ms`)
    for (const [name, vocabulary] of options.vocabularies ?? []) {
      timeFirst(line.schema, name, vocabulary, tally)
      const valid = line.tests.find((t) => t.v && judge(constraint, t.s))
      if (valid) timeMasks(constraint, valid.s, name, vocabulary, tally)
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

export async function main(args: readonly string[]): Promise<number> {
  const value = (flag: string): string | undefined => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined)
  let files = args.filter((a, i) => !a.startsWith('--') && !['--limit', '--every'].includes(args[i - 1] ?? ''))
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
  const vocabularies = new Map<string, Vocabulary>()
  if (args.includes('--masks'))
    for (const name of ['llama3', 'o200k_base']) vocabularies.set(name, loadVocabulary(name))
  const sum = { right: 0, schemas: 0, accepted: 0, invalid: 0 }
  for (const file of files) {
    const limit = value('--limit')
    const every = value('--every')
    const t = run(resolve(file), {
      verbose: args.includes('--verbose'),
      ...(limit ? { limit: Number(limit) } : {}),
      ...(every ? { every: Number(every) } : {}),
      vocabularies,
    })
    console.log(
      `${basename(file)}: schemas right ${t.right} of ${t.schemas}, refused ${t.refused}; texts right ${t.textsRight} of ${t.texts}`,
    )
    console.log(`  compile ms p50 / p90 / p99: ${spread(t.compileMs, 2)}, max ${Math.max(...t.compileMs).toFixed(0)}`)
    for (const [name, ms] of t.firstMs)
      console.log(`  compile and first mask ms p50 / p90 / p99, ${name}: ${spread(ms, 2)}`)
    for (const [name, us] of t.maskUs)
      console.log(`  mask µs p50 / p90 / p99, ${name}: ${spread(us, 0)} over ${us.length}`)
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
