// Calls as chat completions give them, in the shape of tools or in that of the deprecated functions.

import type { CallDelta } from './call-reader.ts'

/** A call as it ended. */
export interface WholeCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

export function joinCalls(deltas: readonly CallDelta[]): WholeCall[] {
  const calls: WholeCall[] = []
  for (const { index, begins, arguments: args } of deltas)
    calls[index] = begins
      ? { ...begins, arguments: args }
      : { ...calls[index]!, arguments: calls[index]!.arguments + args }
  return calls
}

/** What of a message are its calls. */
export function messageCalls(calls: readonly WholeCall[], old: boolean): object {
  const [first] = calls
  if (!first) return {}
  if (old) return { function_call: { name: first.name, arguments: first.arguments } }
  return {
    tool_calls: calls.map(({ id, name, arguments: args }) => ({
      id,
      type: 'function',
      function: { name, arguments: args },
    })),
  }
}

/** What of a chunk's delta are its calls. */
export function deltaCalls(deltas: readonly CallDelta[], old: boolean): object {
  const [first] = deltas
  if (!first) return {}
  if (old) return { function_call: { ...(first.begins && { name: first.begins.name }), arguments: first.arguments } }
  return {
    tool_calls: deltas.map(({ index, begins, arguments: args }) =>
      begins
        ? { index, id: begins.id, type: 'function', function: { name: begins.name, arguments: args } }
        : { index, function: { arguments: args } },
    ),
  }
}
