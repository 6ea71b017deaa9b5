// Which draft of JSON Schema a text says it is. Knows no keyword but $schema.

import type { JsonNode } from './json-text.ts'

/** 4, 6, 7, 2019 or 2020; the newest where nothing is said. */
export function draftOf(root: JsonNode): number {
  const uri = root.t === 'obj' ? root.v.get('$schema') : undefined
  if (uri?.t !== 'str') return 2020
  const m = /draft-0?(\d)\/|draft\/(\d{4})-/.exec(uri.v)
  if (!m) return 2020
  return m[1] ? Math.max(4, Number(m[1])) : Number(m[2])
}
