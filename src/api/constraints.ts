// Constraints of one model's answers: compiled when they are asked for, kept, and put over the model's own tokens. Compiling is
// a worker's work where there is one; otherwise the room that compiles is loaded with the first. Knows no field by name.

import type { CompiledConstraint, CompileOptions, ConstraintSpec } from '../constraint/compile.ts'
import { CompileThread } from '../constraint/compile-thread.ts'
import type { State } from '../constraint/engine.ts'
import { ConstraintError } from '../constraint/errors.ts'
import type { TagPart } from '../constraint/structural-tag.ts'
import { type TableState, TableWalker } from '../constraint/table-walker.ts'
import type { Tables } from '../constraint/tables.ts'
import { Vocabulary } from '../constraint/vocabulary.ts'
import type { AutomatonPlace, ConstraintState, Spellings, TokenConstraint } from '../engine/token-constraint.ts'
import { type ApiError, badRequest } from './errors.ts'
import type { AskedConstraint } from './fields/constraint.ts'

/** Most that are kept, the last used. */
const KEPT = 64
/** A constraint of the CPU that has grown past it by use is not kept. */
const KEPT_BYTES = 64 * 2 ** 20

export class Constraints {
  readonly #tokens: Tokens
  readonly #thread = new CompileThread()
  readonly #kept = new Map<string, Promise<TableConstraint | EngineConstraint>>()

  constructor(spellings: Spellings) {
    this.#tokens = new Tokens(spellings)
  }

  /** @throws ApiError 400 for what cannot be compiled, within seconds */
  async compile({ spec, options, param, whitespaceParam }: AskedConstraint): Promise<TokenConstraint> {
    const { whitespace } = options
    if (whitespaceParam !== undefined && typeof whitespace === 'object')
      await this.#find({ kind: 'regex', regex: whitespace.pattern }, {}, whitespaceParam)
    return this.#find(spec, options, param)
  }

  /** Lets go of the worker. */
  close(): void {
    this.#thread.close()
  }

  async #find(spec: ConstraintSpec, options: CompileOptions, param: string): Promise<TokenConstraint> {
    const key = JSON.stringify([spec, options])
    const making = this.#kept.get(key) ?? this.#make(spec, options)
    this.#kept.delete(key)
    this.#kept.set(key, making)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    try {
      const made = await making
      if (made.bytes > KEPT_BYTES) this.#kept.delete(key)
      return made
    } catch (error) {
      this.#kept.delete(key)
      throw error instanceof ConstraintError ? refusal(error, param) : error
    }
  }

  async #make(spec: ConstraintSpec, options: CompileOptions): Promise<TableConstraint | EngineConstraint> {
    const made = await this.#thread.compile(spec, options)
    if (made?.k === 'error') throw new ConstraintError(made.code, made.message, made)
    if (made?.k === 'tables') return new TableConstraint(made.tables, this.#tokens)
    const { compile } = await import('../constraint/compile.ts')
    const compiled = compile(spec, options)
    const tables = made ? made.why : compiled.tables()
    return typeof tables === 'string'
      ? new EngineConstraint(compiled, this.#tokens)
      : new TableConstraint(tables, this.#tokens)
  }
}

function refusal({ message, pointer, position, code }: ConstraintError, param: string): ApiError {
  const where = pointer !== undefined ? ` (at '${pointer}')` : position !== undefined ? ` (at ${position})` : ''
  return badRequest(`Invalid '${param}': ${message}${where}.`, param, code)
}

/** After text that ends with `close` and what may stand between. */
export function afterReasoning(asked: AskedConstraint, close: string): AskedConstraint {
  const gap: TagPart<ConstraintSpec> = { k: 'content', content: { kind: 'regex', regex: '\\s{0,2}' } }
  const content: TagPart<ConstraintSpec> = { k: 'sequence', parts: [gap, { k: 'content', content: asked.spec }] }
  const tags = [{ begin: close, content, end: '' }]
  const part = { k: 'triggered', triggers: [close], tags, atLeastOne: true, stopAfterFirst: true } as const
  return { ...asked, spec: { kind: 'structuralTag', part } }
}

/** The model's tokens; their trie is made when a mask is first made here. */
class Tokens {
  readonly #spellings: Spellings
  #vocabulary: Vocabulary | undefined

  constructor(spellings: Spellings) {
    this.#spellings = spellings
  }

  bytes(token: number): Uint8Array | null {
    return this.#spellings.tokens[token] ?? null
  }

  isEnd(token: number): boolean {
    return this.#spellings.ends.includes(token)
  }

  get vocabulary(): Vocabulary {
    this.#vocabulary ??= new Vocabulary(this.#spellings.tokens, this.#spellings.ends)
    return this.#vocabulary
  }
}

/** After an end token. */
const ENDED: ConstraintState = Object.freeze({})

/** One whose automaton is tables: runners may walk them, and the CPU does. */
class TableConstraint implements TokenConstraint {
  readonly bytes = 0 // tables do not grow
  readonly #walker: TableWalker
  readonly #tokens: Tokens

  constructor(tables: Tables, tokens: Tokens) {
    this.#walker = new TableWalker(tables)
    this.#tokens = tokens
  }

  get automaton() {
    return this.#walker.tables
  }

  start(): ConstraintState {
    return this.#walker.start()
  }

  advance(state: ConstraintState, token: number): ConstraintState | undefined {
    if (this.#tokens.isEnd(token)) return this.mayEnd(state) ? ENDED : undefined
    const bytes = this.#tokens.bytes(token)
    if (state === ENDED || !bytes) return undefined
    let place: TableState | null = state as TableState
    for (const byte of bytes) if (place) place = this.#walker.step(place, byte)
    return place ?? undefined
  }

  mask(state: ConstraintState, words: Uint32Array): void {
    words.fill(0)
    if (state !== ENDED) this.#walker.mask(state as TableState, this.#tokens.vocabulary, words)
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
  readonly #tokens: Tokens

  constructor(compiled: CompiledConstraint, tokens: Tokens) {
    this.#compiled = compiled
    this.#tokens = tokens
  }

  get bytes(): number {
    return this.#compiled.bytes
  }

  start(): ConstraintState {
    return this.#compiled.start()! // compiling refuses what has no start
  }

  advance(state: ConstraintState, token: number): ConstraintState | undefined {
    if (this.#tokens.isEnd(token)) return this.mayEnd(state) ? ENDED : undefined
    const bytes = this.#tokens.bytes(token)
    if (state === ENDED || !bytes) return undefined
    return this.#compiled.advanceBytes(state as State, bytes) ?? undefined
  }

  mask(state: ConstraintState, words: Uint32Array): void {
    words.fill(0)
    if (state !== ENDED) this.#compiled.mask(state as State, this.#tokens.vocabulary, words)
  }

  mayEnd(state: ConstraintState): boolean {
    return state === ENDED || this.#compiled.isAccepting(state as State)
  }
}
