// Tools and calls in a prompt: as the model's chat template has them, else as text in the messages. What a template has shows
// in what it renders: tools it does not read change nothing there. Knows no request.

import type { ChatTemplate, TemplateInput, TemplateMessage } from '../../text/chat-template.ts'
import { TextError } from '../../text/errors.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { findDialect } from '../dialects/find.ts'
import type { FunctionTool } from '../fields/tools.ts'

interface Call {
  readonly id: string
  /** `arguments`: an object, or text that is none. */
  readonly function: { readonly name: string; readonly arguments: unknown }
}

/**
 * @param callable whether the tools may be called; where not, they are a variable of the template and no more
 * @throws TextError as the template does
 */
export function renderWithTools(
  template: ChatTemplate,
  input: TemplateInput,
  tools: readonly FunctionTool[] | undefined,
  callable: boolean,
): string {
  const dialect = findDialect(template.source)
  const messages = withFittingIds(input.messages, dialect)
  const render = (messages: readonly TemplateMessage[], tools?: readonly object[]) =>
    renderCalls(template, { ...input, messages, variables: { ...(tools && { tools }), ...input.variables } }, dialect)
  if (!tools) return render(messages)
  const given = tools.map(withoutNulls)
  if (!callable) return attempt(() => render(messages, given)) ?? render(messages)
  const told = attempt(() => render(inMessage(template) ? withTools(messages, given) : messages, given))
  if (told !== undefined && told !== attempt(() => render(messages))) return told
  const text = instructions(given, dialect)
  return attempt(() => render(inSystemMessage(messages, text))) ?? render(inFirstUserMessage(messages, text))
}

/** The first way of giving calls that shows in the prompt; text, where none does. */
function renderCalls(template: ChatTemplate, input: TemplateInput, dialect: Dialect): string {
  const { messages } = input
  if (!messages.some((message) => callsOf(message).length > 0)) return template.render(input)
  for (const given of [messages, messages.map(withArgumentTexts)]) {
    const render = (messages: readonly TemplateMessage[]) => attempt(() => template.render({ ...input, messages }))
    const text = render(given)
    const without = render(given.map(({ tool_calls: _, ...message }) => message))
    if (text !== undefined && text !== without && objects(text) === objects(without ?? '')) return text
  }
  return template.render({ ...input, messages: asText(messages, dialect) })
}

/** How many objects a template put into text as if they were text. */
function objects(text: string): number {
  return text.split('[object ').length
}

/** Some templates put arguments together with other text, and look for calls only where there is no content. */
function withArgumentTexts(message: TemplateMessage): TemplateMessage {
  const calls = callsOf(message)
  if (calls.length === 0) return message
  const texts = calls.map((call) => ({ ...call, function: { ...call.function, arguments: argumentText(call) } }))
  return { ...message, content: message.content === '' ? null : message.content, tool_calls: texts }
}

/** Calls as the model would write them, and results as words of the user's. */
function asText(messages: readonly TemplateMessage[], { layout }: Dialect): TemplateMessage[] {
  const { open = '', before, between, after, separator, close = '' } = layout
  const texts: TemplateMessage[] = []
  let told = false
  for (const { tool_calls: _, tool_call_id: __, ...message } of messages) {
    const calls = callsOf({ tool_calls: _ }).map(
      (call) => before + call.function.name + between + argumentText(call) + after,
    )
    const result = message.role === 'tool'
    const written = calls.length > 0 ? open + calls.join(separator) + close : ''
    const said = result ? `<tool_response>\n${message.content}\n</tool_response>` : message.content
    const content = [said, written].filter((text) => text !== '').join('\n')
    const last = texts.at(-1)
    // What follows a result is the same turn of the user's: some templates want turns to alternate.
    if (told && (result || message.role === 'user'))
      texts[texts.length - 1] = { ...last, content: `${last!.content}\n${content}` }
    else texts.push({ ...message, role: result ? 'user' : message.role, content })
    told = result || (told && message.role === 'user')
  }
  return texts
}

/** What a model is told whose template has no place for tools. */
function instructions(tools: readonly object[], { layout }: Dialect): string {
  const { open = '', before, between, after, close = '' } = layout
  const list = tools.map((tool) => JSON.stringify((tool as FunctionTool).function)).join('\n')
  return `Functions you may call:\n${list}\nTo call one, answer with nothing but\n${open}${before}NAME${between}ARGUMENTS${after}${close}`
}

function inSystemMessage(messages: readonly TemplateMessage[], text: string): TemplateMessage[] {
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: text }, ...messages]
  return [{ ...first, content: `${first.content}\n\n${text}` }, ...rest]
}

/** For templates that refuse a system message. */
function inFirstUserMessage(messages: readonly TemplateMessage[], text: string): TemplateMessage[] {
  const at = messages.findIndex(({ role }) => role === 'user')
  if (at < 0) return [{ role: 'user', content: text }, ...messages]
  return messages.map((message, i) => (i === at ? { ...message, content: `${text}\n\n${message.content}` } : message))
}

function inMessage({ source }: ChatTemplate): boolean {
  return /message(\['tools'\]|\.tools\b)/.test(source)
}

/** Phi's template reads tools, as text, in the system message. */
function withTools(messages: readonly TemplateMessage[], tools: readonly object[]): TemplateMessage[] {
  const [first, ...rest] = messages
  const text = JSON.stringify(tools)
  if (first?.role !== 'system') return [{ role: 'system', content: '', tools: text }, ...messages]
  return [{ ...first, tools: text }, ...rest]
}

/** The same conversation with ids that the template takes. */
function withFittingIds(messages: readonly TemplateMessage[], { idLength }: Dialect): readonly TemplateMessage[] {
  if (idLength === undefined) return messages
  const fitting = (id: unknown) => {
    const text = String(id)
    return text.length === idLength && /^[a-zA-Z0-9]+$/.test(text) ? text : hashed(text, idLength)
  }
  return messages.map((message) => ({
    ...message,
    ...(message.tool_calls !== undefined && {
      tool_calls: callsOf(message).map((call) => ({ ...call, id: fitting(call.id) })),
    }),
    ...(message.tool_call_id !== undefined && { tool_call_id: fitting(message.tool_call_id) }),
  }))
}

/** FNV-1a, twice, as letters and digits: equal ids stay equal. */
function hashed(text: string, length: number): string {
  const hash = (seed: number) => [...text].reduce((h, c) => Math.imul(h ^ c.codePointAt(0)!, 16777619) >>> 0, seed)
  return (hash(2166136261).toString(36) + hash(84696351).toString(36)).padStart(length, '0').slice(0, length)
}

function callsOf({ tool_calls: calls }: TemplateMessage): readonly Call[] {
  return Array.isArray(calls) ? (calls as Call[]) : []
}

function argumentText({ function: { arguments: args } }: Call): string {
  return typeof args === 'string' ? args : JSON.stringify(args)
}

function withoutNulls({ type, function: definition }: FunctionTool): FunctionTool {
  const given = Object.entries(definition).filter(([, value]) => value !== null)
  return { type, function: Object.fromEntries(given) as FunctionTool['function'] }
}

function attempt(render: () => string): string | undefined {
  try {
    return render()
  } catch (error) {
    if (error instanceof TextError) return undefined
    throw error
  }
}
