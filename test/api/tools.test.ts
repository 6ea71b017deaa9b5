// Tools over a scripted engine: what the model is told, what its answer is held to, how its calls are given.

import { describe, expect, test } from 'vitest'
import { Constraints } from '../../src/api/constraints.ts'
import { MARKS } from '../../src/api/dialects/marks.ts'
import { createChatTemplate } from '../../src/text/chat-template.ts'
import { tokenSpellings } from '../../src/text/token-spellings.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import {
  BYTE_LEVEL_TOKENIZER_CONFIG,
  BYTE_LEVEL_TOKENIZER_JSON,
  BYTE_LEVEL_VOCAB_SIZE,
} from '../support/byte-level-tokenizer.ts'
import { type MockScript, says } from '../support/mock-engine.ts'
import { type MockHost, mockHost } from '../support/mock-host.ts'
import { byteIds, EOS, tinyTokenizer } from '../support/sentence-tokenizer.ts'

const PATH = '/v1/chat/completions'
const CHATML =
  '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}{% endfor %}{% endfor %}{% if tools %}{{ tools | tojson }}{% endif %}[assistant]'
const THINKING = `${CHATML}{# <think> #}`
const object = (properties: object) => ({ type: 'object', properties, required: Object.keys(properties) })
const tool = (name: string, parameters?: object) => ({
  type: 'function',
  function: { name, ...(parameters && { parameters }) },
})
const tools = [tool('add', object({ x: { type: 'integer', minimum: 0, maximum: 9 } })), tool('now')]
const named = (name: string) => ({ type: 'function', function: { name } })
const call = (name: string, args: string) => `<tool_call>\n{"name": "${name}", "arguments": ${args}}\n</tool_call>`
const ADD = call('add', '{"x": 4}')
const NOW = call('now', '{}')

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes.
type Json = any

function host(script: MockScript | string, template = CHATML): MockHost {
  const model = { chatTemplate: createChatTemplate(template), contextLength: 4096 }
  const said = typeof script === 'string' ? says(byteIds(script)) : script
  return mockHost({ ...said, pause: () => Promise.resolve() }, { model })
}

async function ask({ post }: MockHost, extra: object = {}): Promise<Json> {
  const response = await post(PATH, { model: 'org/tiny', messages: [{ role: 'user', content: 'Hi' }], tools, ...extra })
  const body = await response.json()
  expect(response.status, JSON.stringify(body)).toBe(200)
  return body
}

async function chunks({ post }: MockHost, extra: object = {}): Promise<Json[]> {
  const body = { model: 'org/tiny', messages: [{ role: 'user', content: 'Hi' }], tools, stream: true, ...extra }
  const frames = (await (await post(PATH, body)).text()).trimEnd().split('\n\n')
  expect(frames.pop()).toBe('data: [DONE]')
  return frames.map((frame) => JSON.parse(frame.slice(6)))
}

const prompt = ({ engine }: MockHost) =>
  tinyTokenizer().decode(engine.requests.at(-1)!.prompt, {
    skipSpecialTokens: false,
    spacesBetweenSpecialTokens: false,
  })

/** Whether what the engine was asked for takes a text whole. */
function takes({ engine, model }: MockHost, text: string): boolean {
  const constraint = engine.requests.at(-1)!.constraint!
  let state: object | undefined = constraint.start()
  for (const id of byteIds(text)) state &&= constraint.advance(state, id)
  if (!state) return false
  const words = new Uint32Array(Math.ceil(model.vocabSize / 32))
  constraint.mask(state, words)
  return (words[0]! & (1 << EOS)) !== 0
}

describe('a reply', () => {
  test('of calls has no content', async () => {
    const body = await ask(host(`${ADD}\n${NOW}`))
    expect(body.choices[0]).toMatchObject({
      message: {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          { id: expect.stringMatching(/^call_/), type: 'function', function: { name: 'add', arguments: '{"x": 4}' } },
          { id: expect.stringMatching(/^call_/), type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
      },
      finish_reason: 'tool_calls',
      stop_reason: null,
    })
    const [a, b] = body.choices[0].message.tool_calls
    expect(a.id).not.toBe(b.id)
    expect(body.usage.completion_tokens).toBe(byteIds(`${ADD}\n${NOW}`).length + 1)
  })

  test('may have text before its calls, or text only', async () => {
    const both = await ask(host(`Let me see.\n${ADD}`))
    expect(both.choices[0].message).toMatchObject({
      content: 'Let me see.',
      tool_calls: [{ function: { name: 'add' } }],
    })
    const { message, finish_reason } = (await ask(host('No <tool'))).choices[0]
    expect(message).toEqual({ role: 'assistant', content: 'No <tool', refusal: null })
    expect(finish_reason).toBe('stop')
  })

  test('is text where nothing may be called', async () => {
    const silent = host(ADD)
    expect((await ask(silent, { tool_choice: 'none' })).choices[0].message.content).toBe(ADD)
    expect(silent.engine.requests[0]!.constraint).toBe(undefined)
    expect(prompt(silent)).toContain('"name": "add"')
  })

  test('that is cut ends with what there is of the call', async () => {
    const length = byteIds(ADD).length
    const cut = (max_tokens: number) => ask(host(ADD), { max_tokens })
    const late = (await cut(length - 15)).choices[0]
    expect([late.message.tool_calls[0].function.arguments, late.finish_reason]).toEqual(['{"x": 4', 'length'])
    const early = (await cut(20)).choices[0]
    expect(early.message).toEqual({ role: 'assistant', content: ADD.slice(0, 20), refusal: null })
    expect(early.finish_reason).toBe('length')
  })

  test('has one call where more are not wanted', async () => {
    const body = await ask(host(`${ADD}\n${NOW}`), { parallel_tool_calls: false })
    expect(body.choices[0].message.tool_calls).toHaveLength(1)
  })

  test('may think before it calls', async () => {
    const { message } = (await ask(host(`<think>${NOW}</think>\n\n${ADD}`, THINKING))).choices[0]
    expect(message).toMatchObject({
      content: null,
      reasoning_content: NOW,
      tool_calls: [{ function: { name: 'add' } }],
    })
  })

  test('is one of several, and has log-probabilities', async () => {
    const { choices } = await ask(host(says(byteIds(ADD), byteIds('No'))), { n: 2, logprobs: true })
    expect(choices.map(({ finish_reason: reason }: Json) => reason)).toEqual(['tool_calls', 'stop'])
    expect(choices[0].logprobs.content).toHaveLength(byteIds(ADD).length)
    expect([choices[0].message.content, choices[1].message.content]).toEqual([null, 'No'])
  })

  test('in the deprecated shape, for functions', async () => {
    const functions = tools.map((tool) => tool.function)
    const { message, finish_reason } = (await ask(host(`${ADD}\n${NOW}`), { tools: undefined, functions })).choices[0]
    expect(message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      function_call: { name: 'add', arguments: '{"x": 4}' },
    })
    expect(finish_reason).toBe('function_call')
  })
})

describe('a stream', () => {
  test('gives each call its name once and its arguments in pieces', async () => {
    const all = await chunks(host(`Hm. ${ADD}\n${NOW}`))
    expect(all[0].choices[0].delta).toEqual({ role: 'assistant', content: null, refusal: null })
    const deltas = all.flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? [])
    const first = deltas.filter(({ index }) => index === 0)
    expect(first[0]).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_/),
      type: 'function',
      function: { name: 'add', arguments: '{' },
    })
    expect(first.length).toBeGreaterThan(4)
    for (const delta of first.slice(1)) expect(delta).toEqual({ index: 0, function: { arguments: expect.any(String) } })
    expect(first.map((delta) => delta.function.arguments).join('')).toBe('{"x": 4}')
    expect(
      deltas
        .filter(({ index }) => index === 1)
        .map((delta) => delta.function.arguments)
        .join(''),
    ).toBe('{}')
    expect(all.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe('Hm.')
    expect(all.at(-1).choices[0].finish_reason).toBe('tool_calls')
  })

  test('in the deprecated shape', async () => {
    const functions = tools.map((tool) => tool.function)
    const all = await chunks(host(ADD), { tools: undefined, functions, function_call: { name: 'add' } })
    const deltas = all.flatMap((chunk) => chunk.choices[0].delta.function_call ?? [])
    expect(deltas.map(({ name }) => name)).toEqual(['add', ...deltas.slice(1).map(() => undefined)])
    expect(deltas.map((delta) => delta.arguments).join('')).toBe('{"x": 4}')
    expect(all.at(-1).choices[0].finish_reason).toBe('function_call')
  })

  test('of several choices keeps their calls apart', async () => {
    const all = await chunks(host(says(byteIds(ADD), byteIds(NOW))), { n: 2 })
    for (const [index, name] of ['add', 'now'].entries()) {
      const deltas = all.flatMap((chunk) =>
        chunk.choices[0].index === index ? (chunk.choices[0].delta.tool_calls ?? []) : [],
      )
      expect(deltas.filter((delta) => delta.function.name).map((delta) => delta.function.name)).toEqual([name])
    }
  })
})

describe('what the answer is held to', () => {
  test.each<[unknown, boolean, boolean, boolean, boolean]>([
    [undefined, true, true, true, true],
    ['auto', true, true, true, true],
    ['required', false, true, true, true],
    [named('add'), false, true, false, false],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named('now')] } }, true, false, true, false],
    [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named('now')] } }, false, false, true, false],
  ])('tool_choice %j: text %s, add %s, now %s, both %s', async (tool_choice, ...taken) => {
    const asked = host(ADD)
    await ask(asked, { tool_choice })
    expect(['Hi', ADD, NOW, `${ADD}\n${NOW}`].map((text) => takes(asked, text))).toEqual(taken)
    expect(takes(asked, call('add', '{"x": 10}'))).toBe(false)
    expect(takes(asked, call('now', '{"a": 1}'))).toBe(false)
  })

  test('the form of the answer or calls', async () => {
    const asked = host(ADD)
    await ask(asked, { guided_choice: ['yes', 'no'] })
    expect(['yes', 'Hi', ADD].map((text) => takes(asked, text))).toEqual([true, false, true])
    await ask(asked, { guided_choice: ['yes', 'no'], tool_choice: 'required' })
    expect(['yes', ADD].map((text) => takes(asked, text))).toEqual([false, true])
  })

  test('only after thinking, where the prompt began with it', async () => {
    const asked = host(`Hm</think>${ADD}`, `${CHATML}<think>`)
    expect((await ask(asked, { tool_choice: 'required' })).choices[0].message).toMatchObject({
      reasoning_content: 'Hm',
      tool_calls: [{ function: { name: 'add' } }],
    })
    expect([ADD, `Hm</think>\n\n${ADD}`, 'Hm</think>Hi'].map((text) => takes(asked, text))).toEqual([
      false,
      true,
      false,
    ])
  })

  test('declared properties only, where the schema says nothing else', async () => {
    const asked = host(ADD)
    const f = (parameters: object) => ask(asked, { tools: [tool('f', parameters)], tool_choice: 'required' })
    await f({ type: 'object', properties: { x: { type: 'integer' } } })
    expect([call('f', '{"x": 1}'), call('f', '{"y": 1}')].map((text) => takes(asked, text))).toEqual([true, false])
    await f({ type: 'object', properties: {}, additionalProperties: { type: 'integer' } })
    expect([call('f', '{"y": 1}'), call('f', '{"y": "a"}')].map((text) => takes(asked, text))).toEqual([true, false])
    await f({ $ref: '#/$defs/a', $defs: { a: object({ z: { const: 1 } }) } })
    expect([call('f', '{"z": 1}'), call('f', '[]')].map((text) => takes(asked, text))).toEqual([true, false])
    await f({})
    expect([call('f', '{"y": 1}'), call('f', '1')].map((text) => takes(asked, text))).toEqual([true, false])
  })
})

test('special tokens that set off calls are text, to what the answer is held to and to its reader', async () => {
  const SPECIAL = BYTE_LEVEL_VOCAB_SIZE
  const { added_tokens: added, model: bpe } = BYTE_LEVEL_TOKENIZER_JSON
  const mark = { id: SPECIAL, content: '[TOOL_CALLS]', special: true, normalized: false }
  const json = {
    ...BYTE_LEVEL_TOKENIZER_JSON,
    added_tokens: [...added, mark],
    model: { ...bpe, vocab: { ...bpe.vocab, [mark.content]: SPECIAL } },
  }
  const tokenizer = createTokenizer(json, BYTE_LEVEL_TOKENIZER_CONFIG)
  const ids = [SPECIAL, ...tokenizer.encode('[{"name": "now", "arguments": {}}]', { addSpecialTokens: false })]
  const model = {
    tokenizer,
    vocabSize: SPECIAL + 1,
    chatTemplate: createChatTemplate('{{ messages[0].content }}[TOOL_CALLS]{{ tools | tojson }}'),
    constraints: new Constraints(tokenSpellings(tokenizer, SPECIAL + 1, [1], MARKS)),
    generationDefaults: { eosTokenIds: [1] },
    contextLength: 4096,
  }
  const said = mockHost({ ...says(ids), eos: 1 }, { model })
  for (const tool_choice of ['auto', 'required']) {
    expect((await ask(said, { tool_choice })).choices[0].message).toMatchObject({
      content: null,
      tool_calls: [{ id: expect.stringMatching(/^[a-zA-Z0-9]{9}$/), function: { name: 'now', arguments: '{}' } }],
    })
    const constraint = said.engine.requests.at(-1)!.constraint!
    const words = new Uint32Array(Math.ceil(model.vocabSize / 32))
    constraint.mask(constraint.start(), words)
    expect((words[SPECIAL >>> 5]! >>> (SPECIAL & 31)) & 1).toBe(1)
    let state: object | undefined = constraint.start()
    for (const id of ids) state &&= constraint.advance(state, id)
    expect(state).toBeDefined()
  }
})

describe('what the model is told', () => {
  const PLAIN = '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]'
  const tell = async (template: string, extra: object = {}) => {
    const asked = host('Hi', template)
    await ask(asked, extra)
    return prompt(asked)
  }
  const call = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"x":4}' } }
  const called = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 'call_2' }] },
    { role: 'tool', tool_call_id: 'call_1', content: '5' },
    { role: 'tool', tool_call_id: 'call_2', content: '6' },
    { role: 'user', content: 'So?' },
  ]
  const TOLD = `Functions you may call:\n${tools.map((tool) => JSON.stringify(tool.function)).join('\n')}\nTo call one, answer with nothing but\n`

  test('is the template’s, where it reads tools', async () => {
    expect(await tell('{{ tools | tojson }}')).toContain('"parameters"')
    expect(await tell(CHATML)).not.toContain('Functions you may call')
  })

  test('is left out where the template cannot do with it and nothing may be called', async () => {
    const fails = `{% if tools %}{{ raise_exception('no tools') }}{% endif %}${PLAIN}`
    expect(await tell(fails, { tool_choice: 'none' })).toBe('[user]Hi[assistant]')
    expect(await tell(fails)).toContain(`[system]${TOLD}`)
  })

  test('is a system message, where it does not', async () => {
    expect(await tell(PLAIN)).toBe(`[system]${TOLD}{"name":"NAME","args":ARGUMENTS}[user]Hi[assistant]`)
    const messages = [{ role: 'system', content: 'Be brief.' }, ...called.slice(0, 1)]
    expect(await tell(PLAIN, { messages })).toContain(`[system]Be brief.\n\n${TOLD}`)
    expect(await tell(`${PLAIN}{# <tool_call> #}`)).toContain(
      `${TOLD}<tool_call>\n{"name": "NAME", "arguments": ARGUMENTS}\n</tool_call>`,
    )
  })

  test('is in the user’s message, where the template refuses a system message', async () => {
    const strict = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${PLAIN}`
    expect(await tell(strict)).toBe(`[user]${TOLD}{"name":"NAME","args":ARGUMENTS}\n\nHi[assistant]`)
  })

  test('is text in the system message’s own place for tools', async () => {
    const phi =
      "{% for m in messages %}{{ m.role }}{% if m.role == 'system' and message['tools'] %}{% endif %}{{ m.tools }}{{ m.content }}{% endfor %}<|tool|>"
    expect(await tell(phi)).toContain(`system${JSON.stringify(tools)}`)
  })

  test('calls as the template has them', async () => {
    expect(await tell(CHATML, { messages: called })).toContain('<tool_call>{"name": "add", "arguments": {"x": 4}}')
    const texts =
      "{% for m in messages %}{% if m.content is none %}{{ '(' + m.tool_calls[0].function.arguments + ')' }}{% else %}{{ m.content }}{% endif %}{% endfor %}"
    expect(await tell(texts, { messages: called, tool_choice: 'none' })).toBe('Hi({"x":4})56So?')
  })

  test('calls and results as text, where it has none', async () => {
    expect(await tell(PLAIN, { messages: called, tool_choice: 'none' })).toBe(
      '[user]Hi[assistant]{"name":"add","args":{"x":4}}\n{"name":"add","args":{"x":4}}' +
        '[user]<tool_response>\n5\n</tool_response>\n<tool_response>\n6\n</tool_response>\nSo?[assistant]',
    )
  })

  test('the calls of the deprecated fields', async () => {
    const messages = [
      { role: 'assistant', content: null, function_call: { name: 'add', arguments: '{"x":4}' } },
      { role: 'function', name: 'add', content: '5' },
    ]
    const template = '{% for m in messages %}{{ m | tojson }}{% endfor %}'
    const text = await tell(template, { messages, tool_choice: 'none' })
    expect(text).toContain(
      '"tool_calls": [{"id": "call_add", "type": "function", "function": {"name": "add", "arguments": {"x": 4}}}]',
    )
    expect(text).toContain('"role": "tool", "name": "add", "tool_call_id": "call_add", "content": "5"')
  })

  test('ids of nine letters and digits, where the template takes no others', async () => {
    const mistral =
      "{% for m in messages %}{% for c in m.tool_calls or [] %}[TOOL_CALLS]{{ c.id }}{% endfor %}{{ m.tool_call_id or '' }};{% endfor %}"
    const [, ids, first, second] = (await tell(mistral, { messages: called, tool_choice: 'none' })).split(';')
    expect([first, second]).toEqual(ids!.split('[TOOL_CALLS]').slice(1))
    expect(first).toMatch(/^[a-z0-9]{9}$/)
    expect(first).not.toBe(second)
  })
})

describe('refused', () => {
  const f = tool('f', object({}))
  const definition = f.function
  const bad = { type: 'object', properties: { a: { type: 'strang' } } }
  const many = Array.from({ length: 10_000 }, (_, i) => tool(`f${i}`))
  test.each<[object, string, string, ...string[]]>([
    [{ tools: [] }, 'tools', 'empty_array'],
    [{ tools: many }, 'tools', 'array_above_max_length', '128', '10000'],
    [{ tools: [tool('a b')] }, 'tools[0].function.name', 'invalid_value', "'^[a-zA-Z0-9_-]+$'", "'a b'"],
    [{ tools: [tool('')] }, 'tools[0].function.name', 'invalid_value'],
    [{ tools: [tool('f'.repeat(65))] }, 'tools[0].function.name', 'string_above_max_length', '64'],
    [{ tools: [f, f] }, 'tools[1].function.name', 'invalid_value', "'f'"],
    [{ tools: [{ type: 'custom', custom: { name: 'f' } }] }, 'tools[0].type', 'invalid_value', "'custom'"],
    [{ tools: [f, tool('g', bad)] }, 'tools[1].function.parameters', 'invalid_json_schema', 'strang'],
    [{ tools: [tool('g', { type: 'string' })] }, 'tools[0].function.parameters', 'invalid_json_schema', '"string"'],
    [{ tools: [tool('g', { type: 'object', properties: 5 })] }, 'tools[0].function.parameters', 'invalid_json_schema'],
    [{ tools: [f], functions: [definition] }, 'functions', 'invalid_value', "'tools'"],
    [{ tools: [f], tool_choice: named('g') }, 'tool_choice', 'invalid_value', "'g'"],
    [{ tools: [f], tool_choice: { type: 'tool' } }, 'tool_choice.type', 'invalid_value', "'function'"],
    [
      { tools: [f], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [named('g')] } } },
      'tool_choice',
      'invalid_value',
      "'g'",
    ],
    [{ tool_choice: 'required' }, 'tool_choice', 'invalid_value', "'tools'"],
    [{ functions: [{ name: 'g', parameters: bad }] }, 'functions[0].parameters', 'invalid_json_schema', 'strang'],
    [{ functions: [definition], function_call: { name: 'g' } }, 'function_call', 'invalid_value', "'g'"],
    [{ function_call: { name: 'g' } }, 'function_call', 'invalid_value'],
  ])('%#', async (extra, param, code, ...words) => {
    const messages = [{ role: 'user', content: 'Hi' }]
    const response = await host('Hi').post(PATH, { model: 'org/tiny', messages, ...extra })
    const { error } = await response.json()
    expect([response.status, error.param, error.code]).toEqual([400, param, code])
    for (const word of words) expect(error.message).toContain(word)
  })

  test('not, where the schema is of no matter', async () => {
    await ask(host('Hi'), { tools: [tool('g', bad)], tool_choice: 'none' })
  })
})

describe('a response', () => {
  const RESPONSES = '/v1/responses'
  const flat = tools.map(({ type, function: definition }) => ({ type, ...definition }))
  const create = async ({ post }: MockHost, extra: object = {}): Promise<Json> => {
    const response = await post(RESPONSES, { model: 'org/tiny', input: 'Hi', tools: flat, ...extra })
    const body = await response.json()
    expect(response.status, JSON.stringify(body)).toBe(200)
    return body
  }
  const events = async ({ post }: MockHost, extra: object = {}): Promise<Json[]> => {
    const response = await post(RESPONSES, { model: 'org/tiny', input: 'Hi', tools: flat, stream: true, ...extra })
    const frames = (await response.text()).trimEnd().split('\n\n')
    return frames.map((frame) => JSON.parse(frame.slice(frame.indexOf('\ndata: ') + 7)))
  }

  test('has calls as items', async () => {
    const body = await create(host(`So.\n${ADD}\n${NOW}`))
    expect(body.status).toBe('completed')
    expect(body.output).toMatchObject([
      { type: 'message', content: [{ text: 'So.' }], status: 'completed' },
      { type: 'function_call', name: 'add', arguments: '{"x": 4}', status: 'completed' },
      { type: 'function_call', name: 'now', arguments: '{}', status: 'completed' },
    ])
    expect(body.output[1].id).toMatch(/^fc_/)
    expect(body.output[1].call_id).toMatch(/^call_/)
  })

  test('streams them', async () => {
    const all = await events(host(ADD), { tool_choice: { type: 'function', name: 'add' } })
    const types = [...new Set(all.map(({ type }) => type))]
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
    const added = all.find(({ type }) => type === 'response.output_item.added')
    expect(added).toMatchObject({
      output_index: 0,
      item: { type: 'function_call', name: 'add', arguments: '', status: 'in_progress' },
    })
    const deltas = all.filter(({ type }) => type.endsWith('arguments.delta'))
    expect(deltas.map(({ delta }) => delta).join('')).toBe('{"x": 4}')
    expect(new Set(deltas.map((event) => event.item_id))).toEqual(new Set([added.item.id]))
    expect(all.find(({ type }) => type.endsWith('arguments.done'))).toMatchObject({
      name: 'add',
      arguments: '{"x": 4}',
    })
    expect(all.at(-1).response.output).toEqual([all.at(-2).item])
  })

  test('that is cut within a call is incomplete', async () => {
    expect(await create(host(ADD), { max_output_tokens: byteIds(ADD).length - 15 })).toMatchObject({
      status: 'incomplete',
      output: [{ type: 'function_call', arguments: '{"x": 4', status: 'incomplete' }],
    })
  })

  test('goes on from a call’s result', async () => {
    const chat = host(ADD)
    const { id, output } = await create(chat)
    const input = [{ type: 'function_call_output', call_id: output[0].call_id, output: '5' }]
    await create(chat, { input, previous_response_id: id, tool_choice: 'none' })
    expect(prompt(chat)).toContain('<tool_call>{"name": "add", "arguments": {"x": 4}}[tool]5')
  })

  test('calls what is allowed', async () => {
    const chat = host(NOW)
    const tool_choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'now' }] }
    expect((await create(chat, { tool_choice, parallel_tool_calls: false })).tool_choice).toEqual(tool_choice)
    expect([NOW, ADD, `${NOW}\n${NOW}`].map((text) => takes(chat, text))).toEqual([true, false, false])
  })
})
