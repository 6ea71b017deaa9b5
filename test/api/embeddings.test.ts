// POST /v1/embeddings: what inputs become, what is given back, what is refused.

import { describe, expect, test } from 'vitest'
import { QueueFullError } from '../../src/engine/errors.ts'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const PATH = '/v1/embeddings'
const ids = (text: string) => tinyTokenizer().encode(text)
const setUp = (model = {}) => mockHost(says([]), { model })
const embed = async (body: object, host = setUp()) => {
  const response = await host.post(PATH, { model: 'org/tiny', ...body })
  return { status: response.status, body: await response.json(), host, headers: response.headers }
}

/** The mock's state of n tokens, as a unit vector. */
function unit(tokens: number, dimensions = 4): number[] {
  const state = [3, 0, tokens, 0].slice(0, dimensions)
  return state.map((x) => x / Math.hypot(...state))
}

describe('inputs', () => {
  const cases: [name: string, input: unknown, prompts: number[][]][] = [
    ['a text', 'the cat', [ids('the cat')]],
    ['texts', ['the cat', 'sat'], [ids('the cat'), ids('sat')]],
    ['ids', [5, 6, 7], [[5, 6, 7]]],
    ['lists of ids', [[5, 6, 7], [8]], [[5, 6, 7], [8]]],
    [
      'more than run at once',
      Array.from({ length: 100 }, (_, i) => [i, 5]),
      Array.from({ length: 100 }, (_, i) => [i, 5]),
    ],
  ]
  test.each(cases)('%s', async (_, input, prompts) => {
    const { body, host } = await embed({ input })
    expect(host.engine.requests.map(({ prompt }) => prompt)).toEqual(prompts)
    for (const request of host.engine.requests) expect(request).toMatchObject({ pool: 'sum', maxTokens: 0, n: 1 })
    expect(body).toMatchObject({ object: 'list', model: 'org/tiny' })
    for (const [i, entry] of body.data.entries()) {
      expect(entry).toMatchObject({ object: 'embedding', index: i })
      for (const [j, x] of unit(prompts[i]!.length).entries()) expect(entry.embedding[j]).toBeCloseTo(x, 6)
    }
    const tokens = prompts.flat().length
    expect(body.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens })
  })

  test('the pooling is the model’s', async () => {
    const { host } = await embed({ input: 'the' }, setUp({ pooling: 'last' }))
    expect(host.engine.requests[0]!.pool).toBe('last')
  })
})

describe('answers', () => {
  test('base64 is the same floats, the lowest byte first', async () => {
    const { body } = await embed({ input: 'the cat', encoding_format: 'base64' })
    const bytes = Uint8Array.from(atob(body.data[0].embedding), (c) => c.charCodeAt(0))
    const view = new DataView(bytes.buffer)
    const floats = Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true))
    expect(floats).toEqual((await embed({ input: 'the cat' })).body.data[0].embedding)
  })

  test.each([1, 3, 4])('%i dimensions, of length 1 again', async (dimensions) => {
    const { body } = await embed({ input: 'the cat', dimensions })
    const [{ embedding }] = body.data
    expect(embedding.length).toBe(dimensions)
    for (const [i, x] of unit(ids('the cat').length, dimensions).entries()) expect(embedding[i]).toBeCloseTo(x, 6)
  })

  test('unknown fields are named in a header', async () => {
    expect((await embed({ input: 'the', dimension: 3 })).headers.get('x-infetch-ignored')).toBe('dimension')
  })
})

describe('refused', () => {
  const cases: [name: string, body: object, error: object][] = [
    ['no input', {}, { param: 'input', code: 'missing_required_parameter' }],
    ['a number', { input: 5 }, { param: 'input', code: 'invalid_type' }],
    ['an empty list', { input: [] }, { param: 'input', code: 'empty_array' }],
    ['an empty text', { input: '' }, { param: 'input', code: 'empty_string' }],
    ['an empty text of a list', { input: ['a', ''] }, { param: 'input[1]', code: 'empty_string' }],
    ['an empty list of ids', { input: [[1], []] }, { param: 'input[1]', code: 'empty_array' }],
    ['a mixed list', { input: ['a', 1] }, { param: 'input[1]', code: 'invalid_type' }],
    ['an unknown id', { input: [[1], [2, 99999]] }, { param: 'input[1][1]', code: 'invalid_value' }],
    ['too many', { input: Array(2049).fill('a') }, { param: 'input', code: 'array_above_max_length' }],
    ['too long', { input: Array(257).fill(3) }, { param: 'input', code: 'context_length_exceeded' }],
    ['another format', { input: 'a', encoding_format: 'hex' }, { param: 'encoding_format', code: 'invalid_value' }],
    ['no dimensions', { input: 'a', dimensions: 0 }, { param: 'dimensions', code: 'integer_below_min_value' }],
    ['more than there are', { input: 'a', dimensions: 5 }, { param: 'dimensions', code: 'integer_above_max_value' }],
  ]
  test.each(cases)('%s', async (_, body, error) => {
    const { status, body: answer, host } = await embed(body)
    expect(status).toBe(400)
    expect(answer.error).toMatchObject(error)
    expect(host.engine.requests).toEqual([])
  })

  test('where the model asks for another pooling', async () => {
    const { status, body } = await embed({ input: 'a' }, setUp({ pooling: undefined }))
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ param: 'model', code: 'unsupported_value' })
  })

  test('where there is no tokenizer: texts, not ids', async () => {
    const model = { tokenizer: undefined }
    expect((await embed({ input: 'a' }, setUp(model))).body.error).toMatchObject({ code: 'unsupported_value' })
    expect((await embed({ input: [3] }, setUp(model))).status).toBe(200)
  })

  test('while the queue is full', async () => {
    const host = mockHost(says([]), {
      model: {
        engine: {
          generate: () => {
            throw new QueueFullError(9)
          },
        },
      },
    })
    const { status, headers } = await embed({ input: ['a', 'b'] }, host)
    expect([status, headers.get('retry-after')]).toEqual([429, '1'])
  })
})
