// JSON Schema (2020-12, 2019-09, draft 7, 6, 4) to an expression. Unknown keywords are annotations; an assertion that can't be
// kept is refused with its JSON pointer. Knows nothing of automata or text.

import { constant } from './const-value.ts'
import { refuseSchema } from './errors.ts'
import { type Expr, typeBit, typeString } from './expression.ts'
import type { JsonNode } from './json-text.ts'
import { dead, type Language } from './language.ts'
import { MachineLanguage } from './machine-language.ts'
import { draftOf } from './schema-drafts.ts'
import { escapePointer, type Place, SchemaIndex } from './schema-index.ts'
import { ScalarKeywords } from './schema-scalars.ts'
import { unevaluated } from './schema-unevaluated.ts'
import type { Workshop } from './workshop.ts'

export type SchemaOptions = {
  /** Whether `format` asserts; true unless told otherwise. */
  readonly formats?: boolean
}

type Members = ReadonlyMap<string, JsonNode>
const typeMasks: Record<string, number> = { ...typeBit, integer: typeBit.number }

export class SchemaCompiler {
  readonly shop: Workshop
  readonly index: SchemaIndex
  private readonly draft: number
  private readonly done = new Map<JsonNode, Expr>()
  private readonly refs = new Map<JsonNode, Expr>()
  private readonly queue: Place[] = []
  private readonly scalars: ScalarKeywords

  constructor(root: JsonNode, shop: Workshop, options: SchemaOptions) {
    this.shop = shop
    this.scalars = new ScalarKeywords(shop, options.formats !== false)
    this.draft = draftOf(root)
    this.index = new SchemaIndex(root, this.draft === 4, this.draft <= 7)
  }

  compile(): Expr {
    const e = this.reference(this.index.root)
    this.settle()
    return e
  }

  /** Makes what references lead to, one after another rather than one inside another. */
  private settle(): void {
    for (let next = this.queue.pop(); next; next = this.queue.pop()) {
      const ref = this.refs.get(next.node)!
      ref.target ??= this.schema(next)
    }
  }

  refuse(why: string, pointer: string, received: unknown): never {
    return refuseSchema(why, pointer, received)
  }

  /** The expression of a place that may be met again while it is being made. */
  reference(place: Place): Expr {
    let ref = this.refs.get(place.node)
    if (!ref) {
      ref = this.shop.store.ref()
      this.refs.set(place.node, ref)
      this.queue.push(place)
    }
    return ref
  }

  schema(place: Place): Expr {
    const { store } = this.shop
    const { node } = place
    if (node.t === 'bool') return node.v ? store.yes : store.no
    if (node.t !== 'obj') return this.refuse('a schema is an object or a boolean', place.pointer, node.t)
    const known = this.done.get(node)
    if (known) return known
    this.shop.budget.spend(4)
    const here = { ...place, base: this.index.baseOf(node, place.base) }
    const e = this.keywords(node.v, here)
    this.done.set(node, e)
    return e
  }

  child(place: Place, key: string, node: JsonNode): Expr {
    return this.schema({ node, base: place.base, pointer: `${place.pointer}/${escapePointer(key)}` })
  }

  private keywords(s: Members, at: Place): Expr {
    const { store } = this.shop
    const ref = s.get('$ref')
    const parts: Expr[] = []
    // Old drafts ignore what stands beside $ref, readers of today mostly do not: the stricter reading is safe under both.
    if (ref?.t === 'str') parts.push(this.reference(this.index.find(ref.v, at)))
    this.dynamic(s, at, parts)
    this.anyType(s, at, parts)
    this.scalars.numbers(s, at, parts)
    this.scalars.strings(s, at, parts)
    this.arrays(s, at, parts)
    this.objects(s, at, parts)
    this.logic(s, at, parts)
    unevaluated(this, s, at, parts)
    return store.and(store.yes, ...parts)
  }

  private dynamic(s: Members, at: Place, parts: Expr[]): void {
    const dynamic = s.get('$dynamicRef')
    if (dynamic?.t === 'str') {
      const to = this.index.find(dynamic.v, at)
      const name = dynamic.v.slice(dynamic.v.indexOf('#') + 1)
      const bound = to.node.t === 'obj' ? to.node.v.get('$dynamicAnchor') : undefined
      if (bound?.t === 'str' && bound.v === name && (this.index.dynamic.get(name) ?? 0) > 1) {
        this.refuse('a $dynamicRef with several places to lead to', at.pointer, dynamic.v)
      }
      parts.push(this.reference(to))
    }
    const recursive = s.get('$recursiveRef')
    if (recursive?.t === 'str') {
      if (this.index.recursiveAnchors > 1)
        this.refuse('a $recursiveRef with several places to lead to', at.pointer, recursive.v)
      parts.push(this.reference(this.index.find(recursive.v, at)))
    }
  }

  private anyType(s: Members, at: Place, parts: Expr[]): void {
    const { store } = this.shop
    const type = s.get('type')
    if (type) {
      const names = type.t === 'arr' ? type.v : [type]
      let mask = 0
      let integer = false
      let number = false
      for (const n of names) {
        const bit = n.t === 'str' && Object.hasOwn(typeMasks, n.v) ? typeMasks[n.v]! : 0
        if (bit === 0) this.refuse('an unknown type', `${at.pointer}/type`, n.t === 'str' ? n.v : n.t)
        mask |= bit
        if (n.t === 'str' && n.v === 'integer') integer = true
        if (n.t === 'str' && n.v === 'number') number = true
      }
      parts.push(store.types(mask))
      if (integer && !number) parts.push(store.atom({ k: 'integer', strict: this.draft === 4 }))
    }
    const only = s.get('const')
    if (only) parts.push(constant(only, store, `${at.pointer}/const`))
    const values = s.get('enum')
    if (values) {
      if (values.t !== 'arr') this.refuse('enum is a list', `${at.pointer}/enum`, values.t)
      else parts.push(this.scalars.oneOfValues(values.v, `${at.pointer}/enum`))
    }
  }

  private list(s: Members, key: string, at: Place): Expr[] | null {
    const n = s.get(key)
    if (!n) return null
    if (n.t !== 'arr') return this.refuse(`${key} is a list`, `${at.pointer}/${key}`, n.t)
    return n.v.map((x, i) => this.schema({ node: x, base: at.base, pointer: `${at.pointer}/${key}/${i}` }))
  }

  private arrays(s: Members, at: Place, parts: Expr[]): void {
    const { store } = this.shop
    const items = s.get('items')
    const old = items?.t === 'arr'
    const prefix = this.list(s, 'prefixItems', at) ?? (old ? this.list(s, 'items', at)! : [])
    const restKey = old ? 'additionalItems' : 'items'
    const restNode = s.get(restKey)
    const rest = restNode ? this.child(at, restKey, restNode) : store.yes
    parts.push(store.atom({ k: 'items', prefix, rest }))
    const min = this.scalars.size(s, 'minItems', at)
    if (min !== null) parts.push(store.atom({ k: 'minItems', n: min }))
    const max = this.scalars.size(s, 'maxItems', at)
    if (max !== null) parts.push(store.atom({ k: 'maxItems', n: max }))
    const unique = s.get('uniqueItems')
    if (unique?.t === 'bool' && unique.v) parts.push(store.atom({ k: 'unique', seen: [] }))
    const contains = s.get('contains')
    if (contains && this.draft > 4) {
      const x = this.child(at, 'contains', contains)
      const least = this.draft >= 2019 ? (this.scalars.size(s, 'minContains', at) ?? 1) : 1
      const most = this.draft >= 2019 ? (this.scalars.size(s, 'maxContains', at) ?? Infinity) : Infinity
      parts.push(
        least > most ? store.types(127 & ~typeBit.array) : store.atom({ k: 'contains', x, min: least, max: most }),
      )
    }
  }

  members(s: Members, key: string, at: Place): Members {
    const n = s.get(key)
    if (!n) return new Map()
    if (n.t !== 'obj') return this.refuse(`${key} is an object`, `${at.pointer}/${key}`, n.t)
    return n.v
  }

  /** The languages of patternProperties, as a list; a pattern that any name matches is null. */
  patterns(s: Members, at: Place): { language: Language | null; node: JsonNode; source: string }[] {
    return [...this.members(s, 'patternProperties', at)].map(([source, node]) => {
      const e = this.scalars.pattern(source, `${at.pointer}/patternProperties/${escapePointer(source)}`)
      return { language: e.atom?.k === 'language' ? e.atom.language : null, node, source }
    })
  }

  private objects(s: Members, at: Place, parts: Expr[]): void {
    const { store } = this.shop
    const byName = new Map<string, Expr>()
    for (const [k, x] of this.members(s, 'properties', at)) {
      byName.set(k, this.schema({ node: x, base: at.base, pointer: `${at.pointer}/properties/${escapePointer(k)}` }))
    }
    const byPattern: { language: Language; value: Expr }[] = []
    let all: Expr | null = null
    for (const { language, node, source } of this.patterns(s, at)) {
      const value = this.schema({
        node,
        base: at.base,
        pointer: `${at.pointer}/patternProperties/${escapePointer(source)}`,
      })
      if (language) byPattern.push({ language, value })
      else all = all ? store.and(all, value) : value
    }
    const additional = s.get('additionalProperties')
    const rest = additional ? this.child(at, 'additionalProperties', additional) : store.yes
    parts.push(store.atom({ k: 'properties', byName, byPattern, rest: all ? store.yes : rest }))
    if (all) parts.push(store.atom({ k: 'properties', byName: new Map(), byPattern: [], rest: all }))
    const names = s.get('propertyNames')
    if (names && this.draft > 4) {
      const named = this.child(at, 'propertyNames', names)
      this.settle()
      const e = store.forType(named, typeString)
      const machine = e === store.no || e === store.yes ? null : this.shop.strings([e], [[true]], [0])
      if (e === store.no || machine?.start === dead) parts.push(store.atom({ k: 'maxProperties', n: 0 }))
      else if (machine) {
        const language = new MachineLanguage(this.shop.languageId(), machine)
        parts.push(
          store.atom({
            k: 'properties',
            byName: new Map(),
            byPattern: [{ language, value: store.yes }],
            rest: store.no,
          }),
        )
      }
    }
    const required = s.get('required')
    if (required?.t === 'arr')
      for (const k of this.keys(required, `${at.pointer}/required`)) parts.push(store.atom({ k: 'required', key: k }))
    else if (required && required.t !== 'bool') this.refuse('required is a list', `${at.pointer}/required`, required.t)
    const min = this.scalars.size(s, 'minProperties', at)
    if (min !== null) parts.push(store.atom({ k: 'minProperties', n: min, later: false }))
    const max = this.scalars.size(s, 'maxProperties', at)
    if (max !== null) parts.push(store.atom({ k: 'maxProperties', n: max }))
    this.dependencies(s, at, parts)
  }

  private keys(list: JsonNode, pointer: string): string[] {
    if (list.t !== 'arr') return this.refuse('a list of names was expected', pointer, list.t)
    return list.v.map((k) => (k.t === 'str' ? k.v : this.refuse('a name is a string', pointer, k.t)))
  }

  /** Holds for values that are no object, or lack the member. */
  lacks(key: string): Expr {
    const { store } = this.shop
    return store.or(store.types(127 & ~typeBit.object), store.not(store.atom({ k: 'required', key })))
  }

  private dependencies(s: Members, at: Place, parts: Expr[]): void {
    const { store } = this.shop
    for (const word of ['dependencies', 'dependentRequired', 'dependentSchemas']) {
      for (const [key, x] of this.members(s, word, at)) {
        const pointer = `${at.pointer}/${word}/${escapePointer(key)}`
        let then: Expr
        if (x.t === 'arr')
          then = store.and(store.yes, ...this.keys(x, pointer).map((k) => store.atom({ k: 'required', key: k })))
        else if (x.t === 'str' && word === 'dependencies') then = store.atom({ k: 'required', key: x.v })
        else then = this.schema({ node: x, base: at.base, pointer })
        parts.push(store.or(this.lacks(key), then))
      }
    }
  }

  private logic(s: Members, at: Place, parts: Expr[]): void {
    const { store } = this.shop
    const all = this.list(s, 'allOf', at)
    if (all) parts.push(...all)
    const any = this.list(s, 'anyOf', at)
    if (any) parts.push(store.or(store.no, ...any))
    const one = this.list(s, 'oneOf', at)
    if (one) parts.push(store.one(one))
    const not = s.get('not')
    if (not) parts.push(store.not(this.child(at, 'not', not)))
    const test = s.get('if')
    if (test && this.draft > 6) {
      const x = this.child(at, 'if', test)
      const yes = s.get('then')
      const no = s.get('else')
      if (yes) parts.push(store.or(store.not(x), this.child(at, 'then', yes)))
      if (no) parts.push(store.or(x, this.child(at, 'else', no)))
    }
  }
}
