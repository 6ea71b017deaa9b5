// Files beyond 4 GB, where offsets no longer fit 32 bits: one sparse file on disk, read from its folder, as a Blob and by
// ranges over HTTP, none of it whole.

import {
  closeSync,
  createReadStream,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { type ModelSource, resolveModelFiles } from '../../src/weights/source.ts'
import { ggufTensors, tinyGgufTensors, tinyMetadata, writeGguf } from '../support/tiny-gguf.ts'
import { withHeader } from '../support/tiny-llama.ts'

const ROWS = 1_250_000
const ROW_BYTES = 4096
const BIG = ROWS * ROW_BYTES
const ROW = 1_200_000
const row = Uint8Array.from({ length: ROW_BYTES }, (_, i) => i * 7)
const last = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

const folder = mkdtempSync(join(tmpdir(), 'infetch-large-'))
const requests: string[] = []
const server = createServer((request, response) => {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!.map(Number)
  const path = join(folder, request.url!.slice(1))
  const size = path.endsWith('gguf') ? ggufSize : safetensorsSize
  if (!/\.(gguf|safetensors)$/.test(path)) return response.writeHead(404).end()
  requests.push(request.headers.range!)
  const until = Math.min(end!, size - 1)
  const length = until - start! + 1
  response.writeHead(206, { 'content-range': `bytes ${start}-${until}/${size}`, 'content-length': length })
  return createReadStream(path, { start, end: until }).pipe(response)
})

/** Writes a file of a header and holes, with bytes at some places. */
function sparse(name: string, size: number, pieces: readonly (readonly [at: number, bytes: Uint8Array])[]): number {
  const file = openSync(join(folder, name), 'w')
  ftruncateSync(file, size)
  for (const [at, bytes] of pieces) writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
  return size
}

/** As a page's picker gives a file; Node's own blobs of files have sizes of 32 bits. */
class SparseBlob extends Blob {
  readonly #path: string

  constructor(name: string) {
    super()
    this.#path = join(folder, name)
  }

  override get size(): number {
    return statSync(this.#path).size
  }

  override slice(start = 0, end = this.size): Blob {
    const bytes = new Uint8Array(end - start)
    const file = openSync(this.#path, 'r')
    readSync(file, bytes, 0, bytes.length, start)
    closeSync(file)
    return new Blob([bytes])
  }
}

const header = withHeader(
  JSON.stringify({
    big: { dtype: 'F16', shape: [ROWS, ROW_BYTES / 2], data_offsets: [0, BIG] },
    last: { dtype: 'F32', shape: [2], data_offsets: [BIG, BIG + 8] },
  }),
  new Uint8Array(0),
)
const safetensorsSize = sparse('model.safetensors', header.length + BIG + 8, [
  [0, header],
  [header.length + ROW * ROW_BYTES, row],
  [header.length + BIG, last],
])

// The norm, last of the tensors, is moved to where a hole of that size ends.
const tensors = ggufTensors(tinyGgufTensors())
const small = writeGguf({ metadata: tinyMetadata, tensors })
const norm = tensors.at(-1)!
const before = tensors.slice(0, -1).reduce((sum, { bytes }) => sum + bytes.length, 0)
const moved = writeGguf({
  metadata: tinyMetadata,
  tensors: [...tensors.slice(0, -1), { ...norm, start: before + BIG }],
})
const ggufSize = sparse('large.gguf', small.length + BIG, [
  [0, moved.subarray(0, moved.length - norm.bytes.length)],
  [small.length + BIG - norm.bytes.length, norm.bytes],
])

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})
const url = (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`

describe('tensors beyond 4 GB', () => {
  const cases: [name: string, source: (name: string) => Promise<ModelSource>][] = [
    ['of a folder', async (name) => join(folder, name)],
    ['of a Blob', async (name) => ({ [name || 'model.safetensors']: new SparseBlob(name || 'model.safetensors') })],
    ['behind a URL', async (name) => url(name)],
  ]
  it.each(cases)('%s, safetensors', async (_, source) => {
    const checkpoint = await openCheckpoint(resolveModelFiles(await source(''), { store: false }))
    expect(await checkpoint.read('big', ROW, 1)).toEqual(row)
    expect(await checkpoint.read('big', ROWS - 1, 1)).toEqual(new Uint8Array(ROW_BYTES))
    expect(await checkpoint.read('last', 0, 2)).toEqual(last)
  })

  it.each(cases)('%s, GGUF', async (_, source) => {
    const checkpoint = await openCheckpoint(resolveModelFiles(await source('large.gguf'), { store: false }))
    expect(await checkpoint.read('model.norm.weight', 0, 64)).toEqual(Uint8Array.from(norm.bytes))
  })

  it('by ranges of what is read', () => {
    const start = header.length + ROW * ROW_BYTES
    expect(start).toBeGreaterThan(2 ** 32)
    expect(requests).toContain(`bytes=${start}-${start + ROW_BYTES - 1}`)
    expect(requests.length).toBeLessThan(12)
  })
})
