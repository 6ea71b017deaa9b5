// What each field takes and refuses, in OpenAI's words: param, code, message.

import { describe, expect, test } from 'vitest'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'

const CHAT = '/v1/chat/completions'
const messages = [{ role: 'user', content: 'Hi' }]
const { post, engine } = mockHost(says([300]))
const chat = (extra: object) => post(CHAT, { model: 'org/tiny', messages, max_tokens: 1, ...extra })

const ABOVE = 'integer_above_max_value'
const BELOW = 'integer_below_min_value'
const DECIMAL_ABOVE = 'decimal_above_max_value'
const DECIMAL_BELOW = 'decimal_below_min_value'
const TYPE = 'invalid_type'
const VALUE = 'invalid_value'
const MISSING = 'missing_required_parameter'
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
const user = (content: unknown) => [{ role: 'user', content }]
const tool = { type: 'function', function: { name: 'f' } }

const TAKEN: Record<string, readonly unknown[]> = {
  messages: [
    user(''),
    user([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]),
    [{ role: 'system', content: 'A' }, { role: 'developer', content: 'B' }, ...messages],
    [
      ...messages,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'B' },
    ],
    [
      ...messages,
      { role: 'assistant', function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'B' },
    ],
    [...messages, { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }, ...messages],
    [{ role: 'user', name: 'ann', content: 'A', extra: 1 }],
  ],
  temperature: [0, 0.001, 1, 2],
  top_p: [0.01, 1],
  min_p: [0, 1],
  top_k: [-1, 0, 1, 100000],
  frequency_penalty: [-2, 2],
  presence_penalty: [-2, 2],
  repetition_penalty: [0.01, 5],
  logit_bias: [{}, { 5: 100 }, { 5: -100, 0: 1 }],
  max_tokens: [0, 1],
  max_completion_tokens: [0, 1],
  n: [1, 4],
  seed: [0, 1, -1, 9007199254740991, -9007199254740991],
  stop: ['a', [], ['a', 'b', 'c', 'd']],
  stop_token_ids: [[], [2, 300]],
  logprobs: [true, false],
  skip_special_tokens: [true, false],
  stream: [false],
  response_format: [
    { type: 'text' },
    { type: 'json_object' },
    { type: 'json_schema', json_schema: { name: 's', schema: { type: 'boolean' }, strict: true } },
    { type: 'json_schema', json_schema: { name: 's' } },
    { type: 'structural_tag', structures: [{ begin: '(', schema: { enum: [7] }, end: ')' }], triggers: ['('] },
    { type: 'structural_tag', format: { type: 'tag', begin: '<', content: { type: 'regex', pattern: 'a' }, end: '>' } },
  ],
  guided_json: [{ type: 'boolean' }, '{"type":"boolean"}', true],
  guided_regex: ['a|b'],
  guided_choice: [['a', 'b']],
  guided_grammar: ['root ::= "a"', 'start: "a"'],
  structured_outputs: [{ json: {} }, { regex: 'a' }, { choice: ['a'] }, { json_object: true, whitespace_pattern: '' }],
  tool_choice: ['none', 'auto'],
  parallel_tool_calls: [true],
  chat_template: ['{{ messages[0].content }}'],
  chat_template_kwargs: [{ a: 1 }],
  documents: [[{ title: 'a' }]],
  reasoning_effort: ['low'],
  metadata: [{ a: 'b' }],
  store: [true],
  service_tier: ['auto', 'default'],
  guided_decoding_backend: ['auto', 'infetch'],
  use_beam_search: [false],
}

/** Value, code, param (the field's name unless told), what the message must hold besides. */
type Refusal = readonly [value: unknown, code: string, param?: string, ...words: string[]]
const REFUSED: Record<string, readonly Refusal[]> = {
  messages: [
    [undefined, MISSING],
    [null, TYPE],
    [[], 'empty_array'],
    ['Hi', TYPE],
    [{}, TYPE],
    [[5], TYPE, 'messages[0]'],
    [[{ role: 'wizard', content: 'A' }], VALUE, 'messages[0].role', "'wizard'", "'system'", "'tool'"],
    [[{ content: 'A' }], MISSING, 'messages[0].role'],
    [[{ role: 5, content: 'A' }], TYPE, 'messages[0].role'],
    [[...messages, { role: 'user' }], MISSING, 'messages[1].content'],
    [user(5), TYPE, 'messages[0].content', 'a string or an array', 'an integer'],
    [user(null), TYPE, 'messages[0].content'],
    [user([]), 'empty_array', 'messages[0].content'],
    [user([{ type: 'smell', smell: 'x' }]), VALUE, 'messages[0].content[0].type', "'smell'"],
    [user([{ type: 'text' }]), MISSING, 'messages[0].content[0].text'],
    [user([{ text: 'a' }]), MISSING, 'messages[0].content[0].type'],
    [
      user([{ type: 'image_url', image_url: { url: 'data:' } }]),
      'unsupported_value',
      'messages[0].content[0].type',
      'text only',
    ],
    [user([{ type: 'text', text: 'a' }, { type: 'input_audio' }]), 'unsupported_value', 'messages[0].content[1].type'],
    [[{ role: 'assistant' }], MISSING, 'messages[0].content'],
    [[{ role: 'assistant', content: null }], TYPE, 'messages[0].content'],
    [[{ role: 'assistant', tool_calls: 'x' }], TYPE, 'messages[0].tool_calls'],
    [
      [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'f' } }] }],
      MISSING,
      'messages[0].tool_calls[0].function.arguments',
    ],
    [[{ role: 'tool', content: 'B' }], MISSING, 'messages[0].tool_call_id'],
    [[{ role: 'function', content: 'B' }], MISSING, 'messages[0].name'],
  ],
  model: [
    [undefined, MISSING],
    [5, TYPE, 'model', 'a string', 'an integer'],
  ],
  temperature: [
    [-0.1, DECIMAL_BELOW, 'temperature', '>= 0', '-0.1'],
    [2.1, DECIMAL_ABOVE, 'temperature', '<= 2', '2.1'],
    [9, ABOVE],
    ['0.5', TYPE, 'temperature', 'a number', 'a string'],
    [[1], TYPE],
    [true, TYPE],
  ],
  top_p: [
    [0, BELOW, 'top_p', '> 0'],
    [1.1, DECIMAL_ABOVE],
  ],
  min_p: [
    [-0.1, DECIMAL_BELOW],
    [1.1, DECIMAL_ABOVE],
  ],
  top_k: [
    [-2, BELOW],
    [1.5, TYPE, 'top_k', 'an integer', 'a decimal'],
  ],
  frequency_penalty: [[-2.1, DECIMAL_BELOW]],
  presence_penalty: [
    [3, ABOVE],
    [{}, TYPE],
  ],
  repetition_penalty: [[0, BELOW]],
  logit_bias: [
    [{ 5: 101 }, ABOVE, 'logit_bias.5'],
    [{ 5: -100.5 }, DECIMAL_BELOW, 'logit_bias.5'],
    [{ 5: 'x' }, TYPE, 'logit_bias.5'],
    [[1], TYPE],
    ['x', TYPE],
    [{ foo: 0 }, VALUE, 'logit_bias', "'foo'"],
    [{ 99999: 0 }, VALUE],
    [{ '-1': 0 }, VALUE],
    [{ '1.5': 0 }, VALUE],
    [{ '05': 0 }, VALUE],
  ],
  max_tokens: [
    [-1, BELOW],
    [1.5, TYPE],
    ['5', TYPE],
    [1e300, ABOVE],
    [1000, 'context_length_exceeded', 'messages', '256'],
  ],
  min_tokens: [
    [-1, BELOW],
    [2, VALUE, 'min_tokens', '1'],
  ],
  n: [
    [0, BELOW],
    [129, ABOVE, 'n', '<= 128', '129'],
    ['2', TYPE],
  ],
  best_of: [[21, ABOVE]],
  seed: [
    [1.5, TYPE],
    ['x', TYPE],
  ],
  stop: [
    [['a', 'b', 'c', 'd', 'e'], 'array_above_max_length', 'stop', '4', '5'],
    ['', 'empty_string'],
    [['a', ''], 'empty_string', 'stop[1]'],
    [5, TYPE, 'stop', 'a string or an array'],
    [[5], TYPE, 'stop[0]'],
  ],
  stop_token_ids: [
    ['x', TYPE],
    [['a'], TYPE, 'stop_token_ids[0]'],
    [[1, 99999], VALUE, 'stop_token_ids[1]'],
    [[-1], BELOW, 'stop_token_ids[0]'],
  ],
  logprobs: [
    ['yes', TYPE],
    [5, TYPE],
  ],
  top_logprobs: [
    [21, ABOVE],
    [1, VALUE],
  ],
  stream: [
    ['yes', TYPE],
    [1, TYPE],
  ],
  stream_options: [[{ include_usage: true }, VALUE]],
  include_stop_str_in_output: [['yes', TYPE]],
  user: [[5, TYPE]],
  metadata: [['x', TYPE]],
  response_format: [
    [
      { type: 'json_schema', json_schema: { name: 's', schema: { type: 'strang' } } },
      'invalid_json_schema',
      'response_format.json_schema.schema',
    ],
    [{ type: 'json_schema', json_schema: {} }, MISSING, 'response_format.json_schema.name'],
    [{ type: 'structural_tag' }, MISSING, 'response_format.structures'],
    [
      { type: 'structural_tag', format: { type: 'sequence', elements: [{ type: 'or' }] } },
      MISSING,
      'response_format.format.elements[0].elements',
    ],
    [{ type: 'xml' }, VALUE, 'response_format.type'],
    [{}, MISSING, 'response_format.type'],
    ['json_object', TYPE],
  ],
  tools: [
    [[], 'empty_array'],
    ['f', TYPE],
    [[{ type: 'function' }], MISSING, 'tools[0].function'],
    [[{ type: 'function', function: {} }], MISSING, 'tools[0].function.name'],
  ],
  tool_choice: [
    ['sometimes', VALUE, 'tool_choice', "'sometimes'"],
    [5, TYPE],
    ['required', VALUE],
    [{ type: 'function' }, MISSING, 'tool_choice.function'],
  ],
  chat_template: [
    [5, TYPE],
    ['{% for %}', VALUE],
    ["{{ raise_exception('no such role') }}", VALUE, 'chat_template', 'no such role'],
  ],
  documents: [['x', TYPE]],
  guided_decoding_backend: [
    ['no-such-backend', VALUE],
    [5, TYPE],
  ],
  guided_choice: [
    [[], 'empty_array'],
    [[1, 2], TYPE, 'guided_choice[0]'],
    ['yes', TYPE],
  ],
  guided_regex: [
    [5, TYPE],
    ['ab(c', 'invalid_regex'],
  ],
  guided_json: [
    [5, TYPE],
    [{ type: 'strang' }, 'invalid_json_schema', 'guided_json', 'strang'],
    [{ properties: { inner: { type: 'bool' } } }, 'invalid_json_schema', 'guided_json', '/properties/inner/type'],
    ['{"type":', 'invalid_json_schema'],
  ],
  guided_grammar: [['root ::= missing_rule', 'invalid_grammar', 'guided_grammar', 'missing_rule']],
  structured_outputs: [
    [{ regex: '(' }, 'invalid_regex', 'structured_outputs.regex'],
    [{ regex: 'a', choice: ['a'] }, VALUE, 'structured_outputs.choice', 'structured_outputs.regex'],
    [{ jsn: {} }, 'unsupported_parameter', 'structured_outputs.jsn'],
  ],
}

describe.each(Object.entries(TAKEN))('%s takes', (field, values) => {
  test.each(values.map((value) => [value]))('%j', async (value) => {
    const response = await chat({ [field]: value })
    expect(response.status, await response.clone().text()).toBe(200)
  })
})

describe.each(Object.entries(REFUSED))('%s refuses', (field, rows) => {
  test.each(rows.map((row) => [row] as const))('%j', async ([value, code, param = field, ...words]) => {
    const response = await chat({ [field]: value })
    const { error } = await response.json()
    expect({ status: response.status, ...error }).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param,
      code,
    })
    for (const word of [field, ...words])
      if (code !== 'context_length_exceeded' || word !== field) expect(error.message).toContain(word)
  })
})

test('null is no value, for every field but the required', async () => {
  const names = [...new Set([...Object.keys(TAKEN), ...Object.keys(REFUSED)])].filter(
    (name) => !['messages', 'model', 'max_tokens'].includes(name),
  )
  const response = await chat(Object.fromEntries(names.map((name) => [name, null])))
  expect(response.status, await response.clone().text()).toBe(200)
  expect(response.headers.has('x-infetch-ignored')).toBe(false)
})

describe('rules between fields', () => {
  const searching = { use_beam_search: true, temperature: 0 }
  test.each<[object, string]>([
    [{ n: 2, temperature: 0 }, 'n'],
    [{ stream: false, stream_options: {} }, 'stream_options'],
    [{ logprobs: false, top_logprobs: 2 }, 'top_logprobs'],
    [{ add_generation_prompt: true, continue_final_message: true }, 'continue_final_message'],
    [{ tool_choice: { type: 'function', function: { name: 'f' } } }, 'tool_choice'],
    [{ tools: [tool], tool_choice: { type: 'function', function: { name: 'g' } } }, 'tool_choice'],
    [{ n: 3, best_of: 2 }, 'best_of'],
    [{ length_penalty: 1 }, 'length_penalty'],
    [{ early_stopping: false, use_beam_search: false }, 'early_stopping'],
    [{ use_beam_search: true }, 'temperature'],
    [{ ...searching, top_p: 0.5 }, 'top_p'],
    [{ ...searching, top_k: 3 }, 'top_k'],
    [{ ...searching, frequency_penalty: 1 }, 'frequency_penalty'],
    [{ ...searching, presence_penalty: -1 }, 'presence_penalty'],
    [{ ...searching, repetition_penalty: 1.1 }, 'repetition_penalty'],
    [{ ...searching, n: 21 }, 'n'],
    [{ ...searching, n: 3, best_of: 2 }, 'best_of'],
    [{ ...searching, n: 1, best_of: 2, stream: true }, 'best_of'],
    [{ max_tokens: 9, max_completion_tokens: 2, min_tokens: 3 }, 'min_tokens'],
  ])('%j is refused for its %s', async (extra, param) => {
    const response = await chat(extra)
    const { error } = await response.json()
    expect([response.status, error.param]).toEqual([400, param])
    expect(error.message).toContain(param)
  })
})

test('a beam search is asked of the engine', async () => {
  const body = { use_beam_search: true, temperature: 0, top_k: -1, n: 2, best_of: 5, seed: 1 }
  const response = await chat({ ...body, length_penalty: 0.5, early_stopping: 'never' })
  expect(response.status).toBe(200)
  expect((await response.json()).choices).toHaveLength(2)
  await chat({ ...body, best_of: null })
  const asked = engine.requests.slice(-2).map(({ n, beams }) => ({ n, beams }))
  expect(asked).toEqual([
    { n: 2, beams: { width: 5, lengthPenalty: 0.5, earlyStopping: 'never' } },
    { n: 2, beams: { width: 2, lengthPenalty: 1, earlyStopping: false } },
  ])
})

test('a seed of more than 32 bits is one, and differs from its lower half', async () => {
  await chat({ seed: 9007199254740991 })
  await chat({ seed: 4294967295 })
  await chat({ seed: -1 })
  const seeds = engine.requests.slice(-3).map(({ sampling }) => sampling.seed)
  expect(new Set(seeds).size).toBe(3)
  for (const seed of seeds) expect(seed === seed >>> 0).toBe(true)
})
