// Mask and advance kernels against the reference walk, on schemas and a vocabulary given as plain data. Runs in Node and in a
// page: knows no file.

import {
  ConstraintError,
  compile,
  type TableState,
  type Tables,
  TableWalker,
  Vocabulary,
} from '../../src/constraint/index.ts'
import { ConstraintRig } from '../support/constraint-rig.ts'
import { placeOf } from '../support/constraints.ts'
import { testGpu } from '../support/device.ts'

export interface KernelsRequest {
  /** A schema and a text that is valid against it. */
  readonly lines: readonly { readonly schema: string; readonly text: string }[]
  /** By id, a character a byte; the last id is the end. */
  readonly tokens: readonly (string | null)[]
  /** Places along each text where masks are compared, each and the one a token on. */
  readonly places: number
}

export interface KernelsTally {
  readonly schemas: number
  readonly masks: number
  readonly bits: number
  /** Bits that differ. */
  readonly different: number
  /** Automata the kernels did not take. */
  readonly refused: number
}

interface Job {
  readonly tables: Tables
  readonly state: TableState
  /** Drawn there; leads to `next`. */
  readonly token: number
  readonly next: TableState | undefined
}

const SLOTS = 8

export async function compareKernels({ lines, tokens, places }: KernelsRequest): Promise<KernelsTally> {
  const gpu = await testGpu({ floor: true })
  const v = new Vocabulary(
    tokens.map((token) => (token === null ? null : Uint8Array.from(token, (c) => c.charCodeAt(0)))),
    [tokens.length - 1],
  )
  const rig = new ConstraintRig(gpu, v, SLOTS)
  const tally = { schemas: 0, masks: 0, bits: 0, different: 0, refused: 0 }
  const want = new Uint32Array(v.words)

  const compare = async (states: readonly { tables: Tables; state: TableState | undefined }[]) => {
    const got = await rig.masks(states.length)
    for (const [slot, { tables, state }] of states.entries()) {
      want.fill(0)
      if (state) new TableWalker(tables).mask(state, v, want)
      else for (const id of v.eos) want[id >>> 5]! |= 1 << (id & 31)
      for (const [i, word] of want.entries()) tally.different += ones(word ^ got[slot]![i]!)
      tally.masks++
      tally.bits += v.size
    }
  }
  const flush = async (jobs: readonly Job[]) => {
    const held: Job[] = []
    for (const job of jobs) if (rig.state.hold(held.length, job.tables, placeOf(job.state))) held.push(job)
    tally.refused += jobs.length - held.length
    await compare(held)
    await rig.advance(held.map(({ token }) => token))
    await compare(held.map(({ tables, next }) => ({ tables, state: next })))
  }

  let jobs: Job[] = []
  for (const { schema, text } of lines) {
    const tables = tablesOf(schema)
    if (!tables) continue
    tally.schemas++
    for (const job of jobsAlong(text, tables, v, places)) {
      jobs.push(job)
      if (jobs.length < SLOTS) continue
      await flush(jobs)
      jobs = []
    }
  }
  await flush(jobs)
  gpu.device.destroy()
  return tally
}

function tablesOf(schema: string): Tables | undefined {
  try {
    const tables = compile({ kind: 'jsonSchema', schema }, { whitespace: 'any' }).tables({ millis: 2000 })
    return typeof tables === 'string' ? undefined : tables
  } catch (error) {
    if (error instanceof ConstraintError) return undefined
    throw error
  }
}

/** Places spread over a text taken in longest tokens, and its end. */
function jobsAlong(text: string, tables: Tables, v: Vocabulary, places: number): Job[] {
  const walker = new TableWalker(tables)
  const bytes = new TextEncoder().encode(text)
  const jobs: Job[] = []
  let state = walker.start()
  for (let at = 0; at < bytes.length; ) {
    const token = v.longest(bytes, at)
    let next: TableState | null = token < 0 ? null : state
    for (const byte of v.bytes(token) ?? []) next = next && walker.step(next, byte)
    jobs.push({ tables, state, token: Math.max(token, 0), next: next ?? undefined })
    if (!next) return spread(jobs, places)
    state = next
    at += v.bytes(token)!.length
  }
  jobs.push({ tables, state, token: v.eos[0]!, next: undefined })
  return spread(jobs, places)
}

const spread = (jobs: readonly Job[], count: number): Job[] =>
  jobs.filter((_, i) => i % Math.ceil(jobs.length / count) === 0)

function ones(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}
