// Finds what a $ref in a schema text means: $id, $anchor, $dynamicAnchor and JSON pointers, all inside the one document. Remote
// references are refused. Knows nothing of what keywords assert.

import { ConstraintError } from './errors.ts'
import type { JsonNode } from './json-text.ts'

export type Place = { readonly node: JsonNode; readonly base: string; readonly pointer: string }

const home = 'https://schema.invalid/'
const one = [
  'additionalProperties',
  'additionalItems',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'items',
  'contentSchema',
]
const many = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items']
const named = ['properties', 'patternProperties', 'dependentSchemas', 'dependencies', '$defs', 'definitions']

export const escapePointer = (s: string): string => s.replace(/~/g, '~0').replace(/\//g, '~1')

function resolve(ref: string, base: string): string | null {
  try {
    return new URL(ref, base).href
  } catch {
    return null
  }
}

export class SchemaIndex {
  readonly root: Place
  private readonly resources = new Map<string, Place>()
  private readonly anchors = new Map<string, Place>()
  readonly dynamic = new Map<string, number>()
  recursiveAnchors = 0
  private readonly bases = new Map<JsonNode, string>()
  private readonly oldIds: boolean
  private readonly refStops: boolean

  /** `oldIds`: draft 4's `id`. `refStops`: $ref hides its siblings, $id among them. */
  constructor(root: JsonNode, oldIds: boolean, refStops: boolean) {
    this.oldIds = oldIds
    this.refStops = refStops
    this.root = { node: root, base: home, pointer: '' }
    this.resources.set(home, this.root)
    this.walk(this.root)
    this.root = { ...this.root, base: this.bases.get(root) ?? home }
  }

  baseOf(node: JsonNode, around: string): string {
    return this.bases.get(node) ?? around
  }

  private walk(place: Place): void {
    const { node, pointer } = place
    if (node.t !== 'obj') return
    let base = place.base
    const ref = node.v.get('$ref')
    const id = node.v.get(this.oldIds ? 'id' : '$id')
    if (id?.t === 'str' && !(this.refStops && ref?.t === 'str')) {
      const uri = resolve(id.v, base)
      if (uri) {
        const cut = uri.indexOf('#')
        const own = cut < 0 ? uri : uri.slice(0, cut)
        const here = { node, base: own, pointer }
        if (cut >= 0 && uri.length > cut + 1) this.anchors.set(uri, { ...here, base })
        else {
          base = own
          if (!this.resources.has(own)) this.resources.set(own, here)
        }
      }
    }
    this.bases.set(node, base)
    const here = { node, base, pointer }
    const anchor = node.v.get('$anchor')
    if (anchor?.t === 'str') this.anchors.set(`${base}#${anchor.v}`, here)
    const dynamic = node.v.get('$dynamicAnchor')
    if (dynamic?.t === 'str') {
      this.anchors.set(`${base}#${dynamic.v}`, here)
      this.dynamic.set(dynamic.v, (this.dynamic.get(dynamic.v) ?? 0) + 1)
    }
    if (node.v.get('$recursiveAnchor')?.t === 'bool') this.recursiveAnchors++
    for (const k of one) {
      const x = node.v.get(k)
      if (x?.t === 'obj') this.walk({ node: x, base, pointer: `${pointer}/${k}` })
    }
    for (const k of many) {
      const x = node.v.get(k)
      if (x?.t === 'arr')
        for (const [i, y] of x.v.entries()) this.walk({ node: y, base, pointer: `${pointer}/${k}/${i}` })
    }
    for (const k of named) {
      const x = node.v.get(k)
      if (x?.t !== 'obj') continue
      for (const [n, y] of x.v) this.walk({ node: y, base, pointer: `${pointer}/${k}/${escapePointer(n)}` })
    }
  }

  /** Where a reference written at `from` leads. */
  find(ref: string, from: Place): Place {
    const refuse = (why: string): never => {
      throw new ConstraintError(
        'invalid_json_schema',
        `Cannot use schema: ${why}, received $ref ${JSON.stringify(ref)}`,
        {
          pointer: from.pointer,
        },
      )
    }
    const uri = resolve(ref, from.base)
    if (!uri) return refuse('a reference that is no URI')
    const cut = uri.indexOf('#')
    const document = cut < 0 ? uri : uri.slice(0, cut)
    const fragment = cut < 0 ? '' : uri.slice(cut + 1)
    const resource = this.resources.get(document)
    if (fragment !== '' && !fragment.startsWith('/')) {
      return this.anchors.get(`${document}#${fragment}`) ?? refuse('a reference that leads nowhere in this schema')
    }
    // Many texts carry an $id and still mean their own root by "#".
    const start = resource ?? (ref.startsWith('#') ? this.root : null)
    if (!start) return refuse('remote references are not followed')
    let text: string
    try {
      text = decodeURIComponent(fragment)
    } catch {
      return refuse('a reference that is no JSON pointer')
    }
    let node = start.node
    let base = this.bases.get(node) ?? start.base
    let pointer = start.pointer
    for (const raw of text.split('/').slice(1)) {
      const key = raw.replace(/~1/g, '/').replace(/~0/g, '~')
      const next: JsonNode | undefined =
        node.t === 'obj' ? node.v.get(key) : node.t === 'arr' ? node.v[Number(key)] : undefined
      if (!next) return refuse('a reference that leads nowhere in this schema')
      node = next
      base = this.bases.get(node) ?? base
      pointer += `/${raw}`
    }
    return { node, base, pointer }
  }
}
