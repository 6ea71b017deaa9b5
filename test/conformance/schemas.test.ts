// The constraint room on shared data, in part: the probes whole, a slice of the rest, some walks. The whole runs are
// schemas.ts, schemas-walks.ts and schemas-tables.ts. Skipped where the shared folder is not there.

import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { run } from './schemas.ts'
import { sharedFolder } from './schemas-data.ts'
import { main as tables } from './schemas-tables.ts'
import { main as walks } from './schemas-walks.ts'

const folder = `${sharedFolder()}/data/schemas`
const there = existsSync(folder)
if (!there) console.log(`skipped: ${folder} is not there (set INFETCH_SHARED)`)
const quiet = { log: () => {} }

describe.skipIf(!there)('schemas and texts of others', () => {
  test('all probes', () => {
    const t = run(`${folder}/probes.ndjson`, quiet)
    expect([t.right, t.schemas, t.accepted]).toEqual([79, 79, 0])
  })
  test('a slice of MaskBench', () => {
    const t = run(`${folder}/maskbench-dev.ndjson.gz`, { ...quiet, every: 20 })
    expect(t.right / t.schemas).toBeGreaterThan(0.97)
    expect(t.accepted).toBe(0)
  })
  test('the official suite accepts nothing invalid', () => {
    const t = run(`${folder}/draft2020-12.ndjson`, quiet)
    expect(t.accepted).toBe(0)
    expect(t.textsRight).toBeGreaterThan(2030)
    expect([t.requiredRight >= 1150, t.required]).toEqual([true, 1299])
  })
  test('random walks end valid', async () => {
    expect(await walks(['--count', '30', '--regexes', '20', '--grammars', '3'])).toBe(0)
  })
  test('packed tables mask as the engine does', async () => {
    expect(await tables(['--every', '100', '--vocabulary', 'stories'])).toBe(0)
  })
})
