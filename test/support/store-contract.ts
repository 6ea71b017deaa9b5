// What every store of downloads must do; run on each of them, in Node and in pages.

import { expect, it } from 'vitest'
import type { BlobStore } from '../../src/weights/files.ts'

export function storeContract(make: () => Promise<BlobStore>): void {
  const bytes = (...values: number[]) => Uint8Array.from(values)

  it('gives back what was put, whole and in parts', async () => {
    const store = await make()
    await store.put('model-a/file.bin/000000-ab', bytes(1, 2, 3, 4))
    const file = (await store.get('model-a/file.bin/000000-ab'))!
    expect([file.name, file.size]).toEqual(['000000-ab', 4])
    expect(await file.read(1, 3)).toEqual(bytes(2, 3))
    await store.put('model-a/file.bin/000000-ab', bytes(9))
    expect(await (await store.get('model-a/file.bin/000000-ab'))!.read(0, 1)).toEqual(bytes(9))
    await store.put('empty', bytes())
    expect((await store.get('empty'))!.size).toBe(0)
    await store.delete('empty')
  })

  it('lists names right under a folder', async () => {
    const store = await make()
    for (const path of ['m/model.json', 'm/a b%.bin/0', 'm/a b%.bin/1', 'm2/x', 'mm/x']) await store.put(path, bytes(1))
    expect((await store.list('m')).sort()).toEqual(['a b%.bin', 'model.json'])
    expect((await store.list('m/a b%.bin')).sort()).toEqual(['0', '1'])
    expect(await store.list('')).toEqual(expect.arrayContaining(['m', 'm2', 'mm']))
    expect(await store.list('none')).toEqual([])
    expect(await store.list('m/model.json')).toEqual([])
  })

  it('deletes files and folders, and nothing else', async () => {
    const store = await make()
    for (const path of ['d/a/0', 'd/a/1', 'd/ab', 'd2/a']) await store.put(path, bytes(1))
    await store.delete('d/a')
    await store.delete('none/at/all')
    expect(await store.list('d/a')).toEqual([])
    expect(await store.list('d')).toEqual(['ab'])
    expect(await store.get('d/a/0')).toBeUndefined()
    expect(await store.get('d2/a')).toBeDefined()
    await store.delete('d')
    expect(await store.list('d')).toEqual([])
  })

  it('has nothing where nothing was put', async () => {
    const store = await make()
    await store.put('folder/file', bytes(1))
    for (const path of ['none', 'none/at/all', 'folder', 'folder/file/deeper'])
      expect(await store.get(path)).toBeUndefined()
  })
}
