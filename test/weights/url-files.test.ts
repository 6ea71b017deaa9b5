import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { ModelError } from '../../src/weights/errors.ts'
import type { LoadProgress } from '../../src/weights/progress.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { fileServer, type Misbehaviour } from '../support/file-server.ts'
import { normals } from '../support/random.ts'

const big = new Uint8Array(normals(400_000, 1).buffer) // 1.6 MB
const server = await fileServer(
  new Map([
    ['small.json', new TextEncoder().encode('{"a": 1}')],
    ['big.bin', big],
    ['empty.bin', new Uint8Array(0)],
    ['a b%.json', new TextEncoder().encode('{}')],
  ]),
)
afterAll(() => server.close())
beforeEach(() => {
  server.requests.length = 0
  server.sent = 0
  server.misbehave = () => ({})
})
const files = (onProgress?: (progress: LoadProgress) => void) =>
  resolveModelFiles(`${server.url}/models/tiny`, {
    onProgress,
    store: false,
    download: { retries: 1, retryDelay: 1, stallTimeout: 300 },
  })

it('reads a small file with one request and a large one by ranges', async () => {
  const source = files()
  expect(source.id).toBe('tiny')
  const small = (await source.open('small.json'))!
  expect(new TextDecoder().decode(await small.read(0, small.size))).toBe('{"a": 1}')
  const file = (await source.open('big.bin'))!
  expect(file.size).toBe(big.length)
  expect(await file.read(100, 200)).toEqual(big.slice(100, 200))
  expect(Buffer.compare(await file.read(200_000, 1_200_001), big.subarray(200_000, 1_200_001))).toBe(0)
  const into = new ArrayBuffer(10)
  const last = await file.read(big.length - 3, big.length, undefined, into)
  expect([last, last.buffer]).toEqual([big.slice(-3), into])
  expect(server.requests.map(({ path, range }) => `${path} ${range}`)).toEqual([
    'models/tiny/small.json bytes=0-262143',
    'models/tiny/big.bin bytes=0-262143',
    'models/tiny/big.bin bytes=200000-1200000',
    `models/tiny/big.bin bytes=${big.length - 3}-${big.length - 1}`,
  ])
})

it('opens a file once, keeps the query, and encodes names', async () => {
  const source = resolveModelFiles(`${server.url}/m?key=1`, { store: false })
  await Promise.all([source.open('small.json'), source.open('small.json')])
  expect(server.requests.length).toBe(1)
  const seen: string[] = []
  const fetch = async (input: RequestInfo | URL) => {
    seen.push(String(input))
    return new Response('', { status: 404 })
  }
  await resolveModelFiles('https://host/m/?key=1', { fetch, store: false }).open('a b%.json')
  expect(seen).toEqual(['https://host/m/a%20b%25.json?key=1'])
  expect((await source.open('a b%.json'))!.size).toBe(2)
})

it('takes an empty file', async () => {
  const file = (await files().open('empty.bin'))!
  expect([file.size, await file.read(0, 0)]).toEqual([0, new Uint8Array(0)])
})

describe('reads the whole file where', () => {
  const cases: [name: string, how: Misbehaviour][] = [
    ['ranges are ignored', { ignoreRanges: true }],
    ['ranges are ignored and the length is unknown', { ignoreRanges: true, chunked: true }],
    ['ranges come without a usable Content-Range', { headers: { 'content-range': 'bytes */*' } }],
    [
      'it is compressed',
      { ignoreRanges: true, headers: { 'content-encoding': 'gzip' }, body: (bytes) => gzipSync(bytes) },
    ],
  ]
  it.each(cases)('%s', async (_, how) => {
    server.misbehave = () => how
    const progress: LoadProgress[] = []
    const file = (await files((event) => progress.push(event)).open('big.bin'))!
    expect(file.size).toBe(big.length)
    expect(Buffer.compare(await file.read(1000, 300_000), big.subarray(1000, 300_000))).toBe(0)
    for (const event of progress) expect(event).toMatchObject({ phase: 'download', file: 'big.bin' })
    if (progress.at(-1)?.total) expect(progress.at(-1)!.loaded).toBe(big.length)
  })
})

it('reports progress of ranged reads up to the file size', async () => {
  const progress: LoadProgress[] = []
  const file = (await files((event) => progress.push(event)).open('big.bin'))!
  for (let start = 256 * 1024; start < big.length; start += 500_000)
    await file.read(start, Math.min(start + 500_000, big.length))
  expect(progress.at(-1)).toMatchObject({
    phase: 'download',
    file: 'big.bin',
    loaded: big.length,
    total: big.length,
    secondsLeft: 0,
  })
})

describe('there is no file where the server answers', () => {
  it.each<[name: string, how: Misbehaviour]>([
    ['404', { status: 404 }],
    ['410', { status: 410 }],
    ['a page for every path', { page: '<!doctype html><title>app</title>' }],
  ])('%s', async (_, how) => {
    server.misbehave = () => how
    expect(await files().open('big.bin')).toBeUndefined()
    await expect(openCheckpoint(files())).rejects.toThrow(
      'Cannot load model.safetensors: tiny has neither it nor model.safetensors.index.json',
    )
  })
})

const later = (range: string, how: Misbehaviour) => (range.startsWith('bytes=0-') ? {} : how)

describe('goes on where the server', () => {
  const cases: [name: string, how: (range: string, earlier: number) => Misbehaviour][] = [
    ['breaks off the first bytes', (_, earlier) => (earlier === 0 ? { breakAfter: 1000 } : {})],
    ['breaks off every answer', () => ({ breakAfter: 90_000 })],
    ['breaks off answers without a length', () => ({ breakAfter: 90_000, chunked: true })],
    ['gives fewer bytes than were asked', () => ({ body: (bytes) => bytes.subarray(0, 90_000) })],
    ['forgets ranges', (range) => later(range, { ignoreRanges: true })],
    [
      'forgets ranges and breaks off',
      (range, earlier) => later(range, { ignoreRanges: true, breakAfter: earlier === 1 ? 310_000 : undefined }),
    ],
    ['fails once', (_, earlier) => (earlier % 2 === 0 ? { status: 503 } : {})],
    ['wants a pause', (_, earlier) => (earlier === 1 ? { status: 429, headers: { 'retry-after': '0.1' } } : {})],
    ['stalls', (_, earlier) => (earlier === 1 ? { stallAfter: 1000 } : {})],
    ['throttles', (range) => later(range, { throttle: 20_000 })], // takes longer than the longest silence allowed
    ['says that it gives more', (range) => later(range, { headers: { 'content-length': '500000' } })],
    ['says that it gives less', (range) => later(range, { headers: { 'content-length': '90000' } })],
  ]
  it.each(cases)('%s', async (_, how) => {
    server.misbehave = (_, earlier) => how(server.requests.at(-1)!.range ?? '', earlier)
    const file = (await files().open('big.bin'))!
    expect(Buffer.compare(await file.read(300_000, 700_000), big.subarray(300_000, 700_000))).toBe(0)
    expect(Buffer.compare(await file.read(0, 300_000), big.subarray(0, 300_000))).toBe(0)
  })

  it('breaks off, without asking again for what came', async () => {
    server.misbehave = (_, earlier) => (earlier === 1 ? { breakAfter: 150_000 } : {})
    const file = (await files().open('big.bin'))!
    await file.read(300_000, 700_000)
    expect(server.requests.slice(1).map(({ range }) => range)).toEqual(['bytes=300000-699999', 'bytes=450000-699999'])
  })
})

describe('a clear error where the server', () => {
  const cases: [name: string, how: Misbehaviour | ((range: string) => Misbehaviour), reason: RegExp][] = [
    ['fails', { status: 500 }, /server answered with status 500 \(http:.*\/models\/tiny\/big\.bin\)$/],
    ['wants a token', { status: 401 }, /status 401; a gated or private model needs a token/],
    ['breaks off at once', { breakAfter: 0 }, /(broke off at byte 0|download failed)/],
    ['breaks off a later range', (range) => later(range, { breakAfter: 0 }), /(broke off at byte|download failed)/],
    ['breaks off a whole file', { ignoreRanges: true, breakAfter: 5000 }, /download of http.* failed/],
    ['never answers', { stallAfter: 0 }, /nothing came for 0.3 s/],
    ['gives nothing', { body: () => new Uint8Array(0) }, /broke off at byte 0, expected 262144/],
    ['stalls', (range) => later(range, { stallAfter: 0 }), /nothing came for 0.3 s/],
    [
      'gives more bytes than were asked',
      { body: (bytes) => new Uint8Array(bytes.length + 1) },
      /262144 bytes were asked, received more/,
    ],
    [
      'gives another range',
      (range) => later(range, { headers: { 'content-range': `bytes 7-400006/${big.length}` } }),
      /bytes 300000–699999 of 1600000 were asked, received bytes 7-/,
    ],
    [
      'changes the file in between',
      (range) => later(range, { headers: { 'content-range': 'bytes 300000-699999/1700000' } }),
      /received bytes 300000-699999\/1700000/,
    ],
    [
      'gives another whole file in between',
      (range) => later(range, { ignoreRanges: true, body: (bytes) => bytes.subarray(1) }),
      /had 1600000 bytes when it was opened, received 1599999/,
    ],
    ['fails in between', (range) => later(range, { status: 503 }), /server answered with status 503/],
    ['forbids in between', (range) => later(range, { status: 403 }), /server answered with status 403/],
  ]
  it.each(cases)('%s', async (_, how, reason) => {
    server.misbehave = () => (typeof how === 'function' ? how(server.requests.at(-1)!.range ?? '') : how)
    const error = await files()
      .open('big.bin')
      .then((file) => file!.read(300_000, 700_000))
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    expect(error).toBeInstanceOf(ModelError)
    expect((error as Error).message).toMatch(/^Cannot load big\.bin: /)
    expect((error as Error).message).toMatch(reason)
    expect(server.requests.length).toBeLessThan(5)
  })

  it('is not there', async () => {
    const source = resolveModelFiles('http://127.0.0.1:9/m', { store: false, download: { retries: 1, retryDelay: 1 } })
    const error = await source.open('config.json').then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(ModelError)
    expect((error as Error).message).toMatch(
      /^Cannot load config\.json: the download failed: .*\(http:\/\/127\.0\.0\.1:9\/m\/config\.json\)$/,
    )
  })
})

it('stops a pause between tries when aborted', async () => {
  server.misbehave = () => ({ status: 503 })
  const source = resolveModelFiles(`${server.url}/m`, { store: false, download: { retryDelay: 60_000 } })
  const signal = AbortSignal.timeout(50)
  await expect(source.open('big.bin', signal)).rejects.toThrow('due to timeout')
})

it('stops at once when aborted, with the reason given', async () => {
  const controller = new AbortController()
  const file = (await resolveModelFiles(`${server.url}/m`, { store: false, signal: controller.signal }).open(
    'big.bin',
  ))!
  controller.abort(new Error('enough'))
  await expect(file.read(300_000, 400_000)).rejects.toThrow('enough')
  await expect(
    resolveModelFiles(`${server.url}/m`, { store: false }).open('big.bin', controller.signal),
  ).rejects.toThrow('enough')
})

it('tries again after a failure when asked again', async () => {
  server.misbehave = (_, earlier) => (earlier < 2 ? { status: 500 } : {})
  const source = files()
  await expect(source.open('small.json')).rejects.toThrow('status 500')
  expect((await source.open('small.json'))!.size).toBe(8)
})
