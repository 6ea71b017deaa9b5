// What the face takes and promises as a fetch function: kinds of input, abortion at any time, nothing left running.

import { describe, expect, test } from 'vitest'
import { type MockScript, says } from '../support/mock-engine.ts'
import { mockHost } from '../support/mock-host.ts'

const PATH = '/v1/chat/completions'
const body = (extra: object = {}) =>
  JSON.stringify({ model: 'org/tiny', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 100, ...extra })
const endless: MockScript = { token: () => 300 }
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('input', () => {
  const post = { method: 'POST', body: body({ max_tokens: 1 }) }
  const bytes = new TextEncoder().encode(post.body)
  const stream = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })

  test.each<[string, () => Parameters<typeof fetch>]>([
    ['a relative path', () => [PATH, post]],
    ['a relative path without a slash', () => ['v1/chat/completions', post]],
    ['a path without /v1', () => ['/chat/completions', post]],
    ['an address', () => ['http://infetch/v1/chat/completions?api-version=1', post]],
    ['a URL', () => [new URL('https://api.openai.com/v1/chat/completions'), post]],
    ['a Request', () => [new Request(`http://infetch${PATH}`, post)]],
    ['a Request with init', () => [new Request(`http://infetch${PATH}`), post]],
    ['a body of bytes', () => [PATH, { ...post, body: bytes }]],
    ['a body of a Blob', () => [PATH, { ...post, body: new Blob([bytes]) }]],
    ['a body that is a stream', () => [PATH, { ...post, body: stream(), duplex: 'half' } as RequestInit]],
    ['a method in small letters', () => [PATH, { ...post, method: 'post' }]],
  ])('%s', async (_, parameters) => {
    const response = await mockHost(endless).fetch(...parameters())
    expect(response.status).toBe(200)
    expect(response).toBeInstanceOf(Response)
    expect((await response.json()).choices).toHaveLength(1)
  })

  test('needs no receiver', async () => {
    const { fetch } = mockHost(endless)
    expect((await fetch.call(undefined, PATH, post)).status).toBe(200)
  })

  test('a Request that was read already is a TypeError', async () => {
    const request = new Request(`http://infetch${PATH}`, post)
    await request.text()
    await expect(mockHost(endless).fetch(request)).rejects.toThrow(TypeError)
  })

  test('no address is a TypeError', async () => {
    await expect(mockHost(endless).fetch('http://')).rejects.toThrow(TypeError)
  })
})

describe('abortion', () => {
  const reason = new Error('given up')

  test('before the call', async () => {
    const { fetch, engine } = mockHost(endless)
    await expect(fetch(PATH, { method: 'POST', body: body(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(engine.requests).toEqual([])
  })

  test('by the signal of a Request', async () => {
    const { fetch } = mockHost(endless)
    const request = new Request(`http://infetch${PATH}`, {
      method: 'POST',
      body: body(),
      signal: AbortSignal.abort(reason),
    })
    await expect(fetch(request)).rejects.toBe(reason)
  })

  test('while the body is read', async () => {
    const { fetch } = mockHost(endless)
    let cancelled: unknown
    const never = new ReadableStream({
      cancel(why) {
        cancelled = why
      },
    })
    const controller = new AbortController()
    const init = { method: 'POST', body: never, duplex: 'half', signal: controller.signal } as RequestInit
    const response = fetch(PATH, init)
    setTimeout(() => controller.abort(reason), 5)
    await expect(response).rejects.toBe(reason)
    await settled()
    expect(cancelled).toBe(reason)
  })

  test.each([false, true])('while it generates, before the headers (stream: %s)', async (stream) => {
    const { fetch, engine } = mockHost({ ...endless, pause: () => new Promise((resolve) => setTimeout(resolve, 15)) })
    const controller = new AbortController()
    const response = fetch(PATH, { method: 'POST', body: body({ stream }), signal: controller.signal })
    setTimeout(() => controller.abort(reason), 5)
    await expect(response).rejects.toBe(reason)
    await settled()
    expect(engine.running).toBe(0)
    expect(engine.generated).toBe(0)
  })

  test('even where the engine does not answer', async () => {
    const { fetch } = mockHost({ ...endless, pause: () => new Promise(() => {}) })
    const controller = new AbortController()
    const response = fetch(PATH, { method: 'POST', body: body(), signal: controller.signal })
    setTimeout(() => controller.abort(reason), 5)
    await expect(response).rejects.toBe(reason)
  })

  test('of a stream half-way errors its body and stops generating', async () => {
    const { fetch, engine } = mockHost(endless)
    const controller = new AbortController()
    const response = await fetch(PATH, { method: 'POST', body: body({ stream: true }), signal: controller.signal })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.read()
    controller.abort(reason)
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toBe(reason)
    await settled()
    const { generated } = engine
    await settled()
    expect(engine.running).toBe(0)
    expect(engine.generated).toBe(generated)
  })

  test('after the end changes nothing', async () => {
    const { fetch } = mockHost(says([300]))
    const controller = new AbortController()
    const response = await fetch(PATH, { method: 'POST', body: body({ stream: true }), signal: controller.signal })
    await response.text()
    controller.abort(reason)
    const whole = await fetch(PATH, { method: 'POST', body: body(), signal: new AbortController().signal })
    expect(whole.status).toBe(200)
  })

  test('leaving a body stops generating', async () => {
    const { fetch, engine } = mockHost(endless)
    const response = await fetch(PATH, { method: 'POST', body: body({ stream: true }) })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    await settled()
    expect(engine.running).toBe(0)
    expect(engine.generated).toBeLessThan(10)
  })

  test('leaving a body that was never read stops generating', async () => {
    const { fetch, engine } = mockHost(endless)
    const response = await fetch(PATH, { method: 'POST', body: body({ stream: true }) })
    await response.body!.cancel()
    await settled()
    expect(engine.running).toBe(0)
  })
})
