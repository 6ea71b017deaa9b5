// The places of a JSON document under construction: a frame per open container, with what it still demands. Immutable and
// interned below its parent, so that equal places are one object. Knows nothing of bytes beyond the structural ones.

import type { State } from './engine.ts'
import type { KeySpace } from './key-space.ts'
import type { Demand } from './memory.ts'
import type { Plan } from './plan.ts'
import type { TextLexer } from './text-lexer.ts'

/** Where in its container a frame stands. */
export const at = {
  /** Root: the value is expected. */
  value: 0,
  /** Root: the value is complete. */
  done: 1,
  /** After "[" or "{". */
  first: 2,
  /** After a complete item or member. */
  after: 3,
  /** After a comma. */
  next: 4,
  /** Inside a member's name. */
  key: 5,
  /** After the name: the colon is expected. */
  colon: 6,
  /** After the colon: the value is expected. */
  member: 7,
} as const

export type Place = (typeof at)[keyof typeof at]
export type Kind = 'root' | 'array' | 'object'

export class Frame {
  readonly kind: Kind
  readonly place: Place
  readonly parent: Frame | null
  readonly demand: Demand
  /** Names that can't come again, sorted. */
  readonly used: ReadonlySet<string>
  readonly space: KeySpace | null
  /** For a place that expects a value: what is asked of it. */
  readonly plan: Plan | null
  /** The name being given a value when it has to be remembered. */
  readonly name: string | null
  /** The class of the name being given a value, or -1. */
  readonly cls: number
  /** Whether bytes are recorded, for here or for further out. */
  readonly taped: boolean
  /** Whether names are told apart until the object closes. */
  readonly sticky: boolean
  readonly children = new Map<string, Frame>()
  readonly states = new Map<number, State>()
  readonly moves = new Map<number, State | null>()
  /** Where the end of a scalar or a name leads, by its result. */
  readonly ends = new Map<number, State | null>()
  readonly plans = new Map<number, Plan | null>()
  keys: { lexer: TextLexer; open: boolean } | null = null

  constructor(from: FrameParts) {
    this.kind = from.kind
    this.place = from.place
    this.parent = from.parent
    this.demand = from.demand
    this.used = from.used
    this.space = from.space
    this.plan = from.plan
    this.name = from.name
    this.cls = from.cls
    this.taped = from.taped
    this.sticky = from.sticky
  }
}

export type FrameParts = {
  kind: Kind
  place: Place
  parent: Frame | null
  demand: Demand
  used: ReadonlySet<string>
  space: KeySpace | null
  plan: Plan | null
  name: string | null
  cls: number
  taped: boolean
  sticky: boolean
}

/** The text of the last complete value in an unfinished JSON text. */
export function lastValue(text: string): string {
  const starts: number[] = []
  let from = 0
  let to = 0
  for (let i = 0; i < text.length; ) {
    const c = text[i]!
    if (c === '"') {
      let j = i + 1
      while (text[j] !== '"') j += text[j] === '\\' ? 2 : 1
      from = i
      to = i = j + 1
    } else if (c === '[' || c === '{') {
      starts.push(i++)
    } else if (c === ']' || c === '}') {
      from = starts.pop() ?? 0
      to = ++i
    } else if (/[-\w.+]/.test(c)) {
      from = i
      while (i < text.length && /[-\w.+]/.test(text[i]!)) i++
      to = i
    } else i++
  }
  return text.slice(from, to)
}
