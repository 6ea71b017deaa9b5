// Mistral: [TOOL_CALLS] and a JSON list of all calls, or since 2025 for each call [TOOL_CALLS]name[ARGS]{…}, the name perhaps
// followed by [CALL_ID] and an id. Its templates take ids of nine letters and digits only.

import type { CallSink, Dialect, DialectOf } from './dialect.ts'
import { readCallList, readCallObject } from './json-calls.ts'
import type { Reader, Reading } from './reader.ts'

const shared = {
  name: 'mistral',
  trigger: '[TOOL_CALLS]',
  idLength: 9,
  *read(reader: Reader, calls: CallSink): Reading<boolean> {
    yield* reader.space()
    if (yield* reader.sees('[')) return yield* readCallList(reader, calls)
    if (yield* reader.sees('{')) return yield* readCallObject(reader, calls)
    const name = yield* reader.run(/[\w-]/, 64)
    if (!calls.knows(name)) return false
    if (yield* reader.takes('[CALL_ID]')) yield* reader.run(/\w/)
    yield* reader.takes('[ARGS]')
    yield* reader.space()
    if (!(yield* reader.sees('{'))) return false
    calls.begin(name)
    yield* reader.value((piece) => calls.arguments(piece))
    return true
  },
}

const listed: Dialect = {
  ...shared,
  layout: {
    open: '[TOOL_CALLS][',
    before: '{"name": "',
    between: '", "arguments": ',
    after: '}',
    separator: ', ',
    close: ']',
  },
}

const marked: Dialect = {
  ...shared,
  layout: { before: '[TOOL_CALLS]', between: '[ARGS]', after: '', separator: '' },
}

export const mistralOf: DialectOf = (template) => {
  if (!template.includes('[TOOL_CALLS]')) return undefined
  return template.includes('[ARGS]') ? marked : listed
}
