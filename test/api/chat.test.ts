// POST /v1/chat/completions over a scripted engine: responses, chunks, ends of an answer.

import { describe, expect, test } from 'vitest'
import { says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'
import { byteIds, tinyTokenizer } from '../support/sentence-tokenizer.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const ask = (extra: object = {}) => ({ model: 'org/tiny', messages, ...extra })
const tokenizer = tinyTokenizer()
const ids = (text: string) => tokenizer.encode(text, { addSpecialTokens: false })

interface Chunk {
  choices: {
    index: number
    delta: { role?: string; content?: string }
    finish_reason: string | null
    stop_reason?: unknown
  }[]
  usage?: { completion_tokens: number } | null
}

async function readFrames(response: Response): Promise<{ frames: string[]; chunks: Chunk[] }> {
  const text = await response.text()
  expect(text.endsWith('\n\n')).toBe(true)
  const frames = text
    .slice(0, -2)
    .split('\n\n')
    .map((frame) => {
      expect(frame).toMatch(/^data: [^\n]*$/)
      return frame.slice(6)
    })
  return { frames, chunks: frames.filter((frame) => frame !== '[DONE]').map((frame) => JSON.parse(frame)) }
}

const content = (chunks: readonly Chunk[], index = 0) =>
  chunks
    .flatMap((chunk) => chunk.choices)
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta.content ?? '')
    .join('')

describe('a whole answer', () => {
  test('has the text, the reason of its end, and the usage', async () => {
    const { post, engine } = mockHost({ ...says(ids('the cat sat')), cachedTokens: 3 })
    const response = await post('/v1/chat/completions', ask())
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    const body = await response.json()
    const prompt = engine.requests[0]!.prompt.length
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'org/tiny',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: ' the cat sat', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
          stop_reason: null,
        },
      ],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: 4,
        total_tokens: prompt + 4,
        prompt_tokens_details: { cached_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    })
    expect(body.id).toMatch(/^chatcmpl-/)
  })

  test('asks the engine what the fields say', async () => {
    const { post, engine } = mockHost(says([]))
    const body = ask({
      temperature: 0.5,
      top_p: 0.9,
      top_k: -1,
      min_p: 0.1,
      seed: 7,
      logit_bias: { 5: -3 },
      max_tokens: 9,
      stop_token_ids: [9],
    })
    await post('/v1/chat/completions', body)
    expect(engine.requests[0]).toMatchObject({
      maxTokens: 9,
      n: 1,
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        topK: 0,
        minP: 0.1,
        seed: 7,
        stopTokenIds: [2, 9],
        logitBias: new Map([[5, -3]]),
      },
    })
    expect(tokenizer.decode(engine.requests[0]!.prompt)).toBe('[user]Hi[assistant]')
  })

  test('without max_tokens may fill the context, and draws with OpenAI’s defaults', async () => {
    const { post, engine } = mockHost(says([]))
    await post('/v1/chat/completions', ask())
    const [request] = engine.requests
    expect(request!.maxTokens).toBe(256 - request!.prompt.length)
    expect(request!.sampling).toMatchObject({ temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 })
  })

  test('of max_tokens 0 is empty', async () => {
    const { post } = mockHost(says(ids('the')))
    const { choices, usage } = await (await post('/v1/chat/completions', ask({ max_tokens: 0 }))).json()
    expect(choices[0]).toMatchObject({ message: { content: '' }, finish_reason: 'length' })
    expect(usage.completion_tokens).toBe(0)
  })

  test('max_completion_tokens wins over max_tokens', async () => {
    const { post } = mockHost(says(ids('the cat sat')))
    const { choices } = await (
      await post('/v1/chat/completions', ask({ max_tokens: 1, max_completion_tokens: 2 }))
    ).json()
    expect(choices[0]).toMatchObject({ message: { content: ' the cat' }, finish_reason: 'length' })
  })

  test('with n has as many choices, each with its own end', async () => {
    const { post } = mockHost(says(ids('the'), ids('the cat sat')))
    const { choices, usage } = await (await post('/v1/chat/completions', ask({ n: 2, max_tokens: 2 }))).json()
    expect(choices.map((c: { message: { content: string } }) => c.message.content)).toEqual([' the', ' the cat'])
    expect(choices.map((c: { finish_reason: string }) => c.finish_reason)).toEqual(['stop', 'length'])
    expect(usage.completion_tokens).toBe(4)
  })

  test('with logprobs has an entry for each token, with true bytes', async () => {
    const { post } = mockHost(says([...byteIds('😀'), ...ids('the')]))
    const { choices } = await (await post('/v1/chat/completions', ask({ logprobs: true, top_logprobs: 2 }))).json()
    const entries: { token: string; bytes: number[]; top_logprobs: unknown[] }[] = choices[0].logprobs.content
    expect(entries.flatMap((entry) => entry.bytes)).toEqual([...new TextEncoder().encode('😀 the')])
    expect(entries[0]).toMatchObject({
      token: '\ufffd',
      logprob: -0.5,
      top_logprobs: [{ logprob: -0.5 }, { logprob: -1.5 }],
    })
  })
})

describe('messages', () => {
  const SHOW = '{{ messages | tojson }}'
  const shown = async (messages: unknown, chat_template = SHOW) => {
    const { post, engine } = mockHost(says([]), { model: { contextLength: 4096 } })
    const response = await post('/v1/chat/completions', ask({ messages, chat_template }))
    expect(response.status, await response.clone().text()).toBe(200)
    const prompt = tokenizer.decode(engine.requests[0]!.prompt)
    return chat_template === SHOW ? JSON.parse(prompt) : prompt
  }

  test('in parts are one text', async () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    expect(await shown([{ role: 'user', content }])).toEqual([{ role: 'user', content: 'a\nb' }])
  })

  test('of a developer are the system’s where the template knows no developer', async () => {
    const messages = [{ role: 'developer', content: 'a' }]
    expect(await shown(messages)).toEqual([{ role: 'system', content: 'a' }])
    expect(await shown(messages, '{{ messages[0].role }}{# developer #}')).toBe('developer')
  })

  test('with calls have their arguments as objects, and no keys without a value', async () => {
    const call = (args: string) => ({ id: 'c', type: 'function', function: { name: 'f', arguments: args } })
    const message = { role: 'assistant', content: null, refusal: null, tool_calls: [call('{"x":1}'), call('cut {')] }
    expect(await shown([message])).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ ...call(''), function: { name: 'f', arguments: { x: 1 } } }, call('cut {')],
      },
    ])
  })
})

describe('a stop string', () => {
  test('across tokens ends the answer before it, and nothing is generated after', async () => {
    const { post, engine } = mockHost(says(ids('the cat sat the cat sat the cat')))
    const { choices, usage } = await (await post('/v1/chat/completions', ask({ stop: ['zzz', 'at s'] }))).json()
    expect(choices[0]).toMatchObject({ message: { content: ' the c' }, finish_reason: 'stop', stop_reason: 'at s' })
    expect(usage.completion_tokens).toBe(3)
    expect(engine.generated).toBe(3)
  })

  test('is part of the text when asked', async () => {
    const { post } = mockHost(says(ids('the cat sat')))
    const body = ask({ stop: 'at s', include_stop_str_in_output: true })
    const { choices } = await (await post('/v1/chat/completions', body)).json()
    expect(choices[0].message.content).toBe(' the cat s')
  })

  test('is not looked for before min_tokens', async () => {
    const { post } = mockHost(says(ids('the cat sat the cat')))
    const { choices } = await (await post('/v1/chat/completions', ask({ stop: 'at', min_tokens: 3 }))).json()
    expect(choices[0].message.content).toBe(' the cat sat the c')
  })

  test('is looked for from the token after min_tokens on', async () => {
    const { post } = mockHost(says(ids('the cat sat')))
    const { choices } = await (await post('/v1/chat/completions', ask({ stop: 'at', min_tokens: 1 }))).json()
    expect(choices[0].message.content).toBe(' the c')
  })

  test('a stop token’s text is left out, and told', async () => {
    const the = ids('the')[0]!
    const { post } = mockHost(says(ids('cat the cat')))
    const { choices } = await (await post('/v1/chat/completions', ask({ stop_token_ids: [the] }))).json()
    expect(choices[0]).toMatchObject({ message: { content: ' cat' }, finish_reason: 'stop', stop_reason: the })
  })
})

describe('a streamed answer', () => {
  test('is role, pieces, reason of the end, [DONE]', async () => {
    const { post } = mockHost(says(ids('the cat sat')))
    const response = await post('/v1/chat/completions', ask({ stream: true }))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const { frames, chunks } = await readFrames(response)
    expect(frames.at(-1)).toBe('[DONE]')
    expect(chunks[0]!.choices[0]!.delta).toMatchObject({ role: 'assistant', content: '' })
    expect(chunks.slice(1).map((chunk) => chunk.choices[0]!.delta.content)).toEqual([' the', ' cat', ' sat', undefined])
    expect(chunks.map((chunk) => chunk.choices[0]!.finish_reason)).toEqual([null, null, null, null, 'stop'])
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true)
  })

  test('never splits a character', async () => {
    const { post } = mockHost(says([...byteIds('a😀é'), ...byteIds('😀').slice(0, 2)]))
    const { chunks } = await readFrames(await post('/v1/chat/completions', ask({ stream: true })))
    expect(chunks.slice(1).map((chunk) => chunk.choices[0]!.delta.content)).toEqual(['a', '😀', 'é', '\ufffd'])
  })

  test('holds back what could begin a stop string', async () => {
    const { post } = mockHost(says(ids('the cat sat')))
    const { chunks } = await readFrames(await post('/v1/chat/completions', ask({ stream: true, stop: ' cat!' })))
    expect(chunks.slice(1).map((chunk) => chunk.choices[0]!.delta.content)).toEqual([' the', ' cat sat', undefined])
  })

  test('ends with the usage when asked', async () => {
    const { post } = mockHost(says(ids('the cat')))
    const stream_options = { include_usage: true }
    const { chunks } = await readFrames(await post('/v1/chat/completions', ask({ stream: true, stream_options })))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  test('has the usage so far in every chunk when asked', async () => {
    const { post } = mockHost(says(ids('the cat')))
    const stream_options = { include_usage: true, continuous_usage_stats: true }
    const { chunks } = await readFrames(await post('/v1/chat/completions', ask({ stream: true, stream_options })))
    expect(chunks.map((chunk) => chunk.usage!.completion_tokens)).toEqual([0, 1, 2, 3, 3])
  })

  test('with n gives each choice its role and its end', async () => {
    const { post } = mockHost(says(ids('the'), ids('the cat sat')))
    const { chunks } = await readFrames(await post('/v1/chat/completions', ask({ stream: true, n: 2 })))
    expect(chunks.slice(0, 2).map((chunk) => [chunk.choices[0]!.index, chunk.choices[0]!.delta.role])).toEqual([
      [0, 'assistant'],
      [1, 'assistant'],
    ])
    expect([content(chunks, 0), content(chunks, 1)]).toEqual([' the', ' the cat sat'])
  })

  test('of max_tokens 0 has a role and an end', async () => {
    const { post } = mockHost(says(ids('the')))
    const { chunks, frames } = await readFrames(
      await post('/v1/chat/completions', ask({ stream: true, max_tokens: 0 })),
    )
    expect(chunks.map((chunk) => chunk.choices[0]!.finish_reason)).toEqual([null, 'length'])
    expect(frames.at(-1)).toBe('[DONE]')
  })

  test('that fails after the first byte ends with an error frame', async () => {
    const { post } = mockHost({ ...says(ids('the cat sat')), fault: { after: 2, error: new Error('device lost') } })
    const { frames } = await readFrames(await post('/v1/chat/completions', ask({ stream: true })))
    expect(JSON.parse(frames.at(-1)!)).toEqual({
      error: { message: 'device lost', type: 'server_error', param: null, code: 'server_error' },
    })
  })

  test('that fails before it is an error with a status', async () => {
    const { post } = mockHost({ ...says([]), fault: { after: 0, error: new Error('device lost') } })
    const response = await post('/v1/chat/completions', ask({ stream: true }))
    expect(response.status).toBe(500)
    expect(response.headers.get('x-should-retry')).toBe('false')
  })
})

test('a prompt and answer beyond the context are refused before any byte of a stream', async () => {
  const { post, engine } = mockHost(says([]))
  const response = await post('/v1/chat/completions', ask({ stream: true, max_tokens: 250 }))
  expect(response.status).toBe(400)
  const { error } = await response.json()
  expect(error).toMatchObject({ code: 'context_length_exceeded', param: 'messages', type: 'invalid_request_error' })
  expect(error.message).toContain('256')
  expect(engine.requests).toEqual([])
})
