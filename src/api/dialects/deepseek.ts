// DeepSeek: all calls between <｜tool▁calls▁begin｜> and its end, each as a type, its name and fenced JSON (V3, R1), or as its
// name and bare JSON (V3.1).

import type { CallSink, Dialect, DialectOf } from './dialect.ts'
import type { Reader, Reading } from './reader.ts'

const OPEN = '<｜tool▁calls▁begin｜>'
const CLOSE = '<｜tool▁calls▁end｜>'
const BEGIN = '<｜tool▁call▁begin｜>'
const END = '<｜tool▁call▁end｜>'
const SEPARATOR = '<｜tool▁sep｜>'

const shared = {
  name: 'deepseek',
  trigger: OPEN,
  *read(reader: Reader, calls: CallSink): Reading<boolean> {
    let found = false
    for (;;) {
      const space = yield* reader.space()
      if (found && (yield* reader.takes(CLOSE))) return true
      if (!(yield* reader.attempt(readCall(reader, calls)))) {
        reader.untake(space)
        return found
      }
      found = true
    }
  },
}

function* readCall(reader: Reader, calls: CallSink): Reading<boolean> {
  if (!(yield* reader.takes(BEGIN))) return false
  let name = yield* reader.run(/[\w-]/, 64)
  if (!(yield* reader.takes(SEPARATOR))) return false
  if (!(yield* reader.sees('{'))) {
    name = yield* reader.run(/[\w-]/, 64)
    yield* reader.space()
    yield* reader.takes('```json')
    yield* reader.space()
  }
  if (!calls.knows(name) || !(yield* reader.sees('{'))) return false
  calls.begin(name)
  if (!(yield* reader.value((piece) => calls.arguments(piece)))) return true
  yield* reader.space()
  yield* reader.takes('```')
  yield* reader.space()
  yield* reader.takes(END)
  return true
}

const fenced: Dialect = {
  ...shared,
  layout: {
    open: OPEN,
    before: `${BEGIN}function${SEPARATOR}`,
    between: '\n```json\n',
    after: `\n\`\`\`${END}`,
    separator: '\n',
    close: CLOSE,
  },
}

const bare: Dialect = {
  ...shared,
  layout: { open: OPEN, before: BEGIN, between: SEPARATOR, after: END, separator: '', close: CLOSE },
}

export const deepseekOf: DialectOf = (template) => {
  if (!template.includes(BEGIN)) return undefined
  return template.includes('```json') ? fenced : bare
}
