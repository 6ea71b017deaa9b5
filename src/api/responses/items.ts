// The items a response's conversation is made of, as they are kept and given: what came in, and as messages of a chat.
// Knows no engine.

import { badRequest } from '../errors.ts'
import type { Message } from '../fields/messages.ts'
import type { InputItem, InputPart } from '../fields/response-input.ts'
import { randomId } from '../ids.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

export interface InputText {
  readonly type: 'input_text'
  readonly text: string
}

export interface OutputText {
  readonly type: 'output_text'
  readonly text: string
  readonly annotations: readonly []
  readonly logprobs: readonly object[]
}

export interface Refusal {
  readonly type: 'refusal'
  readonly refusal: string
}

export interface ReasoningText {
  readonly type: 'reasoning_text'
  readonly text: string
}

interface Kept {
  readonly id: string
  readonly status: ItemStatus
}

export interface InputMessage extends Kept {
  readonly type: 'message'
  readonly role: 'user' | 'system' | 'developer'
  readonly content: readonly InputText[]
}

export interface OutputMessage extends Kept {
  readonly type: 'message'
  readonly role: 'assistant'
  readonly content: readonly (OutputText | Refusal)[]
}

export interface FunctionCall extends Kept {
  readonly type: 'function_call'
  readonly call_id: string
  readonly name: string
  readonly arguments: string
}

export interface FunctionCallOutput extends Kept {
  readonly type: 'function_call_output'
  readonly call_id: string
  readonly output: string | readonly InputText[]
}

export interface ReasoningItem extends Kept {
  readonly type: 'reasoning'
  readonly summary: readonly object[]
  readonly content: readonly ReasoningText[]
}

export type Item = InputMessage | OutputMessage | FunctionCall | FunctionCallOutput | ReasoningItem

/** @param find an item of a stored response  @throws ApiError for what the schema cannot say */
export function toItems(input: string | readonly InputItem[], find: (id: string) => Item | undefined): Item[] {
  if (typeof input === 'string') return [toItem({ type: 'message', role: 'user', content: input }, 'input')]
  return input.map((item, i) => {
    if (item.type !== 'item_reference') return toItem(item, `input[${i}]`)
    const found = find(item.id)
    if (found) return found
    throw badRequest(`Invalid 'input[${i}].id': no stored response has an item with id '${item.id}'.`, `input[${i}].id`)
  })
}

function toItem(item: Exclude<InputItem, { type: 'item_reference' }>, at: string): Item {
  const status = 'completed'
  switch (item.type) {
    case 'message': {
      const id = item.id ?? randomId('msg_')
      const { type, role } = item
      if (role === 'assistant') return { id, type, status, role, content: outputParts(item.content, `${at}.content`) }
      return { id, type, status, role, content: inputParts(item.content, `${at}.content`) }
    }
    case 'function_call':
      return { ...item, id: item.id ?? randomId('fc_'), status }
    case 'function_call_output': {
      const output = typeof item.output === 'string' ? item.output : inputParts(item.output, `${at}.output`)
      return { ...item, id: item.id ?? randomId('fco_'), status, output }
    }
    case 'reasoning': {
      const { type, summary, content } = item
      return { id: item.id ?? randomId('rs_'), type, status, summary: summary ?? [], content: content ?? [] }
    }
  }
}

function inputParts(content: string | readonly InputPart[], at: string): InputText[] {
  if (typeof content === 'string') return [{ type: 'input_text', text: content }]
  return content.map((part, i) => ({ type: 'input_text', text: textOf(part, `${at}[${i}]`) }))
}

function outputParts(content: string | readonly InputPart[], at: string): (OutputText | Refusal)[] {
  if (typeof content === 'string') return [outputText(content)]
  return content.map((part, i) => (part.type === 'refusal' ? part : outputText(textOf(part, `${at}[${i}]`))))
}

export function outputText(text: string, logprobs: readonly object[] = []): OutputText {
  return { type: 'output_text', text, annotations: [], logprobs }
}

function textOf(part: InputPart, at: string): string {
  if ('text' in part) return part.text
  if (part.type === 'refusal') return part.refusal
  const param = `${at}.type`
  throw badRequest(
    `Invalid value for '${param}': '${part.type}'. This model takes text only.`,
    param,
    'unsupported_value',
  )
}

/** The conversation as a chat has it: calls belong to the assistant's message before them, thinking text to the one after. */
export function itemMessages(items: readonly Item[]): Message[] {
  const messages: Message[] = []
  let thought: { reasoning_content?: string } = {}
  for (const item of items)
    switch (item.type) {
      case 'message':
        if (item.role === 'assistant') {
          const content = item.content.map((part) =>
            part.type === 'refusal' ? { ...part } : { type: 'text' as const, text: part.text },
          )
          messages.push({ role: 'assistant', content, ...thought })
          thought = {}
        } else messages.push({ role: item.role, content: textParts(item.content) })
        break
      case 'function_call': {
        const { call_id: id, name, arguments: args } = item
        const call = { id, type: 'function' as const, function: { name, arguments: args } }
        const last = messages.at(-1)
        if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call]
        else messages.push({ role: 'assistant', content: null, tool_calls: [call], ...thought })
        thought = {}
        break
      }
      case 'function_call_output': {
        const content = typeof item.output === 'string' ? item.output : textParts(item.output)
        messages.push({ role: 'tool', tool_call_id: item.call_id, content })
        break
      }
      case 'reasoning': {
        const text = item.content.map(({ text }) => text).join('\n')
        if (text !== '') thought = { reasoning_content: text }
      }
    }
  return messages
}

function textParts(parts: readonly InputText[]): { type: 'text'; text: string }[] {
  return parts.map(({ text }) => ({ type: 'text', text }))
}
