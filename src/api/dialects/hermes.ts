// Hermes, Qwen and whoever took it over (Granite 4, SmolLM3, …): a JSON object between tags, for each call.

import type { Dialect, DialectOf } from './dialect.ts'
import { readCallList, readCallObject } from './json-calls.ts'

export const hermes: Dialect = {
  name: 'hermes',
  layout: {
    before: '<tool_call>\n{"name": "',
    between: '", "arguments": ',
    after: '}\n</tool_call>',
    separator: '\n',
  },
  trigger: '<tool_call>',
  *read(reader, calls) {
    yield* reader.space()
    const read = (yield* reader.sees('[')) ? readCallList : readCallObject
    if (!(yield* read(reader, calls))) return false
    const space = yield* reader.space()
    if (!(yield* reader.takes('</tool_call>'))) reader.untake(space)
    return true
  },
}

export const hermesOf: DialectOf = (template) => (template.includes('<tool_call>') ? hermes : undefined)
