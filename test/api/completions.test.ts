// POST /v1/completions over a scripted engine: prompts, echo, scores, streams of several choices.

import { describe, expect, test } from 'vitest'
import { type MockScript, says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { byteIds, tinyTokenizer } from '../support/sentence-tokenizer.ts'

const PATH = '/v1/completions'
const tokenizer = tinyTokenizer()
const ids = (text: string) => tokenizer.encode(text, { addSpecialTokens: false })
const ask = (extra: object = {}) => ({ model: 'org/tiny', prompt: 'Once the', ...extra })

/** Each choice says the last two ids of its prompt, then ends. */
const parrot: MockScript = { token: (_, index, { prompt }) => prompt.slice(-2)[index] }

describe('prompts', () => {
  test('of four forms', async () => {
    const { post, engine } = mockHost(says([]))
    const one = tokenizer.encode('the cat')
    const two = tokenizer.encode('sat')
    for (const prompt of ['the cat', ['the cat', 'sat'], one, [one, two]]) await post(PATH, ask({ prompt }))
    expect(engine.requests.map(({ prompt }) => prompt)).toEqual([one, one, two, one, one, two])
  })

  test('number their choices one prompt after the other', async () => {
    const { post } = mockHost(parrot)
    const body = await (await post(PATH, ask({ prompt: ['the cat', 'cat sat'], n: 2 }))).json()
    expect(body.choices.map((c: { index: number; text: string }) => [c.index, c.text])).toEqual([
      [0, ' the cat'],
      [1, ' the cat'],
      [2, ' cat sat'],
      [3, ' cat sat'],
    ])
    expect(body.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 12 })
  })

  test('more than run at once are all answered, in order', async () => {
    const { post, engine } = mockHost(parrot)
    const prompts = Array.from({ length: 80 }, (_, i) => [1, 300 + (i % 5), 301])
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, engine.running)
    }, 0)
    const body = await (await post(PATH, ask({ prompt: prompts, return_token_ids: true }))).json()
    clearInterval(watch)
    expect(body.choices.map((c: { token_ids: number[] }) => c.token_ids[0])).toEqual(prompts.map((prompt) => prompt[1]))
    expect(most).toBeLessThanOrEqual(32)
  })

  test('are cut from their beginning', async () => {
    const { post, engine } = mockHost(says([]))
    const prompt = Array.from({ length: 400 }, (_, i) => 3 + (i % 200))
    await post(PATH, ask({ prompt, truncate_prompt_tokens: 5 }))
    await post(PATH, ask({ prompt, truncate_prompt_tokens: -1, max_tokens: 56 }))
    await post(PATH, ask({ prompt: [7, 8], truncate_prompt_tokens: 5 }))
    expect(engine.requests.map((request) => request.prompt)).toEqual([prompt.slice(-5), prompt.slice(-200), [7, 8]])
  })

  test('that are empty begin with the model’s first token', async () => {
    const { post, engine } = mockHost(says([]))
    await post(PATH, ask({ prompt: '', add_special_tokens: false }))
    expect(engine.requests[0]!.prompt).toEqual([1])
  })

  test.each<[unknown, string, string]>([
    [[], 'empty_array', 'prompt'],
    [[[]], 'empty_array', 'prompt[0]'],
    [['a', 1], 'invalid_type', 'prompt[1]'],
    [[1, 'a'], 'invalid_type', 'prompt[1]'],
    [[[1, 'a']], 'invalid_type', 'prompt[0][1]'],
    [[1.5], 'invalid_type', 'prompt[0]'],
    [[-1], 'integer_below_min_value', 'prompt[0]'],
    [[99999], 'invalid_value', 'prompt[0]'],
    [[[1, 99999]], 'invalid_value', 'prompt[0][1]'],
    [5, 'invalid_type', 'prompt'],
    [undefined, 'missing_required_parameter', 'prompt'],
  ])('%j is refused', async (prompt, code, param) => {
    const response = await mockHost(says([])).post(PATH, ask({ prompt }))
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ code, param })
  })

  test('a suffix needs a model with tokens for it', async () => {
    const response = await mockHost(says([])).post(PATH, ask({ suffix: 'end' }))
    expect((await response.json()).error).toMatchObject({ param: 'suffix', code: 'unsupported_value' })
  })
})

test('generates 16 tokens unless told, or what is left', async () => {
  const { post, engine } = mockHost(says([]))
  await post(PATH, ask())
  await post(PATH, ask({ prompt: Array(250).fill(5) }))
  const full = await post(PATH, ask({ prompt: Array(256).fill(5) }))
  expect(engine.requests.map(({ maxTokens }) => maxTokens)).toEqual([16, 6])
  expect((await full.json()).error.code).toBe('context_length_exceeded')
})

describe('echo', () => {
  test('gives the prompt as it was written, then the answer', async () => {
    const { post } = mockHost(says(ids('cat')))
    for (const prompt of ['Once the', 'Éé “ñ” 😀\tx\n']) {
      const { choices } = await (await post(PATH, ask({ prompt, echo: true }))).json()
      expect(choices[0].text).toBe(`${prompt} cat`)
    }
  })

  test('of ids gives their text', async () => {
    const { post } = mockHost(says([]))
    const { choices } = await (
      await post(PATH, ask({ prompt: tokenizer.encode('Once the'), echo: true, max_tokens: 0 }))
    ).json()
    expect(choices[0]).toMatchObject({ text: 'Once the', finish_reason: 'length' })
  })

  test('with logprobs scores the prompt, in the same columns', async () => {
    const { post, engine } = mockHost(says(ids('cat sat')))
    const { choices } = await (await post(PATH, ask({ echo: true, logprobs: 1 }))).json()
    expect(engine.requests[0]!.scorePrompt).toBe(true)
    const [{ text, logprobs }] = choices
    expect(logprobs.tokens).toEqual(['<s>', ' Once', ' the', ' cat', ' sat'])
    expect(logprobs.token_logprobs).toEqual([null, -0.5, -0.5, -0.5, -0.5])
    expect(logprobs.top_logprobs[0]).toBe(null)
    expect(logprobs.text_offset).toEqual([0, 0, 4, 8, 12])
    expect(text.slice(8, 12)).toBe(' cat')
  })

  test('streamed, the prompt comes first', async () => {
    const { post } = mockHost(says(ids('cat')))
    const text = await (await post(PATH, ask({ echo: true, stream: true, logprobs: 0 }))).text()
    const chunks = text
      .split('\n\n')
      .slice(0, -2)
      .map((frame) => JSON.parse(frame.slice(6)))
    expect(chunks[0].choices[0]).toMatchObject({ text: 'Once the cat', logprobs: { text_offset: [0, 0, 4, 8] } })
    expect(chunks.at(-1).choices[0]).toMatchObject({ text: '', finish_reason: 'stop' })
  })
})

describe('logprobs', () => {
  test('names tokens by their text, or their bytes', async () => {
    const { post } = mockHost(says([...ids('the'), ...byteIds('é')]))
    const { choices } = await (await post(PATH, ask({ logprobs: 0 }))).json()
    expect(choices[0].logprobs).toEqual({
      tokens: [' the', 'bytes:\\xc3', 'bytes:\\xa9'],
      token_logprobs: [-0.5, -0.5, -0.5],
      top_logprobs: null,
      text_offset: [0, 4, 4],
    })
  })

  test('of two ids with one text both are among the alternatives', async () => {
    const a = tokenizer.tokenId('a')!
    const [byte] = byteIds('a')
    const { post, model } = mockHost(says([]))
    const { engine } = model
    const generate = engine.generate
    engine.generate = (request) => {
      const generation = generate(request)
      const top = [
        { token: a, logprob: -1 },
        { token: byte!, logprob: -2 },
      ]
      const event = { choice: 0, token: a, logprob: -1, top, finishReason: 'length' as const }
      return Object.assign(generation, {
        async *[Symbol.asyncIterator]() {
          yield [event]
        },
      })
    }
    const { choices } = await (await post(PATH, ask({ logprobs: 2 }))).json()
    expect(choices[0].logprobs.top_logprobs).toEqual([{ a: -1, 'bytes:\\x61': -2 }])
  })
})

test('best_of gives the choices with the best mean log-probability', async () => {
  const { post, model } = mockHost(says([]))
  model.engine.generate = ({ n }) => ({
    cachedTokens: 0,
    promptScores: [],
    finishReasons: [],
    stop() {},
    async *[Symbol.asyncIterator]() {
      yield Array.from({ length: n }, (_, choice) => ({
        choice,
        token: byteIds(String(choice))[0]!,
        logprob: [-3, -1, -2, -9][choice]!,
        top: [],
        finishReason: 'length' as const,
      }))
    },
  })
  const { choices, usage } = await (await post(PATH, ask({ n: 2, best_of: 4 }))).json()
  expect(choices.map((c: { index: number; text: string }) => [c.index, c.text])).toEqual([
    [0, '1'],
    [1, '2'],
  ])
  expect(usage.completion_tokens).toBe(4)
})

test('streams of several prompts are interleaved, each whole', async () => {
  const { post } = mockHost(parrot)
  const text = await (await post(PATH, ask({ prompt: ['the cat', 'cat sat'], stream: true }))).text()
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  const choices: { index: number; text: string }[] = text
    .split('\n\n')
    .slice(0, -2)
    .map((frame) => JSON.parse(frame.slice(6)).choices[0])
  const of = (index: number) =>
    choices
      .filter((choice) => choice.index === index)
      .map((choice) => choice.text)
      .join('')
  expect([of(0), of(1)]).toEqual([' the cat', ' cat sat'])
  expect(choices.map(({ index }) => index)).not.toEqual(choices.map(({ index }) => index).sort())
})

describe('a model without a tokenizer', () => {
  const bare = () => mockHost(says([300, 301]), { model: { tokenizer: undefined } })

  test('answers ids with ids', async () => {
    const { choices, prompt_token_ids } = await (
      await bare().post(PATH, ask({ prompt: [5, 6], return_token_ids: true }))
    ).json()
    expect(choices[0]).toMatchObject({
      text: '',
      token_ids: [300, 301, 2],
      prompt_token_ids: [5, 6],
      finish_reason: 'stop',
    })
    expect(prompt_token_ids).toEqual([5, 6])
  })

  test('refuses text and chats', async () => {
    const text = await bare().post(PATH, ask())
    const chat = await bare().post('/v1/chat/completions', {
      model: 'org/tiny',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    for (const [response, param] of [
      [text, 'prompt'],
      [chat, 'messages'],
    ] as const) {
      expect(response.status).toBe(400)
      expect((await response.json()).error.param).toBe(param)
    }
  })
})

test('leaving a stream of several prompts stops all of them', async () => {
  const { post, engine } = mockHost({ token: () => 300 })
  const response = await post(PATH, ask({ prompt: ['a', 'b', 'c'], max_tokens: 100, stream: true }))
  const reader = response.body!.getReader()
  await reader.read()
  await reader.cancel()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(engine.running).toBe(0)
})
