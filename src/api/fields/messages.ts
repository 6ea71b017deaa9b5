// The messages of a chat: what each role may carry, and how they are handed to a chat template. Keys that are no part of
// the contract stay in a message: some templates read their own.

import * as z from 'zod/mini'
import type { TemplateMessage } from '../../text/chat-template.ts'
import { badRequest } from '../errors.ts'
import { missing, wrongType } from './issues.ts'

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() })
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() })
/** Kinds of content that OpenAI knows and a text model does not take. */
const mediaPart = z.looseObject({ type: z.literal(['image_url', 'input_audio', 'file']) })

const part = z.discriminatedUnion('type', [textPart, mediaPart])
const assistantPart = z.discriminatedUnion('type', [textPart, refusalPart])
const content = z.union([z.string(), z.array(part).check(z.minLength(1))])
const name = z.nullish(z.string())

const functionCall = z.looseObject({ name: z.string(), arguments: z.string() })
const toolCall = z.looseObject({ id: z.string(), type: z.literal('function'), function: functionCall })

const message = z.discriminatedUnion('role', [
  z.looseObject({ role: z.literal('system'), content, name }),
  z.looseObject({ role: z.literal('developer'), content, name }),
  z.looseObject({ role: z.literal('user'), content, name }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.nullish(z.union([z.string(), z.array(assistantPart).check(z.minLength(1))])),
    refusal: z.nullish(z.string()),
    name,
    tool_calls: z.nullish(z.array(toolCall)),
    function_call: z.nullish(functionCall),
  }),
  z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string() }),
  z.looseObject({ role: z.literal('function'), content: z.nullable(z.string()), name: z.string() }),
])

export const messagesSchema = z.array(message).check(z.minLength(1))
export type Message = z.infer<typeof message>

/** @throws ApiError for what the schema cannot say */
export function checkMessages(messages: readonly Message[]): void {
  messages.forEach((message, i) => {
    const at = `messages[${i}]`
    if (
      message.role === 'assistant' &&
      message.content == null &&
      !message.tool_calls?.length &&
      !message.function_call
    ) {
      const param = `${at}.content`
      throw message.content === undefined ? missing(param) : wrongType(param, 'a string or an array', message.content)
    }
    if (!Array.isArray(message.content)) return
    message.content.forEach((part, j) => {
      if (part.type === 'text' || part.type === 'refusal') return
      const param = `${at}.content[${j}].type`
      throw badRequest(
        `Invalid value for '${param}': '${part.type}'. This model takes text only.`,
        param,
        'unsupported_value',
      )
    })
  })
}

/**
 * Messages as chat templates expect them: content as one text, a line for each part; arguments of calls as objects; function
 * calls of the old fields as tool calls; no keys without a value; developer messages as system messages where `template` does
 * not know the role.
 */
export function templateMessages(messages: readonly Message[], template: string): TemplateMessage[] {
  const knowsDeveloper = template.includes('developer')
  return messages.map(withToolCalls).map((message) => {
    const given = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null))
    const role = message.role === 'developer' && !knowsDeveloper ? 'system' : message.role
    const calls = message.role === 'assistant' ? message.tool_calls : undefined
    const content = textOf(message.content) ?? ''
    return { ...given, role, content, ...(calls?.length && { tool_calls: calls.map(withParsedArguments) }) }
  })
}

/** The old fields' calls have no ids: a result belongs to the last call of its name. */
function withToolCalls(message: Message): Message {
  if (message.role === 'function') {
    const { name, content } = message
    return { role: 'tool', name, tool_call_id: `call_${name}`, content: content ?? '' }
  }
  if (message.role !== 'assistant' || !message.function_call) return message
  const { function_call: call, ...rest } = message
  const old = { id: `call_${call.name}`, type: 'function' as const, function: call }
  return { ...rest, tool_calls: [...(rest.tool_calls ?? []), old] }
}

function withParsedArguments(call: z.infer<typeof toolCall>): object {
  try {
    return { ...call, function: { ...call.function, arguments: JSON.parse(call.function.arguments) as unknown } }
  } catch {
    return call
  }
}

export function textOf(content: Message['content']): string | null | undefined {
  if (!Array.isArray(content)) return content
  return content
    .map((part) => (part.type === 'text' ? part.text : part.type === 'refusal' ? part.refusal : ''))
    .join('\n')
}
