// For models whose template speaks of no calls: the reply is a JSON object, or several, perhaps fenced. That is what the
// prompt in api/tools asks of them.

import type { Dialect } from './dialect.ts'
import { readCallList, readCallObject } from './json-calls.ts'

export const generic: Dialect = {
  name: 'generic',
  layout: { before: '{"name": "', between: '", "arguments": ', after: '}', separator: '\n' },
  triggers: [],
  openings: ['{', '[', '```'],
  *read(reader, calls) {
    const fenced = yield* reader.takes('```')
    if (fenced) yield* reader.run(/\w/)
    let found = false
    for (;;) {
      const space = yield* reader.space()
      const read = (yield* reader.sees('[')) ? readCallList : readCallObject
      if (!(yield* read(reader, calls))) {
        if (!fenced || !found || !(yield* reader.takes('```'))) reader.untake(space)
        return found
      }
      found = true
    }
  },
}
