// A store in memory with a quota, for tests.

import { type BlobStore, blobFile } from '../../src/weights/files.ts'

export interface MemoryStore extends BlobStore {
  readonly bytes: Map<string, Uint8Array<ArrayBuffer>>
}

export function memoryStore(quota = Number.POSITIVE_INFINITY): MemoryStore {
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    bytes,
    async list(folder) {
      const start = folder === '' ? '' : `${folder}/`
      const inside = [...bytes.keys()].filter((path) => path.startsWith(start))
      return [...new Set(inside.map((path) => path.slice(start.length).split('/')[0]!))]
    },
    async get(path) {
      const known = bytes.get(path)
      return known && blobFile(path.split('/').at(-1)!, new Blob([known]))
    },
    async put(path, content) {
      let used = content.length
      for (const [other, { length }] of bytes) if (other !== path) used += length
      if (used > quota) throw new DOMException('the quota is exceeded', 'QuotaExceededError')
      bytes.set(path, content.slice())
    },
    async delete(path) {
      for (const known of bytes.keys()) if (known === path || known.startsWith(`${path}/`)) bytes.delete(known)
    },
  }
}
