// Decode held to a JSON Schema against free decode, in pairs, steps submitted ahead as the engine does. Random weights, and a
// vocabulary of made-up words with the lengths and the punctuation of real ones. Runs in Node and in a page.

import { compile, TableWalker } from '../src/constraint/index.ts'
import { GREEDY } from '../src/engine/sampling-params.ts'
import type { Spellings } from '../src/engine/token-constraint.ts'
import { type Cost, type CpuClock, costOf, inPairs, type Report } from './measure.ts'
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
  const prompt = Array.from({ length: CONTEXT - 1 }, (_, i) => (i * 31) % spec.vocabSize)
  const blocks = Array.from({ length: Math.ceil((CONTEXT + decodeTokens) / plan.blockSize) }, (_, i) => i)

  const submitPrompt = async (start: number, round: number) => {
    const tokens = [...prompt.slice(start), round] // each round's answer goes its own way
    await runner.submit({ decode: [], prefill: [{ slot: 0, start, tokens, draw: 0 }] })
  }
  const run = async (walker: TableWalker | undefined, round: number): Promise<Cost> => {
    runner.openSlot(0, GREEDY, prompt, [])
    if (
      walker &&
      !runner.constrainSlot(0, walker.tables, {
        state: walker.tables.start,
        seen: new Uint32Array(walker.tables.words),
        frames: [],
      })
    )
      throw new Error('Cannot bench: the automaton is too large')
    await submitPrompt(prompt.length, round)
    return costOf(cpu, async () => {
      const flying: Promise<unknown>[] = []
      for (let draw = 1; draw <= decodeTokens; draw++) {
        if (flying.length === AHEAD) await flying.shift()
        flying.push(runner.submit({ decode: [{ slot: 0, position: CONTEXT + draw - 1, draw }], prefill: [] }))
      }
      await Promise.all(flying)
    })
  }

  runner.openSlot(0, GREEDY, prompt, [])
  runner.setBlocks(0, 0, blocks)
  await submitPrompt(0, 0) // its keys stay for all rounds
  const decode: Record<string, Record<string, number>> = {}
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const tables = compile({ kind: 'jsonSchema', schema }).tables({ millis: 60_000 })
    if (typeof tables === 'string') throw new Error(tables)
    const walker = new TableWalker(tables)
    const { share, plainSeconds, otherSeconds } = await inPairs(
      rounds,
      (round) => run(undefined, round),
      (round) => run(walker, round),
    )
    decode[name] = {
      'of free ×': share.seconds,
      'by CPU time ×': share.cpuSeconds,
      'free ms': (1000 * plainSeconds) / decodeTokens,
      'held ms': (1000 * otherSeconds) / decodeTokens,
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
