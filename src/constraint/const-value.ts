// The expression that only one JSON value satisfies. Knows nothing of schemas.

import { parseDecimal } from './decimal.ts'
import { ConstraintError } from './errors.ts'
import { type Expr, typeBit } from './expression.ts'
import type { ExpressionStore } from './expression-store.ts'
import type { JsonNode } from './json-text.ts'

export function constant(node: JsonNode, store: ExpressionStore, pointer: string): Expr {
  switch (node.t) {
    case 'null':
      return store.types(typeBit.null)
    case 'bool':
      return store.types(node.v ? typeBit.true : typeBit.false)
    case 'num': {
      const value = parseDecimal(node.raw)
      if (!value || Math.abs(value.e) > 320) {
        throw new ConstraintError(
          'invalid_json_schema',
          `Cannot use schema: a number out of range, received ${node.raw}`,
          { pointer },
        )
      }
      return store.and(store.types(typeBit.number), store.atom({ k: 'numbers', values: [value] }))
    }
    case 'str':
      return store.and(store.types(typeBit.string), store.atom({ k: 'strings', values: new Set([node.v]) }))
    case 'arr':
      return store.and(
        store.types(typeBit.array),
        store.atom({ k: 'items', prefix: node.v.map((x) => constant(x, store, pointer)), rest: store.no }),
        store.atom({ k: 'minItems', n: node.v.length }),
      )
    case 'obj': {
      const byName = new Map([...node.v].map(([k, x]) => [k, constant(x, store, pointer)]))
      return store.and(
        store.types(typeBit.object),
        store.atom({ k: 'properties', byName, byPattern: [], rest: store.no }),
        ...[...node.v.keys()].map((key) => store.atom({ k: 'required', key })),
      )
    }
  }
}
