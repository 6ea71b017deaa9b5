// Calls written as JSON objects of a name and arguments, as most dialects have them. Members may come in any order and under
// any of their usual names.

import type { CallSink } from './dialect.ts'
import { parsed, type Reader, type Reading } from './reader.ts'

interface Call {
  name?: string
  /** Arguments that came before the name, or not as an object. */
  held?: string
  begun: boolean
}

/** {"name": …, "arguments": {…}}; nothing is taken where there is none. */
export function readCallObject(reader: Reader, calls: CallSink): Reading<boolean> {
  return reader.attempt(readObject(reader, calls))
}

function* readObject(reader: Reader, calls: CallSink): Reading<boolean> {
  const call: Call = { begun: false }
  if (!(yield* reader.takes('{'))) return false
  const whole = yield* readMembers(reader, calls, call)
  if (call.begun || !whole || call.name === undefined) return call.begun
  calls.begin(call.name)
  calls.arguments(asObject(call.held))
  return true
}

/** [{…}, …]; what follows the last whole call is left where it ends otherwise. */
export function* readCallList(reader: Reader, calls: CallSink): Reading<boolean> {
  return (yield* reader.takes('[')) && (yield* readCallItems(reader, calls))
}

/** What follows the bracket of such a list. */
export function* readCallItems(reader: Reader, calls: CallSink): Reading<boolean> {
  let found = false
  for (;;) {
    yield* reader.space()
    if (yield* reader.takes(']')) return found
    if (!(yield* readCallObject(reader, calls))) return found
    found = true
    yield* reader.space()
    yield* reader.takes(',')
  }
}

/** Up to and with the closing brace; false where they are not those of a call. */
function* readMembers(reader: Reader, calls: CallSink, call: Call): Reading<boolean> {
  for (;;) {
    yield* reader.space()
    if (yield* reader.takes('}')) return true
    const key = yield* reader.string()
    if (key === undefined) return false
    yield* reader.space()
    if (!(yield* reader.takes(':'))) return false
    yield* reader.space()
    if (!(yield* readMember(key, reader, calls, call))) return false
    yield* reader.space()
    yield* reader.takes(',')
  }
}

function* readMember(key: string, reader: Reader, calls: CallSink, call: Call): Reading<boolean> {
  switch (key) {
    case 'function':
      if (yield* reader.takes('{')) return yield* readMembers(reader, calls, call)
      return yield* readName(reader, calls, call)
    case 'name':
    case 'tool_name':
      return yield* readName(reader, calls, call)
    case 'arguments':
    case 'args':
    case 'parameters':
      return yield* readArguments(reader, calls, call)
    case 'id':
    case 'tool_call_id':
    case 'type':
      return yield* reader.value(() => {})
    default:
      return false
  }
}

function* readName(reader: Reader, calls: CallSink, call: Call): Reading<boolean> {
  const name = yield* reader.string()
  if (name === undefined || call.name !== undefined || !calls.knows(name)) return false
  call.name = name
  return true
}

function* readArguments(reader: Reader, calls: CallSink, call: Call): Reading<boolean> {
  if (call.begun || call.held !== undefined) return false
  if (call.name !== undefined && (yield* reader.sees('{'))) {
    calls.begin(call.name)
    call.begun = true
    return yield* reader.value((piece) => calls.arguments(piece))
  }
  let held = ''
  const whole = yield* reader.value((piece) => {
    held += piece
  })
  call.held = held
  return whole
}

/** Arguments as an object where they are one within a string, or none. */
function asObject(source: string | undefined): string {
  const value = source === undefined ? null : parsed(source)
  if (value === null || value === '') return '{}'
  return typeof value === 'string' ? value : source!
}
