// unevaluatedProperties and unevaluatedItems: which members other keywords have already looked at depends on which branches
// hold, so the assertion is spelled out for every set of branches. Knows nothing of values.

import type { Expr } from './expression.ts'
import type { JsonNode } from './json-text.ts'
import type { Language } from './language.ts'
import { escapePointer, type Place, type SchemaIndex } from './schema-index.ts'
import type { Workshop } from './workshop.ts'

type Members = ReadonlyMap<string, JsonNode>

/** What this needs of the compiler of schemas. */
export type SchemaReader = {
  readonly shop: Workshop
  readonly index: SchemaIndex
  schema(place: Place): Expr
  child(place: Place, key: string, node: JsonNode): Expr
  members(s: Members, key: string, at: Place): Members
  patterns(s: Members, at: Place): { language: Language | null }[]
  refuse(why: string, pointer: string, received: unknown): never
}

/** What is looked at for sure, or under a condition. */
type Cover = { all: boolean; names: Set<string>; patterns: Set<Language>; prefix: number; contains: Expr[] }
type Covers = { sure: Cover; maybe: { when: Expr; cover: Cover }[] }

const maxBranches = 10

const empty = (): Cover => ({ all: false, names: new Set(), patterns: new Set(), prefix: 0, contains: [] })

function add(to: Cover, from: Cover): void {
  to.all ||= from.all
  for (const n of from.names) to.names.add(n)
  for (const p of from.patterns) to.patterns.add(p)
  to.prefix = Math.max(to.prefix, from.prefix)
  to.contains.push(...from.contains)
}

const isNothing = (c: Cover): boolean =>
  !c.all && c.names.size === 0 && c.patterns.size === 0 && c.prefix === 0 && c.contains.length === 0

export function unevaluated(c: SchemaReader, s: Members, at: Place, parts: Expr[]): void {
  for (const kind of ['properties', 'items'] as const) {
    const key = kind === 'properties' ? 'unevaluatedProperties' : 'unevaluatedItems'
    const node = s.get(key)
    if (!node) continue
    const rest = c.child(at, key, node)
    if (rest === c.shop.store.yes) continue
    parts.push(spelled(c, covers(c, kind, s, at, 0, true), rest, kind, at))
  }
}

function spelled(c: SchemaReader, found: Covers, rest: Expr, kind: 'properties' | 'items', at: Place): Expr {
  const { store } = c.shop
  const maybe = found.maybe.filter((m) => !isNothing(m.cover))
  if (found.sure.all) return store.yes
  if (maybe.length > maxBranches)
    c.refuse(`unevaluated* beside more than ${maxBranches} branches`, at.pointer, maybe.length)
  const clauses: Expr[] = []
  for (let set = 0; set < 1 << maybe.length; set++) {
    const cover = empty()
    add(cover, found.sure)
    maybe.forEach((m, i) => {
      if ((set >> i) & 1) add(cover, m.cover)
    })
    if (cover.all) continue
    const assertion =
      kind === 'properties'
        ? store.atom({
            k: 'properties',
            byName: new Map([...cover.names].map((n) => [n, store.yes])),
            byPattern: [...cover.patterns].map((language) => ({ language, value: store.yes })),
            rest,
          })
        : store.atom({
            k: 'items',
            prefix: Array.from({ length: cover.prefix }, () => store.yes),
            rest: store.or(rest, ...cover.contains),
          })
    // If no branch outside the set holds, nothing more has been looked at.
    clauses.push(store.or(assertion, ...maybe.flatMap((m, i) => ((set >> i) & 1 ? [] : [m.when])), store.no))
  }
  return store.and(store.yes, ...clauses)
}

/** What the keywords of a schema look at; `own` leaves out the unevaluated keyword being spelled out. */
function covers(
  c: SchemaReader,
  kind: 'properties' | 'items',
  s: Members,
  at: Place,
  depth: number,
  own: boolean,
): Covers {
  const { store } = c.shop
  if (depth > 50) c.refuse('references nest too deep beside unevaluated*', at.pointer, depth)
  const sure = empty()
  const maybe: Covers['maybe'] = []
  if (kind === 'properties') {
    for (const n of c.members(s, 'properties', at).keys()) sure.names.add(n)
    for (const p of c.patterns(s, at)) {
      if (p.language) sure.patterns.add(p.language)
      else sure.all = true
    }
    if (s.has('additionalProperties') || (!own && s.has('unevaluatedProperties'))) sure.all = true
  } else {
    const items = s.get('items')
    const list = s.get('prefixItems') ?? (items?.t === 'arr' ? items : undefined)
    if (list?.t === 'arr') sure.prefix = list.v.length
    if (items && items.t !== 'arr') sure.all = true
    if (items?.t === 'arr' && s.has('additionalItems')) sure.all = true
    if (!own && s.has('unevaluatedItems')) sure.all = true
    const contains = s.get('contains')
    if (contains) sure.contains.push(c.child(at, 'contains', contains))
  }
  const inner = (place: Place): Covers => {
    if (place.node.t !== 'obj') return { sure: empty(), maybe: [] }
    return covers(c, kind, place.node.v, { ...place, base: c.index.baseOf(place.node, place.base) }, depth + 1, false)
  }
  const always = (place: Place): void => {
    const x = inner(place)
    add(sure, x.sure)
    maybe.push(...x.maybe)
  }
  const under = (when: Expr, place: Place): void => {
    const x = inner(place)
    maybe.push({ when, cover: x.sure })
    for (const m of x.maybe) maybe.push({ when: store.and(when, m.when), cover: m.cover })
  }
  const place = (key: string, node: JsonNode): Place => ({ node, base: at.base, pointer: `${at.pointer}/${key}` })
  for (const key of ['$ref', '$dynamicRef', '$recursiveRef']) {
    const ref = s.get(key)
    if (ref?.t === 'str') always(c.index.find(ref.v, at))
  }
  const all = s.get('allOf')
  if (all?.t === 'arr') for (const [i, x] of all.v.entries()) always(place(`allOf/${i}`, x))
  for (const key of ['anyOf', 'oneOf']) {
    const list = s.get(key)
    if (list?.t !== 'arr') continue
    for (const [i, x] of list.v.entries()) under(c.schema(place(`${key}/${i}`, x)), place(`${key}/${i}`, x))
  }
  const test = s.get('if')
  if (test) {
    const x = c.child(at, 'if', test)
    under(x, place('if', test))
    const yes = s.get('then')
    if (yes) under(x, place('then', yes))
    const no = s.get('else')
    if (no) under(store.not(x), place('else', no))
  }
  for (const word of ['dependentSchemas', 'dependencies']) {
    for (const [key, x] of c.members(s, word, at)) {
      if (x.t !== 'obj') continue
      const has = store.and(store.types(64), store.atom({ k: 'required', key }))
      under(has, place(`${word}/${escapePointer(key)}`, x))
    }
  }
  return { sure, maybe }
}
