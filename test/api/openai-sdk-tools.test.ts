// Tools through the openai package, as a user would write it, over a scripted engine.

import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import type { MockScript } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { byteIds } from '../support/sentence-tokenizer.ts'

const parameters: { readonly [key: string]: unknown } = {
  type: 'object',
  properties: { x: { type: 'integer' }, y: { type: 'integer' } },
  required: ['x', 'y'],
  additionalProperties: false,
}
const tool = { type: 'function', function: { name: 'add', parameters } } as const
const CALL = '<tool_call>\n{"name": "add", "arguments": {"x": 2, "y": 3}}\n</tool_call>'
const ask = {
  model: 'org/tiny',
  messages: [{ role: 'user', content: '2 + 3?' }],
} satisfies OpenAI.ChatCompletionCreateParams

/** Its replies in turn, the last one again and again. */
function setUp(...replies: string[]) {
  const turns = replies.map((reply) => byteIds(reply))
  const script: MockScript = {
    token: (_, index) => turns[Math.min(mock.engine.requests.length, turns.length) - 1]![index],
    pause: () => Promise.resolve(),
  }
  const template = '{% for m in messages %}{{ m | tojson }}{% endfor %}{{ tools | tojson }}{# <tool_call> #}'
  const mock = mockHost(script, { model: { chatTemplate: createChatTemplate(template), contextLength: 4096 } })
  const { fetch } = mock
  const client = new OpenAI({ apiKey: 'local', baseURL: 'http://infetch/v1', dangerouslyAllowBrowser: true, fetch })
  return { ...mock, client }
}

describe('chat completions', () => {
  test.each([false, true])('runTools, streamed: %s', async (stream) => {
    const { client, engine } = setUp(CALL, 'It is 5.')
    const seen: unknown[] = []
    const sum = {
      type: 'function' as const,
      function: {
        ...tool.function,
        description: 'Adds',
        parse: (text: string) => JSON.parse(text) as { x: number; y: number },
        function: ({ x, y }: { x: number; y: number }) => {
          seen.push([x, y])
          return String(x + y)
        },
      },
    }
    const runner = stream
      ? client.chat.completions.runTools({ ...ask, stream: true, tools: [sum] })
      : client.chat.completions.runTools({ ...ask, tools: [sum] })
    expect(await runner.finalContent()).toBe('It is 5.')
    expect(seen).toEqual([[2, 3]])
    expect(runner.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant'])
    expect(runner.messages[1]).toMatchObject({ content: null, tool_calls: [{ function: { name: 'add' } }] })
    expect(engine.requests).toHaveLength(2)
  })

  test('the stream helper tells of arguments as they come', async () => {
    const { client } = setUp(`So: ${CALL}\n${CALL}`)
    const stream = client.chat.completions.stream({ ...ask, tools: [tool] })
    const deltas: string[] = []
    const done: unknown[] = []
    stream.on('tool_calls.function.arguments.delta', ({ index, arguments_delta: delta }) => {
      deltas[index] = (deltas[index] ?? '') + delta
    })
    stream.on('tool_calls.function.arguments.done', ({ index, name, arguments: args }) =>
      done.push([index, name, args]),
    )
    const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0]!
    expect(deltas).toEqual(['{"x": 2, "y": 3}', '{"x": 2, "y": 3}'])
    expect(done).toEqual([0, 1].map((index) => [index, 'add', '{"x": 2, "y": 3}']))
    expect(finish_reason).toBe('tool_calls')
    expect(message.content).toBe('So:')
    expect(message.tool_calls!.map(({ id, type }) => [typeof id, type])).toEqual([
      ['string', 'function'],
      ['string', 'function'],
    ])
  })

  test('the stream helper, of the deprecated functions', async () => {
    const { client } = setUp(CALL)
    const stream = client.chat.completions.stream({
      ...ask,
      functions: [tool.function],
      function_call: { name: 'add' },
    })
    const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0]!
    expect(message.function_call).toEqual({ name: 'add', arguments: '{"x": 2, "y": 3}' })
    expect([message.content, finish_reason]).toEqual([null, 'function_call'])
  })

  test('parse', async () => {
    const strict = { ...tool, function: { ...tool.function, strict: true } }
    const { choices } = await setUp(CALL).client.chat.completions.parse({
      ...ask,
      tools: [strict],
      tool_choice: 'required',
    })
    const [call] = choices[0]!.message.tool_calls!
    expect(call).toMatchObject({ function: { parsed_arguments: { x: 2, y: 3 } } })
  })
})

describe('responses', () => {
  const flat = { type: 'function', name: 'add', parameters, strict: true } as const

  test('an agent loop', async () => {
    const { client, engine } = setUp(CALL, 'It is 5.')
    const first = await client.responses.create({ model: 'org/tiny', input: '2 + 3?', tools: [flat] })
    const outputs = first.output.flatMap((item) => {
      if (item.type !== 'function_call') return []
      const { x, y } = JSON.parse(item.arguments)
      return [{ type: 'function_call_output' as const, call_id: item.call_id, output: String(x + y) }]
    })
    const { id } = first
    const second = await client.responses.create({
      model: 'org/tiny',
      previous_response_id: id,
      input: outputs,
      tools: [flat],
    })
    expect(second.output_text).toBe('It is 5.')
    expect(engine.requests).toHaveLength(2)
  })

  test('the stream helper', async () => {
    const stream = setUp(CALL).client.responses.stream({ model: 'org/tiny', input: '2 + 3?', tools: [flat] })
    let text = ''
    stream.on('response.function_call_arguments.delta', ({ delta }) => {
      text += delta
    })
    const { output } = await stream.finalResponse()
    expect(text).toBe('{"x": 2, "y": 3}')
    expect(output).toMatchObject([{ type: 'function_call', name: 'add', parsed_arguments: { x: 2, y: 3 } }])
  })
})

test('nothing of a call is generated after it was left', async () => {
  const { client, engine } = setUp(CALL.repeat(20))
  for await (const chunk of await client.chat.completions.create({ ...ask, tools: [tool], stream: true }))
    if (chunk.choices[0]?.delta.tool_calls) break
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(engine.running).toBe(0)
  expect(engine.generated).toBeLessThan(byteIds(CALL).length * 20)
})
