// Phi-4-mini: <|tool_call|>, a JSON list of all calls, <|/tool_call|>; some of its prompts teach it functools[…] instead.

import type { Dialect, DialectOf } from './dialect.ts'
import { readCallList } from './json-calls.ts'

const phi: Dialect = {
  name: 'phi',
  layout: {
    open: '<|tool_call|>[',
    before: '{"name": "',
    between: '", "arguments": ',
    after: '}',
    separator: ', ',
    close: ']<|/tool_call|>',
  },
  tokens: ['<|tool_call|>', '<|/tool_call|>'],
  triggers: ['<|tool_call|>', 'functools'],
  *read(reader, calls) {
    yield* reader.space()
    if (!(yield* readCallList(reader, calls))) return false
    const space = yield* reader.space()
    if (!(yield* reader.takes('<|/tool_call|>'))) reader.untake(space)
    return true
  },
}

export const phiOf: DialectOf = (template) =>
  /<\|tool\|>|<\|\/tool_call\|>|functools/.test(template) ? phi : undefined
