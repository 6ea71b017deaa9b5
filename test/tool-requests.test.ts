// Tool calls of a model of random weights, in every dialect: only what it is held to makes its calls fit their schemas.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngine, type InfetchEngine } from '../src/index.ts'
import { testGpu } from './support/device.ts'
import { tinyLlama } from './support/tiny-llama.ts'

const object = (properties: object, required = Object.keys(properties)) => ({ type: 'object', properties, required })
const SCHEMAS: Record<string, object> = {
  now: object({}),
  add: object({ x: { type: 'integer', minimum: -9, maximum: 99 }, y: { type: 'integer', minimum: 0, maximum: 9 } }),
  add_all: object({ list: { type: 'array', items: { enum: [1, 2, 3] }, minItems: 1, maxItems: 3 } }),
  pick: object({ color: { enum: ['red', 'blue'] }, dark: { type: 'boolean' } }, ['color']),
}
const tools = Object.entries(SCHEMAS).map(([name, parameters]) => ({
  type: 'function',
  function: { name, parameters },
}))
const ajv = new Ajv2020()
const validators = new Map(Object.entries(SCHEMAS).map(([name, schema]) => [name, ajv.compile(schema)]))

/** What a template says that tells its dialect. */
const TEMPLATES = [
  '<tool_call>',
  '<|python_tag|>',
  '[TOOL_CALLS]',
  '[TOOL_CALLS][ARGS]',
  '<|start_of_role|><|tool_call|>',
  '<|tool|>',
  'functools',
  '<｜tool▁call▁begin｜>```json',
  '<｜tool▁call▁begin｜>',
  'generic',
]

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes.
type Json = any
let engine: InfetchEngine

beforeAll(async () => {
  const { device } = await testGpu()
  const model = tinyLlama({ config: { max_position_embeddings: 512 } })
  engine = await createEngine({ device, model, selfTest: false })
})
afterAll(() => engine.close())

async function ask(said: string, seed: number, extra: object): Promise<Json> {
  const template = `{{ messages[0].content }}{% if tools %} It can be.{% endif %}{# ${said} #}`
  const body = {
    model: engine.models[0]!.id,
    messages: [{ role: 'user', content: 'Call.' }],
    tools,
    chat_template: template,
    max_tokens: 200,
    temperature: 2,
    seed,
    ...extra,
  }
  const response = await engine.fetch('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body) })
  const { choices, error } = await response.json()
  expect(error).toBe(undefined)
  return choices[0]
}

function checked(calls: readonly Json[]): string[] {
  return calls.map(({ function: { name, arguments: args } }) => {
    expect([args, validators.get(name)!(JSON.parse(args))]).toEqual([args, true])
    return name
  })
}

async function inDialect(said: string, index: number): Promise<void> {
  const name = Object.keys(SCHEMAS)[index % 4]!
  const [one, named, either, many] = await Promise.all([
    ask(said, 1, { parallel_tool_calls: false, tool_choice: 'required' }),
    ask(said, 3, { tool_choice: { type: 'function', function: { name } } }),
    ask(said, 4, { guided_choice: ['no'], parallel_tool_calls: false }),
    ask(said, 4, { tool_choice: 'required', max_tokens: 80 }),
  ])
  for (const { message, finish_reason } of [one, named])
    expect([checked(message.tool_calls).length, message.content, finish_reason]).toEqual([1, null, 'tool_calls'])
  expect(checked(named.message.tool_calls)).toEqual([name])
  if (either.finish_reason === 'tool_calls') checked(either.message.tool_calls)
  else expect(either.message.content).toBe('no')
  const { tool_calls: calls = [] } = many.message // none where even the first was cut before its name was whole
  checked(many.finish_reason === 'length' ? calls.slice(0, -1) : calls)
}

test('every call fits', async () => {
  await Promise.all(TEMPLATES.map(inDialect))
  const { byRunner } = engine.info.models[0]!.engine.constrained
  expect(byRunner).toBeGreaterThan(TEMPLATES.length)
})
