// Llama 3.x: the reply is one JSON object, or several with semicolons between, perhaps behind <|python_tag|>. What it writes
// there in Python stays text.

import type { Dialect, DialectOf } from './dialect.ts'
import { readCallObject } from './json-calls.ts'

const TAG = '<|python_tag|>'

const llama: Dialect = {
  name: 'llama',
  layout: { before: '{"name": "', between: '", "parameters": ', after: '}', separator: '; ' },
  starts: [
    '{ "name" : "',
    '{ "type" : "function" , "name" : "',
    `${TAG} { "name" : "`,
    `${TAG} { "type" : "function" , "name" : "`,
  ],
  *read(reader, calls) {
    yield* reader.takes(TAG)
    yield* reader.space()
    if (!(yield* readCallObject(reader, calls))) return false
    for (;;) {
      const space = yield* reader.space()
      yield* reader.takes(';')
      yield* reader.space()
      if (!(yield* readCallObject(reader, calls))) {
        reader.untake(space)
        return true
      }
    }
  },
}

export const llamaOf: DialectOf = (template) =>
  template.includes(TAG) || template.includes('"parameters": dictionary of argument name and its value')
    ? llama
    : undefined
