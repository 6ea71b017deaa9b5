import { describe, expect, it, vi } from 'vitest'
import { cacheStore, opfsStore } from '../../src/weights/browser-stores.ts'
import { deleteCached, listCached } from '../../src/weights/kept-models.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { defaultStore } from '../../src/weights/store.ts'
import { normals } from '../support/random.ts'
import { storeContract } from '../support/store-contract.ts'

for (const [name, make] of [
  ['the private file system', opfsStore],
  ['the Cache API', cacheStore],
] as const) {
  describe(name, () => {
    storeContract(async () => (await make())!)

    it('keeps a download over loads', async () => {
      const store = (await make())!
      const big = new Uint8Array(normals(300_000, 1).buffer)
      let sent = 0
      const persist = vi.spyOn(navigator.storage, 'persist').mockResolvedValue(true)
      const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
        const [, start, last] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range')!)!
        const end = Math.min(Number(last) + 1, big.length)
        sent += end - Number(start)
        const headers = { etag: '"1"', 'content-range': `bytes ${start}-${end - 1}/${big.length}` }
        return new Response(big.slice(Number(start), end), { status: 206, headers })
      }
      for (const expected of [big.length + 1, 1]) {
        sent = 0
        const files = resolveModelFiles('https://models.test/tiny', { fetch, store, download: { chunkBytes: 100_000 } })
        const file = (await files.open('big.bin'))!
        const bytes = await file.read(0, big.length)
        expect(bytes.every((byte, i) => byte === big[i])).toBe(true)
        expect(sent).toBe(expected)
      }
      expect((await listCached(store)).find(({ id }) => id === 'tiny')).toMatchObject({
        source: 'https://models.test/tiny',
        bytes: big.length,
      })
      expect(await deleteCached('tiny', store)).toBe(1)
      expect(persist).toHaveBeenCalled() // what is kept may last
      persist.mockRestore()
    })
  })
}

it('a page has a store', async () => {
  expect(await defaultStore()).toBeDefined()
})

it('the private file system keeps nothing of what it has no room for', async () => {
  const store = (await opfsStore())!
  await store.put('full/before', Uint8Array.of(1))
  const full = vi
    .spyOn(FileSystemWritableFileStream.prototype, 'write')
    .mockRejectedValue(new DOMException('no room', 'QuotaExceededError'))
  for (const name of ['before', 'new'])
    await expect(store.put(`full/${name}`, Uint8Array.of(2))).rejects.toThrow('no room')
  expect(await store.list('full')).toEqual(['before'])
  full.mockRestore()
  await store.delete('full')
})
