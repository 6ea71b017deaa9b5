// Random walks end valid: in text that parses and that ajv holds valid, whatever the schema and the vocabulary; in text the host's
// RegExp takes; in text the grammar takes. No dead end on the way. Each is walked by the engine, and by packed tables where it has
// them, which is what a GPU does.
//   npm run conformance:schemas-walks [-- --count N --regexes N --grammars N --vocabulary stories|llama3|o200k_base
//   --seed S --from I --verbose]

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import {
  type CompiledConstraint,
  ConstraintError,
  type ConstraintSpec,
  compile,
  TableWalker,
  type Vocabulary,
} from '../../src/constraint/index.ts'
import { random } from '../constraint/support.ts'
import { percentile, readLines } from './schemas.ts'
import { namedVocabulary, optionsOf, sharedFolder } from './schemas-data.ts'
import { validator } from './schemas-oracle.ts'
import { type Limits, walk } from './schemas-walk.ts'

type Verdict = 'valid' | 'unjudged' | 'unparseable' | 'invalid'
type Tally = Record<Verdict | 'dead' | 'long', number> & {
  walks: number
  tables: number
  tokens: number
  depths: number[]
}

const blank = (): Tally => ({
  walks: 0,
  tables: 0,
  tokens: 0,
  valid: 0,
  unjudged: 0,
  unparseable: 0,
  invalid: 0,
  dead: 0,
  long: 0,
  depths: [],
})

class Walks {
  private readonly vocabulary: Vocabulary
  private readonly next: () => number
  private readonly verbose: boolean

  constructor(vocabulary: Vocabulary, seed: number, verbose: boolean) {
    this.vocabulary = vocabulary
    this.next = random(seed)
    this.verbose = verbose
  }

  /** By the engine and by the tables. */
  both(c: CompiledConstraint, name: string, limits: Limits, judge: (text: string) => Verdict, tally: Tally): void {
    const tables = c.tables({ millis: 2000 })
    for (const walker of typeof tables === 'string' ? [null] : [null, new TableWalker(tables)]) {
      const w = walk(c, this.vocabulary, this.next, limits, walker)
      const verdict = w.end === 'done' ? judge(w.text) : w.end
      tally.walks++
      tally.tokens += w.tokens
      tally[verdict]++
      if (walker) {
        tally.tables++
        tally.depths.push(w.depth)
      }
      if (verdict !== 'valid' && this.verbose) console.log(`${verdict} ${name} ${JSON.stringify(w.text.slice(0, 300))}`)
    }
  }
}

function compiled(spec: ConstraintSpec): CompiledConstraint | null {
  try {
    return compile(spec)
  } catch (error) {
    if (error instanceof ConstraintError) return null
    throw error
  }
}

function schemas(walks: Walks, count: number, from: number): Tally & { schemas: number } {
  const lines = readLines(`${sharedFolder()}/data/schemas/maskbench-dev.ndjson.gz`)
  const tally = { ...blank(), schemas: 0 }
  const stride = Math.max(1, Math.floor(lines.length / (count * 1.03)))
  for (let i = from; i < lines.length && tally.schemas < count; i += stride) {
    const { schema, id } = lines[i]!
    const c = compiled({ kind: 'jsonSchema', schema })
    if (!c) continue
    tally.schemas++
    const validate = validator(schema)
    walks.both(c, id, { free: 40, most: 3000 }, (text) => parsed(text, validate), tally)
  }
  return tally
}

function parsed(text: string, validate: ReturnType<typeof validator>): Verdict {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'unparseable'
  }
  if (typeof validate === 'string') return 'unjudged'
  return validate(value) ? 'valid' : 'invalid'
}

/** Patterns out of the schemas, taken whole. */
function regexes(walks: Walks, count: number): Tally & { regexes: number } {
  const patterns = new Set<string>()
  const collect = (x: unknown): void => {
    if (typeof x !== 'object' || x === null) return
    for (const [k, y] of Object.entries(x)) {
      if (k === 'pattern' && typeof y === 'string') patterns.add(y)
      collect(y)
    }
  }
  for (const line of readLines(`${sharedFolder()}/data/schemas/maskbench-dev.ndjson.gz`))
    collect(JSON.parse(line.schema))
  const tally = { ...blank(), regexes: 0 }
  for (const source of patterns) {
    if (tally.regexes >= count) break
    const c = compiled({ kind: 'regex', regex: source })
    if (!c) continue
    tally.regexes++
    let host: RegExp
    try {
      host = new RegExp(`^(?:${source})$`, 'u')
    } catch {
      host = new RegExp(`^(?:${source})$`)
    }
    walks.both(c, source, { free: 20, most: 4000 }, (text) => (host.test(text) ? 'valid' : 'invalid'), tally)
  }
  return tally
}

/** Every grammar of gbnf/, so many times; the text has to be taken by another walk from the start. */
function grammars(walks: Walks, times: number): Tally & { grammars: number } {
  const folder = `${sharedFolder()}/data/schemas/gbnf`
  const tally = { ...blank(), grammars: 0 }
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.gbnf'))) {
    const c = compile({ kind: 'grammar', grammar: readFileSync(`${folder}/${file}`, 'utf8') })
    tally.grammars++
    const judge = (text: string): Verdict => {
      const s = c.advanceBytes(c.start()!, new TextEncoder().encode(text))
      return s !== null && c.isAccepting(s) ? 'valid' : 'invalid'
    }
    for (let k = 0; k < times; k++) walks.both(c, file, { free: 30, most: 800 }, judge, tally)
  }
  return tally
}

export async function main(args: readonly string[]): Promise<number> {
  const option = optionsOf(args)
  const shared = sharedFolder()
  if (!existsSync(shared)) {
    console.log(`skipped: ${shared} is not there (set INFETCH_SHARED)`)
    return 0
  }
  const name = option('--vocabulary', 'stories')
  const walks = new Walks(namedVocabulary(name), Number(option('--seed', '1')), args.includes('--verbose'))
  const runs = {
    schemas: () => schemas(walks, Number(option('--count', '2000')), Number(option('--from', '0'))),
    regexes: () => regexes(walks, Number(option('--regexes', '300'))),
    grammars: () => grammars(walks, Number(option('--grammars', '20'))),
  }
  let wrong = 0
  for (const [what, run] of Object.entries(runs)) {
    const began = performance.now()
    const { depths, ...t } = run()
    wrong += t.unparseable + t.invalid + t.dead
    const frames = [0.5, 0.99, 1].map((p) => percentile(depths, p)).join(' / ')
    console.log(`${name}, ${what}: ${JSON.stringify(t)} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    console.log(`  frames on the stack p50 / p99 / most: ${frames}`)
  }
  console.log(`walks wrong ${wrong}`)
  if (wrong > 0) process.exitCode = 1
  return wrong > 0 ? 1 : 0
}
