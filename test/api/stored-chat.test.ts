// Stored chat completions: kept when asked, listed in pages, changed, deleted; and the bound of what is kept.

import { describe, expect, test } from 'vitest'
import { BoundedStore } from '../../src/api/stored.ts'
import { says } from '../support/mock-engine.ts'
import { type MockHost, mockHost } from '../support/mock-host.ts'
import { tinyTokenizer } from '../support/sentence-tokenizer.ts'

const CHAT = '/v1/chat/completions'
const ids = (text: string) => tinyTokenizer().encode(text, { addSpecialTokens: false })
const script = says(ids('the cat sat'), ids('the'))
const ask = (extra: object = {}) => ({
  model: 'org/tiny',
  messages: [{ role: 'user', content: 'Hi' }],
  store: true,
  ...extra,
})

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes.
type Json = any

const json = async (response: Promise<Response>): Promise<Json> => (await response).json()
const get = ({ fetch }: MockHost, path: string): Promise<Json> => json(fetch(`${CHAT}${path}`))
const create = (host: MockHost, extra: object = {}): Promise<Json> => json(host.post(CHAT, ask(extra)))

describe('a completion', () => {
  test('is kept with its metadata', async () => {
    const host = mockHost(script)
    const body = await create(host, { n: 2, logprobs: true, metadata: { a: 'b' } })
    expect(await get(host, `/${body.id}`)).toEqual({ ...body, metadata: { a: 'b' } })
  })

  test('is kept when it was streamed', async () => {
    const host = mockHost(script)
    const text = await (await host.post(CHAT, ask({ stream: true, n: 2 }))).text()
    const id = /chatcmpl-\w+/.exec(text)![0]
    expect(await get(host, `/${id}`)).toMatchObject({
      id,
      object: 'chat.completion',
      choices: [
        { index: 0, message: { role: 'assistant', content: ' the cat sat', refusal: null }, finish_reason: 'stop' },
        { index: 1, message: { content: ' the' } },
      ],
      usage: { completion_tokens: 6 },
    })
  })

  test.each([{ store: false }, { store: undefined }])('is not kept with %j', async (extra) => {
    const host = mockHost(script)
    const { id } = await create(host, extra)
    expect((await host.fetch(`${CHAT}/${id}`)).status).toBe(404)
    expect((await get(host, '')).data).toEqual([])
  })

  test('gets other metadata', async () => {
    const host = mockHost(script)
    const { id } = await create(host, { metadata: { a: 'b' } })
    expect(await json(host.post(`${CHAT}/${id}`, { metadata: { c: 'd' } }))).toMatchObject({ id, metadata: { c: 'd' } })
    expect((await get(host, `/${id}`)).metadata).toEqual({ c: 'd' })
    const wrong = await host.post(`${CHAT}/${id}`, { metadata: { c: 1 } })
    expect((await wrong.json()).error).toMatchObject({ param: 'metadata.c', code: 'invalid_type' })
  })

  test('is deleted', async () => {
    const host = mockHost(script)
    const { id } = await create(host)
    const remove = () => host.fetch(`${CHAT}/${id}`, { method: 'DELETE' })
    expect(await (await remove()).json()).toEqual({ object: 'chat.completion.deleted', id, deleted: true })
    expect((await remove()).status).toBe(404)
  })

  test('has messages', async () => {
    const host = mockHost(script)
    const messages = ['a', 'b', 'c'].map((content) => ({ role: 'user', content }))
    const { id } = await create(host, { messages })
    const first = await get(host, `/${id}/messages?limit=2`)
    expect(first).toMatchObject({
      object: 'list',
      data: [{ role: 'user', content: 'a', refusal: null, id: `${id}-0` }, { content: 'b' }],
      first_id: `${id}-0`,
      last_id: `${id}-1`,
      has_more: true,
    })
    expect(await get(host, `/${id}/messages?after=${id}-1`)).toMatchObject({
      data: [{ content: 'c' }],
      has_more: false,
    })
  })
})

test('the list is in order, in pages, and filtered', async () => {
  const host = mockHost(script)
  const made: string[] = []
  for (const k of ['x', 'y', 'x']) made.push((await create(host, { metadata: { k, all: '1' } })).id)
  const listed = async (query: string) => (await get(host, `?${query}`)).data.map(({ id }: Json) => id)
  expect(await listed('')).toEqual(made)
  expect(await listed('order=desc')).toEqual(made.toReversed())
  expect(await listed('limit=1')).toEqual([made[0]])
  expect(await listed(`after=${made[0]}`)).toEqual(made.slice(1))
  expect(await listed('metadata[k]=x&metadata[all]=1')).toEqual([made[0], made[2]])
  expect(await listed('metadata%5Bk%5D=z')).toEqual([])
  expect(await listed('model=org/tiny')).toEqual(made)
  expect(await listed('model=other')).toEqual([])
})

describe('what is kept is bounded', () => {
  test('in number: the oldest goes', () => {
    const store = new BoundedStore<string>(2, 1000)
    for (const id of ['a', 'b', 'c']) store.set(id, id)
    expect(store.values()).toEqual(['b', 'c'])
    store.set('b', 'B')
    expect(store.values()).toEqual(['B', 'c'])
    store.delete('b')
    store.set('d', 'd')
    expect(store.values()).toEqual(['c', 'd'])
  })

  test('in size', () => {
    const store = new BoundedStore<string>(10, 20)
    store.set('a', 'x'.repeat(8))
    store.set('b', 'x'.repeat(8))
    expect(store.values()).toHaveLength(2)
    store.set('b', 'y'.repeat(9))
    expect(store.values()).toEqual(['y'.repeat(9)])
    store.set('c', 'x'.repeat(19))
    expect(store.values()).toEqual([])
    store.set('d', 'x')
    expect(store.values()).toEqual(['x'])
  })
})
