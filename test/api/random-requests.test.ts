// Random requests: whatever is valid is answered 200, streamed as unstreamed; whatever is not is a 400 that names the field.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatFields } from '../../src/api/fields/chat.ts'
import { completionFields } from '../../src/api/fields/completion.ts'
import { embeddingFields } from '../../src/api/fields/embedding.ts'
import type { Fields } from '../../src/api/fields/field.ts'
import { responseFields } from '../../src/api/fields/response.ts'
import type { MockScript } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'

const VOCAB = 366
const flag = fc.boolean()
const decimal = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const text = fc.string({ maxLength: 6 })
const filled = fc.string({ minLength: 1, maxLength: 3 })
const ids = fc.array(fc.nat(VOCAB - 1), { minLength: 1, maxLength: 6 })

/** Values each field takes by itself; fields that are not here have no value to draw, or their own test. */
const VALID: Record<string, fc.Arbitrary<unknown>> = {
  temperature: decimal(0.01, 2),
  top_p: decimal(0.01, 1),
  top_k: fc.integer({ min: -1, max: 500 }),
  min_p: decimal(0, 1),
  frequency_penalty: decimal(-2, 2),
  presence_penalty: decimal(-2, 2),
  repetition_penalty: decimal(0.01, 5),
  logit_bias: fc.dictionary(fc.nat(VOCAB - 1).map(String), decimal(-100, 100), { maxKeys: 4 }),
  seed: fc.maxSafeInteger(),
  n: fc.integer({ min: 1, max: 3 }),
  max_tokens: fc.nat(12),
  stop: fc.oneof(filled, fc.array(filled, { maxLength: 4 })),
  stop_token_ids: fc.array(fc.nat(VOCAB - 1), { maxLength: 3 }),
  include_stop_str_in_output: flag,
  ignore_eos: flag,
  skip_special_tokens: flag,
  spaces_between_special_tokens: flag,
  prompt_logprobs: fc.nat(20),
  return_token_ids: flag,
  add_special_tokens: flag,
  echo: flag,
  user: text,
}
const CHAT: Record<string, fc.Arbitrary<unknown>> = {
  ...VALID,
  messages: fc.array(fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text }), {
    minLength: 1,
    maxLength: 3,
  }),
  max_completion_tokens: fc.nat(12),
  logprobs: fc.constant(true),
  top_logprobs: fc.nat(20),
  reasoning_effort: fc.constantFrom('low', 'high'),
  metadata: fc.dictionary(text, text, { maxKeys: 2 }),
  store: flag,
}
const COMPLETION: Record<string, fc.Arbitrary<unknown>> = {
  ...VALID,
  prompt: fc.oneof(
    text,
    ids,
    fc.array(text, { minLength: 1, maxLength: 3 }),
    fc.array(ids, { minLength: 1, maxLength: 3 }),
  ),
  logprobs: fc.nat(5),
  truncate_prompt_tokens: fc.integer({ min: -1, max: 9 }),
}

const AS_IN_CHAT = ['temperature', 'top_p', 'top_k', 'min_p', 'presence_penalty', 'logit_bias', 'seed', 'metadata']
const INCLUDED = 'message.output_text.logprobs'
const part = fc.record({ type: fc.constant('input_text'), text })
const RESPONSE: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(AS_IN_CHAT.map((name) => [name, CHAT[name]!])),
  input: fc.oneof(
    text,
    fc.array(
      fc.oneof(
        fc.record({
          role: fc.constantFrom('system', 'developer', 'user', 'assistant'),
          content: fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 2 })),
        }),
        fc.record({ type: fc.constant('function_call'), call_id: text, name: text, arguments: text }),
        fc.record({ type: fc.constant('function_call_output'), call_id: text, output: text }),
      ),
      { minLength: 1, maxLength: 4 },
    ),
  ),
  instructions: text,
  max_output_tokens: fc.nat(12),
  store: flag,
  include: fc.constantFrom([], [INCLUDED]),
  reasoning: fc.record({ effort: CHAT.reasoning_effort! }),
}

const EMBEDDING: Record<string, fc.Arbitrary<unknown>> = {
  input: fc.oneof(
    filled,
    ids,
    fc.array(filled, { minLength: 1, maxLength: 3 }),
    fc.array(ids, { minLength: 1, maxLength: 3 }),
  ),
  encoding_format: fc.constantFrom('float', 'base64'),
  dimensions: fc.integer({ min: 1, max: 4 }),
  user: text,
}

/** Any subset of the fields, each with a valid value or null. */
function requests(fields: Record<string, fc.Arbitrary<unknown>>, required: readonly string[]) {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    required.includes(name) ? value : fc.option(value),
  ])
  return fc.record(Object.fromEntries(entries), { requiredKeys: required as never[] }) as fc.Arbitrary<
    Record<string, unknown>
  >
}

/** Tokens that depend on seed, choice and place only: the same streamed and not. */
const script: MockScript = {
  token: (choice, index, { sampling }) =>
    (Math.imul(sampling.seed + choice * 7919 + index * 104729, 2654435761) >>> 8) % VOCAB,
  pause: () => Promise.resolve(),
}
const { post, engine } = mockHost(script)

interface Choice {
  readonly index: number
  readonly text?: string
  readonly delta?: { readonly content?: string }
  readonly message?: { readonly content: string }
  readonly finish_reason: string | null
}

async function answered(path: string, body: Record<string, unknown>) {
  const sent = { seed: 1, ...body, model: 'org/tiny' }
  const whole = await post(path, sent)
  const wholeBody = await whole.json()
  expect(whole.status, JSON.stringify(wholeBody)).toBe(200)
  const streamed = await post(path, { ...sent, stream: true, stream_options: { include_usage: true } })
  const frames = (await streamed.text()).trimEnd().split('\n\n')
  expect(frames.pop()).toBe('data: [DONE]')
  const chunks = frames.map((frame) => JSON.parse(frame.slice(6)))
  const choices: Choice[] = chunks.flatMap((chunk) => chunk.choices)
  for (const { index, message, text, finish_reason } of wholeBody.choices as Choice[]) {
    const own = choices.filter((choice) => choice.index === index)
    expect(own.map((choice) => choice.delta?.content ?? choice.text ?? '').join('')).toBe(message?.content ?? text)
    expect(own.map((choice) => choice.finish_reason).filter(Boolean)).toEqual([finish_reason])
  }
  if (body.seed !== null) expect(chunks.at(-1).usage).toEqual(wholeBody.usage)
  expect(engine.running).toBe(0)
}

async function responded(path: string, body: Record<string, unknown>) {
  const whole = await post(path, { ...body, model: 'org/tiny' })
  const wholeBody = await whole.json()
  expect(whole.status, JSON.stringify(wholeBody)).toBe(200)
  const streamed = await post(path, { ...body, model: 'org/tiny', stream: true })
  const frames = (await streamed.text()).trimEnd().split('\n\n')
  const events = frames.map((frame) => JSON.parse(frame.slice(frame.indexOf('\ndata: ') + 7)))
  const last = events.at(-1).response
  expect([last.status, last.usage]).toEqual([wholeBody.status, wholeBody.usage])
  const [{ content }] = wholeBody.output
  expect(last.output.map((item: { content: unknown }) => item.content)).toEqual([content])
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
  expect(deltas.map(({ delta }) => delta).join('')).toBe(content[0].text)
  expect(engine.running).toBe(0)
}

async function embedded(path: string, body: Record<string, unknown>) {
  const response = await post(path, { ...body, model: 'org/tiny' })
  const { data } = await response.json()
  expect(response.status).toBe(200)
  const several = Array.isArray(body.input) && typeof body.input[0] !== 'number'
  expect(data).toHaveLength(several ? (body.input as unknown[]).length : 1)
  for (const { embedding } of data as { embedding: number[] | string }[]) {
    const numbers = typeof embedding === 'string' ? atob(embedding).length / 4 : embedding.length
    expect(numbers).toBe(body.dimensions ?? 4)
    if (typeof embedding !== 'string') expect(Math.hypot(...embedding)).toBeCloseTo(1, 5)
  }
  expect(engine.running).toBe(0)
}

describe.each<[string, typeof answered, Record<string, fc.Arbitrary<unknown>>, readonly string[], Fields]>([
  ['/v1/chat/completions', answered, CHAT, ['messages', 'seed'], chatFields],
  ['/v1/completions', answered, COMPLETION, ['prompt', 'seed'], completionFields],
  ['/v1/responses', responded, RESPONSE, ['input', 'seed'], responseFields],
  ['/v1/embeddings', embedded, EMBEDDING, ['input'], embeddingFields],
])('%s', (path, answered, valid, required, fields) => {
  const request = requests(valid, required).filter((body) => body.seed !== null)

  test('any valid request is answered', async () => {
    await fc.assert(
      fc.asyncProperty(request, (body) => answered(path, 'top_logprobs' in body ? { ...body, logprobs: true } : body)),
      { numRuns: 150 },
    )
  })

  test('any value for any field is answered 200, or 400 naming the field', async () => {
    // What runs in the background still runs after its answer.
    const names = fc.constantFrom(...Object.keys(fields).filter((name) => name !== 'background'))
    await fc.assert(
      fc.asyncProperty(request, names, fc.jsonValue({ maxDepth: 3 }), async (body, name, value) => {
        const response = await post(path, { model: 'org/tiny', ...body, [name]: value })
        const answer = await response.text()
        if (response.status === 200) return
        const { error } = JSON.parse(answer)
        const unknownModel = name === 'model' && typeof value === 'string'
        expect(unknownModel ? [400, 404] : [400], answer).toContain(response.status)
        expect(error.type).toBe('invalid_request_error')
        expect(error.code).toEqual(expect.any(String))
        // A rule between two fields may name the other one.
        expect(Object.keys(fields)).toContain(error.param.split(/[.[]/)[0])
        expect(error.message).toContain(
          error.code === 'context_length_exceeded' ? 'context' : error.param.split(/[.[]/)[0],
        )
        expect(engine.running).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})
