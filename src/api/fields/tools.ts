// Fields about functions the model may call, and the rules between them.

import * as z from 'zod/mini'
import { badRequest } from '../errors.ts'
import { optional, type Values } from './field.ts'

/** OpenAI's bound, which no model gets along with anyway. */
export const MOST_TOOLS = 128

export const functionName = z.string().check(z.regex(/^[a-zA-Z0-9_-]+$/), z.maxLength(64))

export const functionDefinition = {
  name: functionName,
  description: z.nullish(z.string()),
  parameters: z.nullish(z.looseObject({})),
  strict: z.nullish(z.boolean()),
}

/** A list of as many as are taken. */
export function toolList<S extends z.core.$ZodType>(tool: S) {
  return z.array(tool).check(z.minLength(1), z.maxLength(MOST_TOOLS))
}

const definition = z.looseObject(functionDefinition)
const functionTool = z.looseObject({ type: z.literal('function'), function: definition })
const named = z.looseObject({ name: z.string() })
const namedTool = z.looseObject({ type: z.literal('function'), function: named })

const namedChoice = z.discriminatedUnion('type', [
  namedTool,
  z.looseObject({
    type: z.literal('allowed_tools'),
    allowed_tools: z.looseObject({
      mode: z.literal(['auto', 'required']),
      tools: z.array(namedTool).check(z.minLength(1)),
    }),
  }),
])

export const toolFields = {
  tools: optional(toolList(functionTool), {
    doc: 'Functions the model may call. A call’s arguments are held to `parameters`, strict or not; where these leave it open, to the properties they declare. See [tools](tools.md).',
  }),
  tool_choice: optional(z.union([z.literal(['none', 'auto', 'required']), namedChoice]), {
    doc: 'Whether the model may (`auto`), must (`required`, or a function by its name: exactly one call) or must not call functions. `allowed_tools` narrows which.',
  }),
  parallel_tool_calls: optional(z.boolean(), { doc: 'More than one call in an answer; true unless told.' }),
  functions: optional(toolList(definition), {
    doc: 'Deprecated; use `tools`. At most one call, given as `function_call`.',
  }),
  function_call: optional(z.union([z.literal(['none', 'auto']), named]), { doc: 'Deprecated; use `tool_choice`.' }),
}

export type ToolFields = Values<typeof toolFields>
export type FunctionTool = NonNullable<ToolFields['tools']>[number]

/** @throws ApiError for fields that do not go together */
export function checkTools(request: ToolFields): void {
  const { tools, tool_choice: choice, functions, function_call: call } = request
  if (tools && functions)
    throw badRequest("Invalid 'functions': it cannot be given together with 'tools'.", 'functions')
  checkNames(
    tools ?? [],
    (i) => `tools[${i}].function`,
    ({ function: { name } }) => name,
  )
  checkNames(
    functions ?? [],
    (i) => `functions[${i}]`,
    ({ name }) => name,
  )
  if (!tools && choice !== undefined && choice !== 'none' && choice !== 'auto')
    throw badRequest("Invalid 'tool_choice': it is only allowed when 'tools' are given.", 'tool_choice')
  const names = new Set(tools?.map((tool) => tool.function.name))
  if (typeof choice === 'object')
    for (const { name } of chosen(choice))
      if (!names.has(name))
        throw badRequest(`Invalid 'tool_choice': no function of 'tools' is named '${name}'.`, 'tool_choice')
  if (typeof call === 'object' && !functions?.some(({ name }) => name === call.name))
    throw badRequest(`Invalid 'function_call': no function of 'functions' is named '${call.name}'.`, 'function_call')
}

/** The functions that a choice names. */
export function chosen(choice: z.infer<typeof namedChoice>): readonly { readonly name: string }[] {
  if (choice.type === 'function') return [choice.function]
  return choice.allowed_tools.tools.map((tool) => tool.function)
}

/** @throws ApiError where two have the same name */
export function checkNames<T>(tools: readonly T[], at: (i: number) => string, nameOf: (tool: T) => string): void {
  const seen = new Set<string>()
  tools.forEach((tool, i) => {
    const name = nameOf(tool)
    if (seen.has(name))
      throw badRequest(`Invalid '${at(i)}.name': '${name}' is the name of another function too.`, `${at(i)}.name`)
    seen.add(name)
  })
}
