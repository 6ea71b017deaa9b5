// Constraints of one model's answers: compiled when they are asked for, kept, and put over the model's own tokens. The room
// that compiles them is loaded with the first one. Knows no field by name.

import type {
  CompiledConstraint,
  ConstraintCache,
  ConstraintSpec,
  State,
  TableState,
  TableWalker,
  TagPart,
  Vocabulary,
} from '../constraint/index.ts'
import type { AutomatonPlace, ConstraintState, Spellings, TokenConstraint } from '../engine/token-constraint.ts'
import { badRequest } from './errors.ts'
import type { AskedConstraint } from './fields/constraint.ts'

type Room = typeof import('../constraint/index.ts')

interface Workshop {
  readonly room: Room
  readonly cache: ConstraintCache
  readonly vocabulary: Vocabulary
}

export class Constraints {
  readonly #spellings: Spellings
  readonly #made = new WeakMap<CompiledConstraint, TokenConstraint>()
  #workshop: Promise<Workshop> | undefined

  constructor(spellings: Spellings) {
    this.#spellings = spellings
  }

  /** @throws ApiError 400 for what cannot be compiled, within seconds */
  async compile({ spec, options, param, whitespaceParam }: AskedConstraint): Promise<TokenConstraint> {
    this.#workshop ??= openWorkshop(this.#spellings)
    const { room, cache, vocabulary } = await this.#workshop
    const { whitespace } = options
    if (whitespaceParam !== undefined && typeof whitespace === 'object')
      refusing(room, whitespaceParam, () => cache.compile({ kind: 'regex', regex: whitespace.pattern }))
    return refusing(room, param, () => {
      const compiled = cache.compile(spec, options)
      const made = this.#made.get(compiled) ?? overTokens(room, compiled, vocabulary)
      this.#made.set(compiled, made)
      return made
    })
  }
}

function refusing<T>({ ConstraintError }: Room, param: string, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error
    const { message, pointer, position, code } = error
    const where = pointer !== undefined ? ` (at '${pointer}')` : position !== undefined ? ` (at ${position})` : ''
    throw badRequest(`Invalid '${param}': ${message}${where}.`, param, code)
  }
}

/** After text that ends with `close` and what may stand between. */
export function afterReasoning(asked: AskedConstraint, close: string): AskedConstraint {
  const gap: TagPart<ConstraintSpec> = { k: 'content', content: { kind: 'regex', regex: '\\s{0,2}' } }
  const content: TagPart<ConstraintSpec> = { k: 'sequence', parts: [gap, { k: 'content', content: asked.spec }] }
  const tags = [{ begin: close, content, end: '' }]
  const part = { k: 'triggered', triggers: [close], tags, atLeastOne: true, stopAfterFirst: true } as const
  return { ...asked, spec: { kind: 'structuralTag', part } }
}

function overTokens({ TableWalker }: Room, compiled: CompiledConstraint, vocabulary: Vocabulary): TokenConstraint {
  const tables = compiled.tables()
  return typeof tables === 'string'
    ? new EngineConstraint(compiled, vocabulary)
    : new TableConstraint(new TableWalker(tables), vocabulary)
}

async function openWorkshop({ tokens, ends }: Spellings): Promise<Workshop> {
  const room = await import('../constraint/index.ts')
  return { room, cache: new room.ConstraintCache(), vocabulary: new room.Vocabulary(tokens, ends) }
}

/** After an end token. */
const ENDED: ConstraintState = Object.freeze({})

/** One whose automaton is tables: runners may walk them, and the CPU does. */
class TableConstraint implements TokenConstraint {
  readonly #walker: TableWalker
  readonly #vocabulary: Vocabulary

  constructor(walker: TableWalker, vocabulary: Vocabulary) {
    this.#walker = walker
    this.#vocabulary = vocabulary
  }

  get automaton() {
    return this.#walker.tables
  }

  start(): ConstraintState {
    return this.#walker.start()
  }

  advance(state: ConstraintState, token: number): ConstraintState | undefined {
    if (this.#vocabulary.eos.includes(token)) return this.mayEnd(state) ? ENDED : undefined
    const bytes = this.#vocabulary.bytes(token)
    if (state === ENDED || !bytes || bytes.length === 0) return undefined
    let place: TableState | null = state as TableState
    for (const byte of bytes) if (place) place = this.#walker.step(place, byte)
    return place ?? undefined
  }

  mask(state: ConstraintState, words: Uint32Array): void {
    words.fill(0)
    if (state !== ENDED) this.#walker.mask(state as TableState, this.#vocabulary, words)
  }

  mayEnd(state: ConstraintState): boolean {
    return state === ENDED || this.#walker.accepts(state as TableState)
  }

  place(state: ConstraintState): AutomatonPlace {
    const { state: at, seen, stack } = state as TableState
    const frames: AutomatonPlace['frames'][number][] = []
    for (let frame = stack; frame; frame = frame.below) frames.unshift({ symbol: frame.symbol, seen: frame.seen })
    return { state: at, seen, frames }
  }
}

/** One that only the CPU can walk. */
class EngineConstraint implements TokenConstraint {
  readonly #compiled: CompiledConstraint
  readonly #vocabulary: Vocabulary

  constructor(compiled: CompiledConstraint, vocabulary: Vocabulary) {
    this.#compiled = compiled
    this.#vocabulary = vocabulary
  }

  start(): ConstraintState {
    return this.#compiled.start()! // compiling refuses what has no start
  }

  advance(state: ConstraintState, token: number): ConstraintState | undefined {
    if (this.#vocabulary.eos.includes(token)) return this.mayEnd(state) ? ENDED : undefined
    return state === ENDED
      ? undefined
      : (this.#compiled.advanceToken(state as State, token, this.#vocabulary) ?? undefined)
  }

  mask(state: ConstraintState, words: Uint32Array): void {
    words.fill(0)
    if (state !== ENDED) this.#compiled.mask(state as State, this.#vocabulary, words)
  }

  mayEnd(state: ConstraintState): boolean {
    return state === ENDED || this.#compiled.isAccepting(state as State)
  }
}
