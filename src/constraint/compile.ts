// Compilation: a constraint's specification in, an automaton over bytes out, with masks over a vocabulary. Knows nothing of
// HTTP, and of tokens only their bytes.

import { Earley } from './earley.ts'
import type { Engine } from './engine.ts'
import { type State, stepByte } from './engine.ts'
import { Budget, BudgetExceeded, ConstraintError } from './errors.ts'
import { GrammarEngine } from './grammar-engine.ts'
import { parseGbnf } from './grammar-gbnf.ts'
import { parseLark } from './grammar-lark.ts'
import { asRegex, checkNames } from './grammar-syntax.ts'
import { JsonEngine } from './json-engine.ts'
import { JsonKit } from './json-kit.ts'
import { JsonSyntaxError, parseJson } from './json-text.ts'
import type { Language } from './language.ts'
import { LengthLanguage, StringSetLanguage } from './language.ts'
import { MaskMaker } from './mask.ts'
import { RegexLanguage } from './regex-language.ts'
import { parseRegex } from './regex-syntax.ts'
import { SchemaCompiler } from './schema-compiler.ts'
import { TagCompiler, type TagPart } from './structural-tag.ts'
import { packTables } from './table-packer.ts'
import type { Tables } from './tables.ts'
import { TagEngine } from './tag-engine.ts'
import { TextEngine } from './text-engine.ts'
import type { Vocabulary } from './vocabulary.ts'
import { Workshop } from './workshop.ts'

export type ConstraintSpec =
  | { readonly kind: 'regex'; readonly regex: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** The schema as text keeps the order of members and the spelling of numbers; an object is taken too. */
  | { readonly kind: 'jsonSchema'; readonly schema: string | object | boolean }
  | { readonly kind: 'jsonObject' }
  /** GBNF (with ::=, from root) or the Lark-like form (with :, from start). */
  | { readonly kind: 'grammar'; readonly grammar: string }
  /** Tags whose content is any other constraint. */
  | { readonly kind: 'structuralTag'; readonly part: TagPart<ConstraintSpec> }

export type CompileOptions = {
  /** White space between JSON tokens: 'any', 'compact', or a regex. Default: none, one space, or a newline and indent. */
  readonly whitespace?: 'any' | 'compact' | 'default' | { readonly pattern: string }
  /** 'plain': \\u escapes only for control characters, which have no other spelling; the tables of 'any' are much larger. */
  readonly escapes?: 'any' | 'plain'
  /** 'plain': 7 has no other spelling, such as 7.0, 70e-1; no -0. */
  readonly numbers?: 'any' | 'plain'
  /** Whether `format` asserts (default) or is an annotation. */
  readonly formats?: boolean
  /** Compile a constraint nothing satisfies to one without a start, in place of an error. */
  readonly allowUnsatisfiable?: boolean
  readonly millis?: number
  readonly steps?: number
}

/** Beyond these tables are not worth the wait or the room: the CPU walks. */
export type TableLimits = { readonly states?: number; readonly millis?: number }

const defaultSpace = '^(?: |\\n(?: {0,20}|\\t{0,8}))?$'

const codes = {
  regex: 'invalid_regex',
  choice: 'invalid_regex',
  jsonSchema: 'invalid_json_schema',
  jsonObject: 'invalid_json_schema',
  grammar: 'invalid_grammar',
  structuralTag: 'invalid_grammar',
} as const

export function compile(spec: ConstraintSpec, options: CompileOptions = {}): CompiledConstraint {
  const budget = new Budget(options.steps, options.millis)
  const code = codes[spec.kind]
  try {
    const shop = new Workshop(budget, options.escapes !== 'any', options.numbers === 'plain')
    let kit: JsonKit | null = null
    const shared = (): JsonKit => (kit ??= new JsonKit(shop, ...spaces(options, shop)))
    const engine = engineOf(spec, options, shop, shared)
    const start = engine.start()
    if (!start && !options.allowUnsatisfiable) {
      throw new ConstraintError(code, 'Cannot use constraint: nothing satisfies it, received a contradiction')
    }
    engine.table.lenient = true
    return new CompiledConstraint(engine, start, budget)
  } catch (error) {
    if (error instanceof ConstraintError) throw error
    if (error instanceof JsonSyntaxError) throw new ConstraintError(code, error.message, { position: error.position })
    if (error instanceof BudgetExceeded) throw new ConstraintError(code, error.message)
    if (error instanceof RangeError) throw new ConstraintError(code, 'Cannot compile constraint: it nests too deep')
    throw error
  }
}

function engineOf(spec: ConstraintSpec, options: CompileOptions, shop: Workshop, kit: () => JsonKit): Engine {
  switch (spec.kind) {
    case 'regex': {
      const language = new RegexLanguage(
        shop.languageId(),
        parseRegex(spec.regex),
        { search: false, sticky: false },
        shop.budget,
      )
      return new TextEngine(language, shop)
    }
    case 'choice':
      return new TextEngine(new StringSetLanguage(shop.languageId(), spec.choices), shop)
    case 'jsonSchema': {
      const text = typeof spec.schema === 'string' ? spec.schema : JSON.stringify(spec.schema)
      const compiler = new SchemaCompiler(
        parseJson(text),
        shop,
        options.formats === undefined ? {} : { formats: options.formats },
      )
      const value = compiler.compile()
      return new JsonEngine(kit(), value)
    }
    case 'grammar':
      return grammarEngine(spec.grammar, shop)
    case 'structuralTag': {
      const compiler = new TagCompiler<ConstraintSpec>((content) => {
        if (content.kind === 'structuralTag') return content.part
        const engine = engineOf(content, options, shop, kit)
        if (!engine.start())
          throw new ConstraintError(
            codes[content.kind],
            'Cannot use constraint: nothing satisfies it, received a contradiction',
          )
        return engine
      })
      return new TagEngine(compiler.compile(spec.part), shop.table)
    }
    case 'jsonObject':
      return new JsonEngine(kit(), shop.store.types(64))
  }
}

function grammarEngine(text: string, shop: Workshop): Engine {
  const grammar = text.includes('::=') ? parseGbnf(text) : parseLark(text)
  checkNames(grammar)
  const regex = asRegex(grammar)
  if (!regex) return new GrammarEngine(new Earley(grammar, shop.budget))
  return new TextEngine(
    new RegexLanguage(shop.languageId(), regex, { search: false, sticky: false }, shop.budget),
    shop,
  )
}

function spaces(options: CompileOptions, shop: Workshop): [Language, Language] {
  const w = options.whitespace ?? 'default'
  const none = new LengthLanguage(shop.languageId(), 0, 0)
  if (w === 'compact') return [none, none]
  const source = w === 'any' ? '^[ \\t\\n\\r]*$' : w === 'default' ? defaultSpace : `^(?:${w.pattern})$`
  const language = new RegexLanguage(
    shop.languageId(),
    parseRegex(source),
    { search: false, sticky: true },
    shop.budget,
  )
  return [language, w === 'any' ? language : none]
}

export class CompiledConstraint {
  readonly engine: Engine
  private readonly first: State | null
  private readonly budget: Budget
  private readonly masks = new WeakMap<Vocabulary, MaskMaker>()

  constructor(engine: Engine, first: State | null, budget: Budget) {
    this.engine = engine
    this.first = first
    this.budget = budget
  }

  /** The state before any output; null only with `allowUnsatisfiable`. */
  start(): State | null {
    return this.first && this.engine.start()
  }

  /** Roughly what the automaton holds by now; it grows as new states are visited. */
  get bytes(): number {
    return this.engine.table.size * 1100
  }

  advanceByte(state: State, byte: number): State | null {
    this.budget.renew()
    return stepByte(this.engine, state, byte)
  }

  advanceBytes(state: State, bytes: Uint8Array): State | null {
    let s: State | null = state
    for (let i = 0; i < bytes.length && s; i++) s = this.advanceByte(s, bytes[i]!)
    return s
  }

  /** The state after a token, or null when the token is not allowed here. */
  advanceToken(state: State, token: number, vocabulary: Vocabulary): State | null {
    const bytes = vocabulary.bytes(token)
    return bytes && bytes.length > 0 ? this.advanceBytes(state, bytes) : null
  }

  /** Whether the output may end here. */
  isAccepting(state: State): boolean {
    return this.engine.accepts(state)
  }

  /** The automaton as flat arrays for kernels, or the reason why only the CPU can walk it. */
  tables({ states = 20_000, millis = 500 }: TableLimits = {}): Tables | string {
    this.budget.renew(millis)
    return packTables(this.engine, this.budget, states)
  }

  /** Sets a bit per token that may come next; end-of-sequence tokens exactly where the output may end. */
  mask(state: State, vocabulary: Vocabulary, out: Uint32Array): void {
    let maker = this.masks.get(vocabulary)
    if (!maker) {
      maker = new MaskMaker(this.engine, vocabulary)
      this.masks.set(vocabulary, maker)
    }
    this.budget.renew()
    maker.mask(state, out)
  }
}
