// A model in a folder as a page gets it from a picker or a drop: a real directory handle, and real files.

import { expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { tinyLlama } from '../support/tiny-llama.ts'

it('a directory handle and its files give what the folder has', async () => {
  const model = tinyLlama({ shards: 2 })
  const root = await navigator.storage.getDirectory()
  const folder = await root.getDirectoryHandle('picked', { create: true })
  const files: File[] = []
  for (const [name, bytes] of model.bytes) {
    const handle = await folder.getFileHandle(name, { create: true })
    const stream = await handle.createWritable()
    await stream.write(bytes)
    await stream.close()
    files.push(await handle.getFile())
  }
  const expected = resolveModelFiles(model)
  const wanted = await openCheckpoint(expected)
  for (const source of [folder, files]) {
    const picked = resolveModelFiles(source)
    expect(picked.id).toBe(source === folder ? 'picked' : 'local')
    expect(await readConfig(picked)).toEqual(await readConfig(expected))
    expect(await picked.open('none.json')).toBeUndefined()
    const checkpoint = await openCheckpoint(picked)
    expect([...checkpoint.tensors.keys()]).toEqual([...wanted.tensors.keys()])
    for (const name of checkpoint.tensors.keys())
      expect(await checkpoint.read(name, 1, 2)).toEqual(await wanted.read(name, 1, 2))
  }
  await root.removeEntry('picked', { recursive: true })
})
