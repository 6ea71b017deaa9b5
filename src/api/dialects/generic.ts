// For models whose template speaks of no calls: the reply is a JSON object, or several, perhaps fenced or in a list. That is
// what the prompt in api/tools asks of them.

import type { Dialect } from './dialect.ts'
import { readCallList, readCallObject } from './json-calls.ts'

export const generic: Dialect = {
  name: 'generic',
  layout: { before: '{"name":"', between: '","args":', after: '}', separator: '\n', compact: true },
  starts: ['{ "name" : "', '[ { "name" : "', '``` { "name" : "', '```json { "name" : "', '```json [ { "name" : "'],
  *read(reader, calls) {
    const fenced = yield* reader.takes('```')
    if (fenced) yield* reader.run(/\w/)
    for (let found = false; ; found = true) {
      const space = yield* reader.space()
      const read = (yield* reader.sees('[')) ? readCallList : readCallObject
      if (yield* read(reader, calls)) continue
      if (!found || !fenced || !(yield* reader.takes('```'))) reader.untake(space)
      return found
    }
  },
}
