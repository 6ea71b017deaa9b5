// What a request says of calls: which functions the model is told of, which it may or must call. Knows no dialect.

import { badRequest } from '../errors.ts'
import { chosen, type FunctionTool, type ToolFields } from '../fields/tools.ts'

export interface ToolPlan {
  /** Those that may be called; at least one. */
  readonly callable: readonly Callable[]
  /** Whether the reply must be calls. */
  readonly must: boolean
  /** Whether there may be more than one. */
  readonly parallel: boolean
}

export interface Callable {
  readonly name: string
  /** JSON Schema of its arguments. */
  readonly schema: object
  /** The field its schema came from. */
  readonly param: string
}

/** The functions that the model is told of, old fields or new. */
export function toldTools({ tools, functions }: Partial<ToolFields>): readonly FunctionTool[] | undefined {
  return tools ?? functions?.map((definition) => ({ type: 'function', function: definition }))
}

/** Whether the model may call any of them. */
export function mayCall({ tools, tool_choice: choice, functions, function_call: call }: Partial<ToolFields>): boolean {
  return tools ? choice !== 'none' : functions !== undefined && call !== 'none'
}

/** @returns undefined where nothing may be called  @throws ApiError for parameters that are no object's */
export function toolPlan(request: ToolFields, paramOf: (i: number) => string): ToolPlan | undefined {
  const { tool_choice: choice = 'auto', function_call: call = 'auto', functions } = request
  const told = toldTools(request)
  if (!told || !mayCall(request)) return undefined
  const named = functions
    ? typeof call === 'object'
      ? [call]
      : undefined
    : typeof choice === 'object'
      ? chosen(choice)
      : undefined
  const wanted = new Set(named?.map(({ name }) => name))
  const callable = told.flatMap(({ function: { name, parameters } }, i) =>
    named && !wanted.has(name)
      ? []
      : [{ name, schema: argumentsSchema(name, parameters, paramOf(i)), param: paramOf(i) }],
  )
  const one = functions !== undefined || (typeof choice === 'object' && choice.type === 'function')
  const mode = typeof choice === 'object' && choice.type === 'allowed_tools' ? choice.allowed_tools.mode : choice
  return {
    callable,
    must: typeof call === 'object' || (mode !== 'auto' && !functions),
    parallel: !one && (request.parallel_tool_calls ?? true),
  }
}

/** Keywords beside `properties` after which other properties may be meant. */
const OPEN_KEYWORDS = [
  '$ref',
  '$dynamicRef',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'dependentSchemas',
  'dependencies',
  'patternProperties',
  'propertyNames',
  'additionalProperties',
  'unevaluatedProperties',
  'minProperties',
]

/** Arguments are an object, and of declared properties only where the schema says nothing else. */
function argumentsSchema(name: string, given: object | null | undefined, param: string): object {
  const schema: Readonly<Record<string, unknown>> = { type: 'object', ...(given ?? { properties: {} }) }
  const { type, properties, required = [] } = schema
  if (![type].flat().includes('object'))
    throw badRequest(
      `Invalid '${param}': the schema of function '${name}' must be one of 'type' 'object', but got ${JSON.stringify(type)}.`,
      `${param}`,
      'invalid_json_schema',
    )
  const declared = typeof properties === 'object' && properties !== null ? Object.keys(properties) : undefined
  const open = OPEN_KEYWORDS.some((keyword) => Object.hasOwn(schema, keyword))
  const closed = declared && !open && Array.isArray(required) && required.every((key) => declared.includes(String(key)))
  return { ...schema, type: 'object', ...(closed && { additionalProperties: false }) }
}
