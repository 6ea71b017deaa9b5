// Llama 3.x: the reply is one JSON object, or several with semicolons between, perhaps behind <|python_tag|>. Calls of its
// built-in functions look like Python there: brave_search.call(query="…").

import type { CallSink, Dialect, DialectOf } from './dialect.ts'
import { readCallObject } from './json-calls.ts'
import { parsed, type Reader, type Reading } from './reader.ts'

const llama: Dialect = {
  name: 'llama',
  layout: { before: '{"name": "', between: '", "parameters": ', after: '}', separator: '; ' },
  tokens: ['<|python_tag|>'],
  triggers: ['<|python_tag|>'],
  openings: ['{'],
  *read(reader, calls) {
    let found = false
    for (;;) {
      const space = yield* reader.space()
      const read = (yield* reader.sees('{'))
        ? readCallObject(reader, calls)
        : reader.attempt(readPythonCall(reader, calls))
      if (!(yield* read)) {
        reader.untake(space)
        return found
      }
      found = true
      const between = yield* reader.space()
      if (!(yield* reader.takes(';')) && !(yield* reader.sees('{'))) {
        reader.untake(between)
        return true
      }
    }
  },
}

function* readPythonCall(reader: Reader, calls: CallSink): Reading<boolean> {
  const name = yield* reader.run(/\w/)
  if (!calls.knows(name) || !(yield* reader.takes('.call('))) return false
  calls.begin(name)
  calls.arguments('{')
  for (let first = true; ; first = false) {
    yield* reader.run(/[\s,]/)
    const key = yield* reader.run(/\w/)
    if (key === '') break
    if (!(yield* reader.takes('='))) return true
    calls.arguments(`${first ? '' : ', '}${JSON.stringify(key)}: `)
    const value = (yield* reader.string()) ?? (yield* reader.run(/[^,)]/))
    calls.arguments(JSON.stringify(parsed(value) ?? value))
  }
  if (yield* reader.takes(')')) calls.arguments('}')
  return true
}

export const llamaOf: DialectOf = (template) =>
  template.includes('<|python_tag|>') || template.includes('"parameters": dictionary of argument name and its value')
    ? llama
    : undefined
