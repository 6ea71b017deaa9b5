// Decode held to a JSON Schema against free decode, in turn, steps submitted ahead as the engine does. Random weights, and a
// vocabulary of made-up words with the lengths and the punctuation of real ones. Runs in Node and in a page.

import { compile, TableWalker } from '../src/constraint/index.ts'
import { GREEDY, type SamplingParams } from '../src/engine/sampling-params.ts'
import type { Spellings } from '../src/engine/token-constraint.ts'
import { type CpuClock, costOf, median, type Report } from './measure.ts'
import { openRig, type RigOptions } from './rig.ts'

export interface ConstrainedOptions extends RigOptions {
  readonly decodeTokens: number
  readonly rounds: number
}

const text = { type: 'string' }
const short = { type: 'string', maxLength: 24 }
const order = (words: object) => ({
  type: 'object',
  properties: {
    name: words,
    count: { type: 'integer', minimum: 0, maximum: 10_000 },
    kind: { enum: ['new', 'used', 'broken'] },
    tags: { type: 'array', items: words, minItems: 1, maxItems: 8 },
    place: { type: 'object', properties: { street: words, zip: { type: 'string', pattern: '^[0-9]{5}$' } } },
    note: { anyOf: [words, { type: 'null' }] },
  },
  required: ['name', 'count', 'kind', 'tags', 'place', 'note'],
  additionalProperties: false,
})
const SCHEMAS = { 'an object of strings': order(text), 'strings of at most 24': order(short) }

const AHEAD = 4
const CONTEXT = 128

export async function benchConstrained(options: ConstrainedOptions, cpu: CpuClock): Promise<Report> {
  const { decodeTokens, rounds } = options
  const rig = await openRig(options, CONTEXT + decodeTokens + 16, cpu, madeUpVocabulary)
  const { gpu, adapter, spec, runner, plan } = rig
  const prompt = Array.from({ length: CONTEXT }, (_, i) => (i * 31) % spec.vocabSize)
  const blocks = Array.from({ length: Math.ceil((CONTEXT + decodeTokens) / plan.blockSize) }, (_, i) => i)

  /** Milliseconds a token. */
  const run = async (walker: TableWalker | undefined, sampling: SamplingParams): Promise<number> => {
    runner.openSlot(0, sampling, prompt, [])
    if (
      walker &&
      !runner.constrainSlot(0, walker.tables, {
        state: walker.tables.start,
        seen: new Uint32Array(walker.tables.words),
        frames: [],
      })
    )
      throw new Error('Cannot bench: the automaton is too large')
    runner.setBlocks(0, 0, blocks)
    await runner.submit({ decode: [], prefill: [{ slot: 0, start: 0, tokens: prompt, draw: 0 }] })
    const begin = performance.now()
    const flying: Promise<unknown>[] = []
    for (let draw = 1; draw <= decodeTokens; draw++) {
      if (flying.length === AHEAD) await flying.shift()
      flying.push(runner.submit({ decode: [{ slot: 0, position: CONTEXT + draw - 1, draw }], prefill: [] }))
    }
    await Promise.all(flying)
    return (performance.now() - begin) / decodeTokens
  }

  const decode: Record<string, Record<string, number>> = {}
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const tables = compile({ kind: 'jsonSchema', schema }).tables({ millis: 60_000 })
    if (typeof tables === 'string') throw new Error(tables)
    const walker = new TableWalker(tables)
    const free: number[] = []
    const held: number[] = []
    const freeCpu: number[] = []
    const heldCpu: number[] = []
    await run(walker, GREEDY)
    for (let round = 0; round < rounds; round++) {
      const a = await costOf(cpu, async () => free.push(await run(undefined, GREEDY)))
      const b = await costOf(cpu, async () => held.push(await run(walker, GREEDY)))
      freeCpu.push(a.cpuSeconds)
      heldCpu.push(b.cpuSeconds)
    }
    decode[name] = {
      'of free ×': median(free) / median(held),
      'by CPU time ×': median(freeCpu) / median(heldCpu),
      'free ms': median(free),
      'held ms': median(held),
      states: tables.states,
    }
  }
  gpu.device.destroy()
  return { title: `${options.shape} ${options.weights}, constrained`, adapter, tables: { decode } }
}

/** Bytes, punctuation as tokenizers have it, then words, half of them after a space. */
function madeUpVocabulary(size: number): Spellings {
  const encoder = new TextEncoder()
  const marks = [
    '{"',
    '":',
    '",',
    '":"',
    '","',
    '"}',
    '"]',
    '}}',
    '},',
    '],',
    ': ',
    ', ',
    '{}',
    '[]',
    '[{',
    '":{',
    '":[',
    '    ',
    '\n',
  ]
  const tokens: (Uint8Array | null)[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))
  tokens.push(...marks.map((mark) => encoder.encode(mark)))
  let seed = 1
  const next = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  while (tokens.length < size - 1) {
    const letters = Array.from({ length: 2 + next(5) + next(6) }, () => String.fromCharCode(97 + next(26)))
    tokens.push(encoder.encode((next(2) ? ' ' : '') + letters.join('')))
  }
  return { tokens: [...tokens, null], ends: [size - 1] }
}
