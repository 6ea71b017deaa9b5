// A question of exam.jsonl: the request it makes, and whether a reply is right or at least valid. Knows no engine.

type Parameters = Readonly<Record<string, string | readonly string[]>>

export interface Item {
  readonly category: string
  /** Of categories that are asked in both: whether it is one that is trained on. */
  readonly wording?: 'new' | 'known'
  readonly messages: readonly {
    readonly role: string
    readonly content?: string
    /** Names and arguments. */
    readonly calls?: readonly (readonly [string, object])[]
  }[]
  /** Name, description, parameters: a type or the values that are allowed. */
  readonly tools?: readonly (readonly [string, string, Parameters])[]
  /** Members' types. */
  readonly schema?: Readonly<Record<string, string>>
  readonly choices?: readonly string[]
  /** One of: the whole reply, a regular expression (case does not matter), a JSON value, calls. */
  readonly expect: {
    readonly reply?: string
    readonly match?: string
    readonly json?: unknown
    readonly calls?: readonly { readonly name: string; readonly arguments: object }[]
  }
  readonly prompt_tokens: number
  /** PyTorch's greedy reply. */
  readonly ids: readonly number[]
}

export interface Answer {
  readonly content: string | null
  readonly calls: readonly { readonly name: string; readonly arguments: string }[]
}

/** Messages and tools as the API takes them; `held`: with what the reply has to fit. */
export function requestOf({ messages, tools, schema, choices, expect }: Item, held: boolean): object {
  return {
    messages: messages.map(({ role, content, calls }, i) => ({
      role,
      content: content ?? null,
      ...(calls && { tool_calls: calls.map(([name, args], n) => callOf(`call_${i}_${n}`, name, args)) }),
      ...(role === 'tool' && { tool_call_id: `call_${i - 1}_0` }),
    })),
    ...(tools && { tools: tools.map(toolOf) }),
    ...(held &&
      schema && {
        response_format: { type: 'json_schema', json_schema: { name: 'fields', schema: objectOf(schema) } },
      }),
    ...(held && choices && { guided_choice: choices }),
    ...(held && expect.calls && { tool_choice: { type: 'function', function: { name: expect.calls[0]!.name } } }),
  }
}

function callOf(id: string, name: string, args: object) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } }
}

function toolOf([name, description, parameters]: readonly [string, string, Parameters]) {
  return { type: 'function', function: { name, description, parameters: objectOf(parameters) } }
}

function objectOf(members: Parameters) {
  const properties = Object.fromEntries(
    Object.entries(members).map(([key, kind]) => [
      key,
      Array.isArray(kind) ? { type: 'string', enum: kind } : { type: kind },
    ]),
  )
  return { type: 'object', properties, required: Object.keys(members), additionalProperties: false }
}

export function isRight({ expect }: Item, { content, calls }: Answer): boolean {
  if (expect.calls)
    return equal(
      calls.map(({ name, arguments: args }) => ({ name, arguments: parsed(args) })),
      expect.calls,
    )
  const text = content ?? ''
  if (expect.json !== undefined) return equal(parsed(text), expect.json)
  if (expect.match !== undefined) return new RegExp(expect.match, 'isu').test(text)
  return text === expect.reply
}

/** Whether the tools that are called are those expected, whatever their arguments. */
export function choosesTool({ expect }: Item, { calls }: Answer): boolean {
  return equal(
    calls.map(({ name }) => name),
    expect.calls?.map(({ name }) => name) ?? [],
  )
}

/** Whether a reply that was held to a form has it. */
export function isValid({ schema, choices, expect, tools }: Item, { content, calls }: Answer): boolean {
  if (schema) return fits(parsed(content ?? ''), schema)
  if (choices) return choices.includes(content ?? '')
  const tool = tools?.find(([name]) => name === expect.calls?.[0]?.name)
  return (
    calls.length > 0 && calls.every(({ name, arguments: args }) => name === tool?.[0] && fits(parsed(args), tool[2]))
  )
}

function fits(value: unknown, members: Parameters): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const keys = Object.keys(value)
  return (
    keys.length === Object.keys(members).length &&
    Object.entries(members).every(([key, kind]) => {
      const member = (value as Record<string, unknown>)[key]
      if (Array.isArray(kind)) return kind.includes(member)
      return kind === 'integer' ? Number.isInteger(member) : typeof member === kind
    })
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Equal values; the order of members does not matter. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [left, right] = [Object.entries(a), Object.entries(b)]
  return (
    left.length === right.length &&
    left.every(([key, value]) => key in b && equal(value, (b as Record<string, unknown>)[key]))
  )
}
