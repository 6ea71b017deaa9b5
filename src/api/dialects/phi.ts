// Phi-4-mini: <|tool_call|>, a JSON list of all calls, <|/tool_call|>; some templates teach it functools[…] instead.

import type { Dialect, DialectOf, Layout } from './dialect.ts'
import { readCallItems, readCallList } from './json-calls.ts'

const END = '<|/tool_call|>'
const object: Layout = { before: '{"name": "', between: '", "arguments": ', after: '}', separator: ', ' }

const phi: Dialect = {
  name: 'phi',
  layout: { ...object, open: '<|tool_call|>[', close: `]${END}` },
  trigger: '<|tool_call|>',
  *read(reader, calls) {
    yield* reader.space()
    if (!(yield* readCallList(reader, calls))) return false
    const space = yield* reader.space()
    if (!(yield* reader.takes(END))) reader.untake(space)
    return true
  },
}

const functools: Dialect = {
  name: 'phi',
  layout: { ...object, open: 'functools[', close: ']' },
  trigger: 'functools[',
  read: readCallItems,
}

export const phiOf: DialectOf = (template) => {
  if (template.includes('functools')) return functools
  return /<\|tool\|>|<\|\/tool_call\|>/.test(template) ? phi : undefined
}
