import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { ModelError } from '../../src/weights/errors.ts'
import { readJson, readText } from '../../src/weights/json.ts'
import { type ModelSource, resolveModelFiles } from '../../src/weights/source.ts'
import { tinyGguf } from '../support/tiny-gguf.ts'

const folder = mkdtempSync(join(tmpdir(), 'infetch-source-'))
writeFileSync(join(folder, 'config.json'), '{"a": 1}')
writeFileSync(join(folder, 'latin1.json'), Uint8Array.of(0x22, 0xe9, 0x22))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: BlobPart = '{"a": 1}', path = '') =>
  Object.defineProperty(new File([text], name), 'webkitRelativePath', { value: path })

/** A handle of an origin-private or picked directory, as far as it is used. */
const directory = {
  kind: 'directory',
  name: 'picked',
  async getFileHandle(name: string) {
    if (name === 'locked.json') throw new DOMException('not now', 'NotAllowedError')
    if (name !== 'config.json') throw new DOMException('no such file', 'NotFoundError')
    return { getFile: async () => file(name) }
  },
} as unknown as FileSystemDirectoryHandle

describe('the same files from', () => {
  const sources: [name: string, source: ModelSource, id: string][] = [
    ['a path', folder, folder.split('/').at(-1)!],
    ['a path with a slash', `${folder}/`, folder.split('/').at(-1)!],
    ['a file URL', pathToFileURL(folder), folder.split('/').at(-1)!],
    ['picked files', [file('config.json')], 'local'],
    ['a picked folder', [file('config.json', undefined, 'my-model/config.json')], 'my-model'],
    ['a FileList', { length: 1, 0: file('config.json'), item: () => null } as unknown as FileList, 'local'],
    ['a record', { 'config.json': new Blob(['{"a": 1}']) }, 'local'],
    ['a directory handle', directory, 'picked'],
    [
      'a function giving a Response',
      {
        id: 'mine',
        files: (name) => (name === 'config.json' ? new Response('{"a": 1}') : new Response('', { status: 404 })),
      },
      'mine',
    ],
    [
      'a function giving bytes',
      {
        id: 'mine',
        files: async (name) => (name === 'config.json' ? new TextEncoder().encode('{"a": 1}') : undefined),
      },
      'mine',
    ],
    [
      'a function giving a buffer',
      {
        id: 'mine',
        files: (name) => (name === 'config.json' ? new TextEncoder().encode('{"a": 1}').buffer : undefined),
      },
      'mine',
    ],
  ]
  it.each(sources)('%s', async (_, source, id) => {
    const files = resolveModelFiles(source)
    expect(files.id).toBe(id)
    expect(await readJson(files, 'config.json')).toEqual({ a: 1 })
    expect(await files.open('tokenizer.json')).toBeUndefined()
    const opened = (await files.open('config.json'))!
    expect([opened.name, opened.size]).toEqual(['config.json', 8])
    const bytes = await opened.read(2, 5)
    expect(new TextDecoder().decode(bytes)).toBe('a":')
    expect(bytes.buffer.byteLength).toBe(3)
    await expect(opened.read(5, 9)).rejects.toThrow(/^Cannot load config\.json: it ended at byte 8, expected 9$/)
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(opened.read(0, 1, aborted)).rejects.toThrow('enough')
  })
})

describe('refuses', () => {
  it.each<[source: unknown, reason: string]>([
    [5, 'Cannot load the model: model must be a hub id, a URL, a path or files, received 5'],
    [null, 'received null'],
    [undefined, 'received nothing'],
    ['/no/such/folder', 'there is no such folder, and it is neither a URL nor a hub id, received "/no/such/folder"'],
    ['', 'received ""'],
    [{ 'config.json': 'text' }, 'Cannot load config.json: it must be a File or Blob, received "text"'],
    [[file('config.json'), file('config.json')], 'Cannot load config.json: there are two files of that name'],
  ])('%j', (source, reason) => {
    expect(() => resolveModelFiles(source as ModelSource)).toThrow(ModelError)
    expect(() => resolveModelFiles(source as ModelSource)).toThrow(reason)
  })

  it('a handle that says no', async () => {
    await expect(readJson(resolveModelFiles(directory), 'locked.json')).rejects.toThrow(
      'Cannot load locked.json: not now',
    )
  })

  it('a function that gives something else, or fails', async () => {
    const answer = (value: unknown) => resolveModelFiles({ id: 'mine', files: () => value as never }).open('a.json')
    await expect(answer(7)).rejects.toThrow(
      'Cannot load a.json: mine must give a Response, Blob, ArrayBuffer or Uint8Array, received 7',
    )
    await expect(answer(new Response('', { status: 500 }))).rejects.toThrow(
      'Cannot load a.json: mine answered with status 500',
    )
  })

  it('text that is no UTF-8', async () => {
    await expect(readText(resolveModelFiles(folder), 'latin1.json')).rejects.toThrow(
      'Cannot load latin1.json: it is not valid UTF-8 text',
    )
  })
})

describe('hub ids', () => {
  const asked = async (model: string, hub = {}) => {
    const seen: [url: string, authorization: string | null][] = []
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      seen.push([String(input), new Headers(init?.headers).get('authorization')])
      return new Response('', { status: 404 })
    }
    const files = resolveModelFiles(model, { fetch, hub, store: false })
    await files.open('config.json')
    return { id: files.id, seen }
  }

  it.each([
    ['org/some-model.v1', 'https://huggingface.co/org/some-model.v1/resolve/main/config.json'],
    ['org/name@v1.0', 'https://huggingface.co/org/name/resolve/v1.0/config.json'],
    ['org/name@refs/pr/2', 'https://huggingface.co/org/name/resolve/refs%2Fpr%2F2/config.json'],
  ])('%s', async (model, url) => {
    const { id, seen } = await asked(model)
    expect(id).toBe(model.split('@')[0])
    const api = url.replace(`/${id}/resolve`, `/api/models/${id}/tree`).replace('/config.json', '')
    expect(seen).toEqual([
      [api, null],
      [url, null],
    ])
  })

  it('with an endpoint and a token', async () => {
    const { seen } = await asked('org/name', { endpoint: 'http://mirror.local/hf/', token: 'secret' })
    expect(seen).toEqual([
      ['http://mirror.local/hf/api/models/org/name/tree/main', 'Bearer secret'],
      ['http://mirror.local/hf/org/name/resolve/main/config.json', 'Bearer secret'],
    ])
  })
})

describe('a GGUF file', () => {
  writeFileSync(join(folder, 'tiny.Q8_0.gguf'), tinyGguf())
  const gguf = () => file('tiny.Q8_0.gguf', tinyGguf())

  const sources: [name: string, source: () => ModelSource][] = [
    ['a path', () => join(folder, 'tiny.Q8_0.gguf')],
    ['a file URL', () => pathToFileURL(join(folder, 'tiny.Q8_0.gguf'))],
    ['a picked file', gguf],
    ['picked files', () => [file('README.md'), gguf()]],
    ['a record', () => ({ 'tiny.Q8_0.gguf': new Blob([tinyGguf()]) })],
  ]
  it.each(sources)('%s', async (_, source) => {
    const files = resolveModelFiles(source())
    expect(files.id).toBe('tiny.Q8_0')
    expect(await readJson(files, 'config.json')).toMatchObject({ model_type: 'llama', hidden_size: 64 })
    expect(await files.open('generation_config.json')).toBeUndefined()
  })

  const asked = async (source: ModelSource) => {
    const seen: string[] = []
    const fetch = async (input: RequestInfo | URL) => {
      seen.push(String(input))
      return new Response('', { status: 404 })
    }
    const files = resolveModelFiles(source, { fetch, store: false })
    await expect(files.open('config.json')).rejects.toThrow(/\.gguf: .* has no such file/i)
    return { id: files.id, url: seen.at(-1) }
  }

  it.each([
    ['https://x.org/models/a%20b.gguf?token=1', 'a b', 'https://x.org/models/a%20b.gguf?token=1'],
    ['https://x.org/c.GGUF', 'c', 'https://x.org/c.GGUF'],
    ['org/name/d-Q4_K_M.gguf', 'd-Q4_K_M', 'https://huggingface.co/org/name/resolve/main/d-Q4_K_M.gguf'],
    ['org/name@v1/d.gguf', 'd', 'https://huggingface.co/org/name/resolve/v1/d.gguf'],
  ])('%s', async (source, id, url) => {
    expect(await asked(source)).toEqual({ id, url })
  })
})
