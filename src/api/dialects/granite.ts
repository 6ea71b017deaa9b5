// Granite 3: <|tool_call|> and a JSON list of all calls. Granite 4 writes as Hermes does.

import type { Dialect, DialectOf } from './dialect.ts'
import { readCallList, readCallObject } from './json-calls.ts'

const granite: Dialect = {
  name: 'granite',
  layout: {
    open: '<|tool_call|>[',
    before: '{"name": "',
    between: '", "arguments": ',
    after: '}',
    separator: ', ',
    close: ']',
  },
  trigger: '<|tool_call|>',
  *read(reader, calls) {
    yield* reader.space()
    return yield* (yield* reader.sees('[')) ? readCallList(reader, calls) : readCallObject(reader, calls)
  },
}

export const graniteOf: DialectOf = (template) =>
  template.includes('<|tool_call|>') && template.includes('<|start_of_role|>') ? granite : undefined
