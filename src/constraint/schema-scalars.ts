// The keywords about numbers and strings, and lists of values. Knows nothing of containers or references.

import { constant } from './const-value.ts'
import { type Decimal, parseDecimal } from './decimal.ts'
import { ConstraintError, refuseSchema } from './errors.ts'
import { type Atom, type Expr, typeBit } from './expression.ts'
import type { JsonNode } from './json-text.ts'
import { type Language, LengthLanguage } from './language.ts'
import { RegexLanguage } from './regex-language.ts'
import { parseRegex } from './regex-syntax.ts'
import { formatSource, widerSource } from './schema-formats.ts'
import type { Place } from './schema-index.ts'
import type { Workshop } from './workshop.ts'

type Members = ReadonlyMap<string, JsonNode>

export class ScalarKeywords {
  private readonly shop: Workshop
  private readonly formats: boolean
  private readonly languages = new Map<string, Language>()

  constructor(shop: Workshop, formats: boolean) {
    this.shop = shop
    this.formats = formats
  }

  oneOfValues(values: readonly JsonNode[], pointer: string): Expr {
    const { store } = this.shop
    const strings = new Set<string>()
    const numbers: Decimal[] = []
    const rest: Expr[] = []
    for (const v of values) {
      this.shop.budget.spend()
      if (v.t === 'str') strings.add(v.v)
      else if (v.t === 'num') {
        const d = parseDecimal(v.raw)
        if (!d || Math.abs(d.e) > 320) return refuseSchema('a number out of range', pointer, v.raw)
        numbers.push(d)
      } else rest.push(constant(v, store, pointer))
    }
    if (strings.size > 0)
      rest.push(store.and(store.types(typeBit.string), store.atom({ k: 'strings', values: strings })))
    if (numbers.length > 0)
      rest.push(store.and(store.types(typeBit.number), store.atom({ k: 'numbers', values: numbers })))
    return store.or(store.no, ...rest)
  }

  private decimal(s: Members, key: string, at: Place): Decimal | null {
    const n = s.get(key)
    if (!n) return null
    if (n.t !== 'num') return refuseSchema(`${key} is a number`, `${at.pointer}/${key}`, n.t)
    const d = parseDecimal(n.raw)
    if (!d || Math.abs(d.e) > 320 || d.m.toString().length > 320)
      return refuseSchema('a number out of range', `${at.pointer}/${key}`, n.raw)
    return d
  }

  /** A non-negative integer keyword, or null. */
  size(s: Members, key: string, at: Place): number | null {
    const d = this.decimal(s, key, at)
    if (!d) return null
    if (d.e < 0 || d.m < 0n) return refuseSchema(`${key} is a whole number`, `${at.pointer}/${key}`, `${d.m}e${d.e}`)
    return Math.min(Number(d.m) * 10 ** d.e, Number.MAX_SAFE_INTEGER)
  }

  numbers(s: Members, at: Place, parts: Expr[]): void {
    const { store } = this.shop
    const flag = (key: string): boolean => {
      const n = s.get(key)
      return n?.t === 'bool' && n.v
    }
    const bound = (key: string): Decimal | null => (s.get(key)?.t === 'bool' ? null : this.decimal(s, key, at))
    const notBelow = (a: Atom): Expr => store.or(store.types(127 & ~typeBit.number), store.not(store.atom(a)))
    const min = this.decimal(s, 'minimum', at)
    if (min) parts.push(notBelow({ k: 'less', than: min, orEqual: flag('exclusiveMinimum') }))
    const max = this.decimal(s, 'maximum', at)
    if (max) parts.push(store.atom({ k: 'less', than: max, orEqual: !flag('exclusiveMaximum') }))
    const above = bound('exclusiveMinimum')
    if (above) parts.push(notBelow({ k: 'less', than: above, orEqual: true }))
    const below = bound('exclusiveMaximum')
    if (below) parts.push(store.atom({ k: 'less', than: below, orEqual: false }))
    const of = this.decimal(s, 'multipleOf', at)
    if (of) {
      if (of.m <= 0n) refuseSchema('multipleOf is above zero', `${at.pointer}/multipleOf`, of.m)
      if (Number(of.m) * 10 ** Math.max(0, of.e) > 50_000 || of.e < -30) {
        refuseSchema('multipleOf is too large or too fine', `${at.pointer}/multipleOf`, `${of.m}e${of.e}`)
      }
      parts.push(store.atom({ k: 'multiple', of }))
    }
  }

  private language(key: string, make: (id: number) => Language): Expr {
    let l = this.languages.get(key)
    if (!l) {
      l = make(this.shop.languageId())
      this.languages.set(key, l)
    }
    return this.shop.store.atom({ k: 'language', language: l, wide: null })
  }

  /** A pattern with search semantics. */
  pattern(source: string, pointer: string): Expr {
    if (/^\^?(?:\.\*)?$/.test(source)) return this.shop.store.yes
    try {
      return this.language(
        `p${source}`,
        (id) => new RegexLanguage(id, parseRegex(source), { search: true, sticky: true }, this.shop.budget),
      )
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error
      throw new ConstraintError('invalid_json_schema', error.message, { pointer, position: error.position ?? 0 })
    }
  }

  strings(s: Members, at: Place, parts: Expr[]): void {
    const min = this.size(s, 'minLength', at) ?? 0
    const max = this.size(s, 'maxLength', at) ?? Infinity
    if (min > max) parts.push(this.shop.store.types(127 & ~typeBit.string))
    else if (min > 0 || max < Infinity)
      parts.push(this.language(`l${min},${max}`, (id) => new LengthLanguage(id, min, max)))
    const pattern = s.get('pattern')
    if (pattern) {
      if (pattern.t !== 'str') refuseSchema('pattern is a string', `${at.pointer}/pattern`, pattern.t)
      else parts.push(this.pattern(pattern.v, `${at.pointer}/pattern`))
    }
    const format = s.get('format')
    if (format?.t === 'str' && this.formats) {
      const source = formatSource(format.v)
      if (source === null) return
      parts.push(this.formatted(source, widerSource(format.v), `${at.pointer}/format`))
    }
  }

  private formatted(source: string, wider: string | null, pointer: string): Expr {
    const narrow = this.pattern(source, pointer)
    if (wider === null || narrow.atom?.k !== 'language') return narrow
    const all = this.pattern(wider, pointer)
    const wide =
      all.atom?.k === 'language' ? all.atom.language : new LengthLanguage(this.shop.languageId(), 0, Infinity)
    return this.shop.store.atom({ k: 'language', language: narrow.atom.language, wide })
  }
}
