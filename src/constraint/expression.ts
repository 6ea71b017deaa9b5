// Boolean expressions over the atomic assertions a JSON value can be held to. Knows nothing of schema syntax, and not how they are
// made; that is expression-store.ts.

import type { Decimal } from './decimal.ts'
import type { Language } from './language.ts'

export const types = ['null', 'true', 'false', 'number', 'string', 'array', 'object'] as const
export type TypeIndex = 0 | 1 | 2 | 3 | 4 | 5 | 6
export const typeBit = { null: 1, true: 2, false: 4, boolean: 6, number: 8, string: 16, array: 32, object: 64 } as const
export const typeNull = 0
export const typeNumber = 3
export const typeString = 4
export const typeArray = 5
export const typeObject = 6
export const everyType = 127

/** What an object's members are held to: by name, by pattern of the name, and the rest. */
export type Properties = {
  readonly k: 'properties'
  readonly byName: ReadonlyMap<string, Expr>
  readonly byPattern: readonly { readonly language: Language; readonly value: Expr }[]
  readonly rest: Expr
}

export type Atom =
  | { readonly k: 'types'; readonly mask: number }
  | { readonly k: 'integer'; readonly strict: boolean }
  | { readonly k: 'less'; readonly than: Decimal; readonly orEqual: boolean }
  | { readonly k: 'multiple'; readonly of: Decimal }
  | { readonly k: 'numbers'; readonly values: readonly Decimal[] }
  /** `wide`: strings outside it surely don't conform; those in between are never allowed where the answer matters. */
  | { readonly k: 'language'; readonly language: Language; readonly wide: Language | null }
  | { readonly k: 'strings'; readonly values: ReadonlySet<string> }
  | { readonly k: 'items'; readonly prefix: readonly Expr[]; readonly rest: Expr }
  | { readonly k: 'minItems' | 'maxItems' | 'maxProperties'; readonly n: number }
  /** `later`: some members have come already, and coming again they do not count. */
  | { readonly k: 'minProperties'; readonly n: number; readonly later: boolean }
  | { readonly k: 'contains'; readonly x: Expr; readonly min: number; readonly max: number }
  | { readonly k: 'unique'; readonly seen: readonly Expr[] }
  | Properties
  | { readonly k: 'required'; readonly key: string }

export type Expr = {
  readonly id: number
  readonly k: 'true' | 'false' | 'and' | 'or' | 'not' | 'one' | 'atom' | 'ref'
  readonly xs: readonly Expr[]
  readonly atom: Atom | null
  /** How many parts it has, shared ones counted every time; a measure of the work to walk it. */
  readonly weight: number
  /** Of a 'ref': what it stands for, filled in once known. */
  target: Expr | null
  /** The expression left once the type is known, per type. */
  readonly typed: (Expr | undefined)[]
}
