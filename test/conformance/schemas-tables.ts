// Packed tables against the engine they come from, on real schemas and a real vocabulary: masks bit for bit, in random walks and
// along valid texts.
//   npm run conformance:schemas-tables [-- --every N --vocabulary llama3|o200k_base|stories --masks M --walks W]

import { existsSync } from 'node:fs'
import { type CompiledConstraint, ConstraintError, compile, TableWalker } from '../../src/constraint/index.ts'
import { walkBeside } from '../constraint/support.ts'
import { bytesOf, percentile, readLines } from './schemas.ts'
import { namedVocabulary, optionsOf, sharedFolder } from './schemas-data.ts'

const encoder = new TextEncoder()

export async function main(args: readonly string[]): Promise<number> {
  const option = optionsOf(args)
  const shared = sharedFolder()
  if (!existsSync(shared)) {
    console.log(`skipped: ${shared} is not there (set INFETCH_SHARED)`)
    return 0
  }
  const name = option('--vocabulary', 'llama3')
  const v = namedVocabulary(name)
  const every = Number(option('--every', '50'))
  const most = Number(option('--masks', '8'))
  const lines = readLines(option('--file', `${shared}/data/schemas/maskbench-dev.ndjson.gz`))
  const reasons = new Map<string, number>()
  const bytes: number[] = []
  const millis: number[] = []
  const depths: number[] = []
  const walks = Number(option('--walks', '1'))
  const tally = { schemas: 0, packed: 0, masks: 0, bits: 0, different: 0 }
  const want = new Uint32Array(v.words)
  const got = new Uint32Array(v.words)
  for (let i = 0; i < lines.length; i += every) {
    let c: CompiledConstraint
    try {
      c = compile({ kind: 'jsonSchema', schema: lines[i]!.schema }, { whitespace: 'any' })
    } catch (error) {
      if (error instanceof ConstraintError) continue
      throw error
    }
    tally.schemas++
    const began = performance.now()
    const tables = c.tables({ millis: 2000 })
    if (typeof tables === 'string') {
      reasons.set(tables, (reasons.get(tables) ?? 0) + 1)
      continue
    }
    millis.push(performance.now() - began)
    tally.packed++
    bytes.push(bytesOf(tables))
    try {
      const walked = walkBeside(c, tables, v, { seed: i + 1, walks, steps: 40 })
      tally.masks += walked.bits / v.size
      tally.bits += walked.bits
      depths.push(walked.depth)
    } catch (error) {
      tally.different++
      console.log(`DIFFERENT ${lines[i]!.id}: ${(error as Error).message.slice(0, 300)}`)
    }
    const walker = new TableWalker(tables)
    for (const t of lines[i]!.tests.filter((x) => x.v).slice(0, 1)) {
      const text = encoder.encode(t.s)
      let s = c.start()
      let w: ReturnType<TableWalker['step']> = walker.start()
      for (let at = 0, n = 0; s && w; n++) {
        // Masks at some of the positions, spread over the text.
        if (n % Math.max(1, Math.floor(text.length / 4 / most)) === 0) {
          c.mask(s, v, want)
          walker.mask(w, v, got)
          tally.masks++
          tally.bits += v.size
          for (let k = 0; k < v.words; k++) if (want[k] !== got[k]) tally.different++
        }
        const token = at < text.length ? v.longest(text, at) : -1
        if (token < 0) break
        s = c.advanceToken(s, token, v)
        for (const b of v.bytes(token)!) w = w && walker.step(w, b)
        at += v.bytes(token)!.length
      }
    }
  }
  for (const [why, n] of reasons) console.log(`  ${n} × ${why}`)
  const spread = (x: number[], d: number): string =>
    [0.5, 0.9, 0.99].map((p) => percentile(x, p).toFixed(d)).join(' / ')
  console.log(
    `packed ${tally.packed} of ${tally.schemas}; ms p50 / p90 / p99 ${spread(millis, 1)}; bytes ${spread(bytes, 0)}`,
  )
  console.log(
    `frames on the stack in random walks p50 / p90 / p99 ${spread(depths, 0)}, most ${Math.max(0, ...depths)}`,
  )
  console.log(`mask bits compared ${tally.bits} in ${tally.masks} masks, words different ${tally.different}`)
  if (!(tally.different === 0)) process.exitCode = 1
  return tally.different === 0 ? 0 : 1
}
