// Downloads that are kept: what a second load asks of the server, and what damage, breaks and full stores do.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ModelError } from '../../src/weights/errors.ts'
import type { BlobStore, SourceOptions } from '../../src/weights/files.ts'
import { deleteCached, evictCached, listCached } from '../../src/weights/kept-models.ts'
import { nodeStore } from '../../src/weights/node-store.ts'
import type { LoadProgress } from '../../src/weights/progress.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { fileServer } from '../support/file-server.ts'
import { memoryStore } from '../support/memory-store.ts'
import { normals } from '../support/random.ts'

const CHUNK = 50_000
const random = (count: number, seed: number) => new Uint8Array(normals(count / 4, seed).buffer)
const big = random(1_000_004, 1) // 21 chunks
const contents = new Map([
  ['big.bin', big],
  ['small.json', new TextEncoder().encode('{"a": 1}')],
  ['empty.bin', new Uint8Array(0)],
])
const server = await fileServer(contents)
const folder = mkdtempSync(join(tmpdir(), 'infetch-kept-'))
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

let warnings: string[]
let progress: LoadProgress[]
let cases = 0
beforeEach(() => {
  server.requests.length = 0
  server.sent = 0
  server.misbehave = () => ({})
  contents.set('big.bin', big)
  warnings = []
  progress = []
  cases++
})

function files(store: BlobStore, options: SourceOptions = {}, model = `${server.url}/models/m${cases}`) {
  return resolveModelFiles(model, {
    store,
    onWarning: (message) => warnings.push(message),
    onProgress: (event) => progress.push(event),
    ...options,
    download: { retries: 1, retryDelay: 1, stallTimeout: 10_000, chunkBytes: CHUNK, ...options.download },
  })
}

/** Loads the big file and checks every byte. */
async function load(store: BlobStore, options?: SourceOptions, model?: string): Promise<void> {
  const file = (await files(store, options, model).open('big.bin'))!
  expect([file.name, file.size]).toEqual(['big.bin', big.length])
  expect(Buffer.compare(await file.read(0, big.length), big)).toBe(0)
  expect(Buffer.compare(await file.read(149_990, 150_010), big.subarray(149_990, 150_010))).toBe(0)
  expect(Buffer.compare(await file.read(7, 9), big.subarray(7, 9))).toBe(0)
  await expect(file.read(big.length - 1, big.length + 1)).rejects.toThrow(`it ended at byte ${big.length}`)
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error,
  )
const resetCounts = () => {
  server.requests.length = 0
  server.sent = 0
}

describe.each<[name: string, make: () => BlobStore]>([
  ['memory', memoryStore],
  ['a folder', () => nodeStore(mkdtempSync(join(folder, 'store-')))],
])('kept in %s', (_, make) => {
  it('a second load asks one byte', async () => {
    const store = make()
    await load(store)
    expect(server.sent).toBe(big.length + 1)
    expect(progress.at(-1)).toMatchObject({ phase: 'download', file: 'big.bin', loaded: big.length, total: big.length })
    resetCounts()
    await load(store)
    expect(server.sent).toBe(1)
    expect(warnings).toEqual([])
  })

  it('reads into given memory', async () => {
    const file = (await files(make()).open('big.bin'))!
    const into = new ArrayBuffer(100)
    const bytes = await file.read(149_990, 150_010, undefined, into)
    expect(bytes.buffer).toBe(into)
    expect(bytes).toEqual(new Uint8Array(big.subarray(149_990, 150_010)))
  })

  it('small, empty and missing files', async () => {
    const store = make()
    for (let i = 0; i < 2; i++) {
      const source = files(store)
      const small = (await source.open('small.json'))!
      expect(new TextDecoder().decode(await small.read(0, 8))).toBe('{"a": 1}')
      expect((await source.open('empty.bin'))!.size).toBe(0)
      expect(await source.open('none.json')).toBeUndefined()
    }
  })

  it('a load that broke goes on where it stopped', async () => {
    const store = make()
    server.misbehave = (_, earlier) => (earlier > 4 ? { breakAfter: 0 } : { breakAfter: 230_000 })
    const error = await failure(load(store, { download: { connections: 2 } }))
    expect(error).toBeInstanceOf(ModelError)
    const first = server.sent
    expect(first).toBeGreaterThan(300_000)
    expect(first).toBeLessThan(big.length)
    resetCounts()
    server.misbehave = () => ({})
    await load(store)
    expect(server.sent).toBeLessThanOrEqual(big.length - first + 2 * CHUNK + 1) // two chunks were on their way
  })

  it('a load that is aborted goes on, too', async () => {
    const store = make()
    const controller = new AbortController()
    const onProgress = ({ loaded }: LoadProgress) => loaded > 0 && controller.abort(new Error('enough'))
    server.misbehave = (_, earlier) => (earlier === 2 ? { stallAfter: 210_000 } : {})
    expect(
      await failure(
        load(store, { signal: controller.signal, onProgress, download: { connections: 1, stallTimeout: 200 } }),
      ),
    ).toMatchObject({ message: 'enough' })
    server.misbehave = () => ({})
    resetCounts()
    await load(store)
    expect(server.sent).toBeLessThan(big.length)
  })
})

describe('the kept copy', () => {
  it('is used where the server cannot be reached, with a warning', async () => {
    const store = memoryStore()
    await load(store)
    await files(store).open('none.json')
    server.misbehave = () => ({ status: 503 })
    await load(store)
    expect(await files(store).open('none.json')).toBeUndefined()
    expect(warnings[0]).toMatch(/big\.bin: the server answered with status 503 .*; the kept copy is used/)
    await expect(files(store).open('small.json')).rejects.toThrow('status 503')
  })

  it('is replaced where the server has another file now', async () => {
    const store = memoryStore()
    await load(store)
    const other = random(1_000_004, 2)
    contents.set('big.bin', other)
    const file = (await files(store).open('big.bin'))!
    expect(Buffer.compare(await file.read(0, file.size), other)).toBe(0)
    expect((await listCached(store))[0]!.bytes).toBe(other.length)
  })

  it('is not made of what cannot be told apart later', async () => {
    const store = memoryStore()
    const noTag = async (input: RequestInfo | URL, init?: RequestInit) => {
      const response = await fetch(input, init)
      const headers = new Headers(response.headers)
      headers.delete('etag')
      return new Response(response.body, { status: response.status, headers })
    }
    await load(store, { fetch: noTag })
    expect([...store.bytes.keys()].filter((path) => path.includes('big.bin'))).toEqual([])
  })

  it('heals where a chunk is damaged, and fetches just that', async () => {
    const place = mkdtempSync(join(folder, 'damage-'))
    const store = nodeStore(place)
    await load(store)
    const path = join(place, readdirSync(place)[0]!, 'big.bin')
    const names = readdirSync(path)
      .filter((name) => name !== 'file.json')
      .sort()
    expect(names.length).toBe(21)
    const flipped = readFileSync(join(path, names[3]!))
    flipped[777]! ^= 1
    writeFileSync(join(path, names[3]!), flipped)
    truncateSync(join(path, names[9]!), 100)
    writeFileSync(join(path, names[12]!), new Uint8Array(CHUNK + 1))
    rmSync(join(path, names[20]!))
    writeFileSync(join(path, `000099-${'a'.repeat(64)}`), 'no such chunk')
    writeFileSync(join(path, 'x.123-4.part'), 'a draft')
    resetCounts()
    await load(store)
    expect(server.sent).toBe(1 + 3 * CHUNK + (big.length % CHUNK))
    resetCounts()
    await load(store)
    expect(server.sent).toBe(1)
    expect(
      readdirSync(path)
        .filter((name) => name !== 'file.json')
        .sort(),
    ).toEqual(names)
  })

  it('is thrown away where its record is damaged', async () => {
    const store = memoryStore()
    for (const record of ['', '{', 'null', '{"size":-5}', '{"size":1e9,"chunkBytes":0}', '[]']) {
      await load(store)
      const path = [...store.bytes.keys()].find((path) => path.endsWith('big.bin/file.json'))!
      store.bytes.set(path, new TextEncoder().encode(record))
      await load(store)
    }
  })

  it('says so where it is damaged beyond repair', async () => {
    const store = memoryStore()
    await load(store)
    const source = files(store)
    const file = (await source.open('big.bin'))!
    const path = [...store.bytes.keys()].find((path) => path.includes('/000004-'))!
    store.bytes.set(path, new Uint8Array(CHUNK))
    contents.set('big.bin', random(1_000_004, 3))
    const error = await failure(file.read(0, big.length))
    expect(error).toBeInstanceOf(ModelError)
    expect(error!.message).toMatch(
      /big\.bin: the kept copy is damaged at byte 200000, and the server has other bytes now/,
    )
  })
})

describe('a full store', () => {
  it('runs from memory, and says so once', async () => {
    const store = memoryStore(400_000)
    await load(store)
    expect(warnings).toEqual([expect.stringMatching(/^Cannot keep m\d+: the quota is exceeded; it runs from memory$/)])
    resetCounts()
    await load(memoryStore(400_000))
    expect(server.sent).toBe(big.length + 1)
  })

  it('that takes nothing at all is left alone', async () => {
    await load(memoryStore(0))
    expect(warnings).toEqual([expect.stringMatching(/^Cannot keep m\d+: the quota is exceeded$/)])
  })
})

it('a server that ignores ranges is read once, in order', async () => {
  server.misbehave = () => ({ ignoreRanges: true })
  const store = memoryStore()
  await load(store)
  expect(server.requests.length).toBe(2)
  resetCounts()
  await load(store)
  expect(server.requests.length).toBe(1)
})

it('a process that is killed in the middle leaves what it had', async () => {
  const place = mkdtempSync(join(folder, 'killed-'))
  server.misbehave = (_, earlier) => (earlier > 0 ? { stallAfter: 230_000 } : {})
  const model = `${server.url}/models/killed`
  const script = ['tools/run.mjs', 'test/support/download-until-killed.ts', model, place, String(CHUNK)]
  const child = spawn(process.execPath, script, { stdio: 'inherit' })
  const chunks = () => {
    const files = readdirSync(place, { recursive: true, encoding: 'utf8' })
    return files.filter((name) => /\/\d{6}-[0-9a-f]{64}$/.test(name)).length
  }
  while (chunks() < 8) await new Promise((resolve) => setTimeout(resolve, 50)) // two connections, four chunks each
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  expect(server.sent).toBe(1 + 2 * 230_000)
  server.misbehave = () => ({})
  resetCounts()
  await load(nodeStore(place), {}, model)
  expect(server.sent).toBe(1 + big.length - 8 * CHUNK)
})

describe('hub models', () => {
  const digest = createHash('sha256').update(big).digest('hex')
  const tree = (sha: string | undefined, size = big.length) => [
    { type: 'directory', path: 'onnx', size: 0, oid: 'd' },
    { type: 'file', path: 'small.json', size: 8, oid: 'aaa' },
    {
      type: 'file',
      path: 'big.bin',
      size: sha ? size : big.length,
      oid: 'bbb',
      ...(sha ? { lfs: { oid: sha, size, pointerSize: 134 } } : {}),
    },
  ]
  const hub = { endpoint: server.url, token: 'secret' }
  const name = () => `org/m${cases}@v2`

  it('are listed once, verified once, and asked nothing more', async () => {
    const store = memoryStore()
    server.misbehave = (path) => (path.startsWith('api/') ? { json: tree(digest) } : {})
    await load(store, { hub }, name())
    expect(server.requests[0]!.path).toBe(`api/models/org/m${cases}/tree/v2`)
    expect(server.requests[1]!.path).toBe(`org/m${cases}/resolve/v2/big.bin`)
    expect(progress.filter(({ phase }) => phase === 'verify').at(-1)).toMatchObject({
      loaded: big.length,
      total: big.length,
    })
    resetCounts()
    progress = []
    const source = files(store, { hub }, name())
    await source.open('big.bin')
    expect(await source.open('tokenizer.json')).toBeUndefined()
    expect(server.requests.map(({ path }) => path)).toEqual([`api/models/org/m${cases}/tree/v2`])
    expect(progress).toEqual([])
    expect(source.id).toBe(`org/m${cases}`)
  })

  it('are verified by the header of a mirror that gives no list', async () => {
    const headers = { 'x-linked-etag': `"${digest}"` }
    server.misbehave = (path) => (path.startsWith('api/') ? { status: 404 } : { headers })
    await load(memoryStore(), { hub }, name())
    expect(progress.filter(({ phase }) => phase === 'verify').at(-1)).toMatchObject({ loaded: big.length })
    headers['x-linked-etag'] = `"${'0'.repeat(64)}"`
    const error = await failure(load(memoryStore(), { hub }, `${name()}x`))
    expect(error!.message).toMatch(/^Cannot load big\.bin: its sha256 must be 0{64} by the hub, received /)
  })

  it('are fetched in parts from another origin that hides Content-Range', async () => {
    const store = memoryStore()
    server.misbehave = (path) =>
      path.startsWith('api/') ? { json: tree(digest) } : { headers: { 'content-range': 'bytes */*' } }
    await load(store, { hub, download: { connections: 3 } }, name())
    expect(server.requests.length).toBe(1 + 1 + 3) // the list, one byte, 21 chunks by 8
  })

  it('are fetched again where the bytes came damaged, and refused where they stay so', async () => {
    const damage = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
    server.misbehave = (path, earlier) =>
      path.startsWith('api/') ? { json: tree(digest) } : earlier === 1 ? { body: damage } : {}
    await load(memoryStore(), { hub }, name())
    server.misbehave = (path) => (path.startsWith('api/') ? { json: tree(digest) } : { body: damage })
    const store = memoryStore()
    const error = await failure(load(store, { hub }, `${name()}x`))
    expect(error).toBeInstanceOf(ModelError)
    expect(error!.message).toMatch(
      /^Cannot load big\.bin: its sha256 must be [0-9a-f]{64} by the hub, received [0-9a-f]{64}$/,
    )
    expect([...store.bytes.keys()].filter((path) => path.includes('big.bin'))).toEqual([])
  })

  it('are used without the hub once they are kept', async () => {
    const store = memoryStore()
    server.misbehave = (path) => (path.startsWith('api/') ? { json: tree(digest) } : {})
    await load(store, { hub }, name())
    server.misbehave = () => ({ status: 502 })
    await load(store, { hub }, name())
    expect(warnings.at(-1)).toMatch(/the kept copy is used/)
  })

  it('are refused where the server has another size than the list', async () => {
    server.misbehave = (path) => (path.startsWith('api/') ? { json: tree(digest, big.length + 4) } : {})
    const error = await failure(load(memoryStore(), { hub }, name()))
    expect(error!.message).toMatch(/bytes .* of 1000008 were asked, received bytes 0-/)
  })

  it.each([['nonsense'], [[{ type: 'file', path: 7 }]], [{}], [null]])(
    'are probed where the list is %j',
    async (json) => {
      server.misbehave = (path) => (path.startsWith('api/') ? { json } : {})
      await load(memoryStore(), { hub }, name())
    },
  )
})

describe('kept models', () => {
  it('are listed, last used first, deleted by id, and evicted, longest unused first', async () => {
    const store = memoryStore()
    const models = ['a', 'b', 'c'].map((id) => `${server.url}/models/${id}${cases}`)
    for (const model of models) {
      await load(store, {}, model)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await files(store, {}, models[0]).open('small.json')
    const listed = await listCached(store)
    expect(listed.map(({ id, source }) => [id[0], source])).toEqual([
      ['a', models[0]],
      ['c', models[2]],
      ['b', models[1]],
    ])
    expect(listed.map(({ bytes }) => bytes)).toEqual([big.length + 8, big.length, big.length])
    expect(Date.now() - listed[0]!.lastUsed.getTime()).toBeLessThan(60_000)

    expect((await evictCached(2_500_000, store)).map(({ id }) => id[0])).toEqual(['b'])
    expect(await deleteCached(models[2]!, store)).toBe(1)
    expect(await deleteCached('nothing', store)).toBe(0)
    expect((await listCached(store)).map(({ id }) => id[0])).toEqual(['a'])
    const [record] = [...store.bytes.keys()].filter((path) => path.endsWith('/model.json'))
    store.bytes.set(record!, new TextEncoder().encode('{"id":"odd","lastUsed":"never"}'))
    expect(await listCached(store)).toMatchObject([{ id: 'odd', lastUsed: new Date(0) }])
    store.bytes.set(record!, new Uint8Array(3))
    const [damaged] = await listCached(store)
    expect(await deleteCached(damaged!.id, store)).toBe(1)
    expect(store.bytes.size).toBe(0)
  })
})
