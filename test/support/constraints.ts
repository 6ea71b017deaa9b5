// Constraints that can be walked as tables, and a small vocabulary of bytes and of tokens that cross their structure.

import {
  type ConstraintSpec,
  compile,
  type TableState,
  type Tables,
  type TableWalker,
  type Vocabulary,
} from '../../src/constraint/index.ts'
import type { AutomatonPlace, Spellings } from '../../src/engine/token-constraint.ts'
import { byteVocabulary } from '../constraint/support.ts'

const more = [
  '{"',
  '":',
  '",',
  '"a',
  '"b":',
  '}}',
  '"}',
  '"]',
  '],',
  '1,',
  '12',
  '.5',
  'true',
  'null',
  'ab',
  'abc',
  'é',
  '\\n',
  ': ',
  ',\n',
  '{"a":1}',
  '},{"a":',
  '"a":1},{"a":2',
]
/** The end is its last id. */
export const smallVocabulary = byteVocabulary(more)

export const json = (schema: unknown): ConstraintSpec => ({ kind: 'jsonSchema', schema: schema as object })
const node = {
  type: 'object',
  properties: { v: { type: 'integer' }, c: { type: 'array', items: { $ref: '#/$defs/n' } } },
  required: ['v'],
  additionalProperties: false,
}

/** By name. */
export const withTables: [string, ConstraintSpec][] = [
  ['a regex', { kind: 'regex', regex: '(?:ab|c)*[0-9]{2,3}é?' }],
  ['a choice', { kind: 'choice', choices: ['abc', 'ab', 'é', '12'] }],
  ['a grammar without recursion', { kind: 'grammar', grammar: 'root ::= ("a" x)+\nx ::= [0-9]{1,2} | "\\n"' }],
  ['any object', { kind: 'jsonObject' }],
  [
    'required and optional members',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, ab: { type: 'string' }, b: { enum: ['ab', 'abc', null] } },
      required: ['a', 'b'],
      additionalProperties: false,
    }),
  ],
  ['open members', json({ type: 'object', properties: { a: { type: 'integer' }, b: { const: 1 } }, required: ['a'] })],
  [
    'patterns of names',
    json({
      type: 'object',
      patternProperties: { '^a': { type: 'integer' }, b$: { type: ['integer', 'string'] } },
      additionalProperties: { type: 'null' },
    }),
  ],
  [
    'bounded members',
    json({ type: 'object', properties: { a: { type: 'integer' }, b: { type: 'null' } }, maxProperties: 1 }),
  ],
  [
    'one of two members',
    json({
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'null' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
      additionalProperties: false,
    }),
  ],
  ['recursion', json({ $defs: { n: node }, $ref: '#/$defs/n' })],
  [
    'tuples and counts',
    json({
      type: 'array',
      prefixItems: [{ type: 'integer' }, { type: 'string', maxLength: 3 }],
      items: { type: 'boolean' },
      minItems: 1,
      maxItems: 4,
    }),
  ],
  [
    'numbers',
    json({
      type: 'array',
      items: {
        anyOf: [
          { type: 'integer', minimum: -5, maximum: 120 },
          { type: 'number', multipleOf: 0.5 },
        ],
      },
    }),
  ],
  [
    'a list of objects',
    json({
      type: 'array',
      items: {
        type: 'object',
        properties: { a: { type: 'integer' }, b: { type: 'integer' } },
        required: ['a'],
        additionalProperties: false,
      },
    }),
  ],
  ['a number alone', json({ type: 'number', minimum: 0, maximum: 12 })],
  [
    'formats',
    json({
      type: 'object',
      properties: { a: { format: 'date', type: 'string' }, b: { format: 'ipv4', type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }),
  ],
  [
    'forty names',
    json({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`n${i}`, { type: 'integer' }])),
      required: ['n3', 'n37'],
      additionalProperties: false,
    }),
  ],
]

export function tablesOf(spec: ConstraintSpec): Tables {
  const tables = compile(spec).tables({ millis: 20_000 })
  if (typeof tables === 'string') throw new Error(tables)
  return tables
}

/** As a runner takes it. */
export const spellingsOf = (v: Vocabulary): Spellings => ({
  tokens: Array.from({ length: v.size }, (_, id) => v.bytes(id)),
  ends: v.eos,
})

/** Where a walk stands, as a runner keeps it. */
export function placeOf({ state, seen, stack }: TableState): AutomatonPlace {
  const frames: { symbol: number; seen: Uint32Array }[] = []
  for (let frame = stack; frame; frame = frame.below) frames.unshift(frame)
  return { state, seen, frames }
}

/** Walks an automaton by tokens, each picked among those allowed; structure more often than it is likely, lest a walk stay in a string. */
export class RandomWalk {
  readonly walker: TableWalker
  readonly mask: Uint32Array
  state: TableState
  readonly #vocabulary: Vocabulary
  readonly #next: () => number

  constructor(walker: TableWalker, vocabulary: Vocabulary, next: () => number) {
    this.walker = walker
    this.state = walker.start()
    this.mask = new Uint32Array(vocabulary.words)
    this.#vocabulary = vocabulary
    this.#next = next
    this.#look()
  }

  /** A token that may come next; an end only where nothing else may. */
  pick(): number {
    const allowed: number[] = []
    for (let id = 0; id < this.#vocabulary.size; id++) if (this.allows(id)) allowed.push(id)
    const bytes = allowed.filter((id) => !this.#vocabulary.eos.includes(id))
    const structural = bytes.filter((id) => /^["{}[\],:]/.test(String.fromCharCode(this.#vocabulary.bytes(id)![0]!)))
    const pool = structural.length > 0 && this.#next() < 0.6 ? structural : bytes.length > 0 ? bytes : allowed
    return pool[Math.floor(this.#next() * pool.length)]!
  }

  allows(id: number): boolean {
    return ((this.mask[id >>> 5]! >>> (id & 31)) & 1) === 1
  }

  /** Takes an allowed token that is no end. */
  take(id: number): void {
    for (const byte of this.#vocabulary.bytes(id)!) this.state = this.walker.step(this.state, byte)!
    this.#look()
  }

  takeSome(count: number): void {
    for (let i = 0; i < count; i++) {
      const id = this.pick()
      if (this.#vocabulary.eos.includes(id)) return
      this.take(id)
    }
  }

  #look(): void {
    this.walker.mask(this.state, this.#vocabulary, this.mask)
  }
}
