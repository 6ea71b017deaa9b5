// Keep downloads in a browser: in the origin's private file system, or in the Cache API where that can't be written.

import { type BlobStore, blobFile } from './files.ts'

const TOP = 'infetch'

/** Undefined where this platform (or page) has no such file system that may be written. */
export async function opfsStore(): Promise<BlobStore | undefined> {
  if (!globalThis.FileSystemFileHandle?.prototype.createWritable) return undefined
  try {
    const root = await navigator.storage.getDirectory()
    return directoryStore(await root.getDirectoryHandle(TOP, { create: true }))
  } catch {
    return undefined // private windows refuse it
  }
}

function directoryStore(top: FileSystemDirectoryHandle): BlobStore {
  const folder = async (parts: readonly string[], create: boolean) => {
    let at = top
    for (const part of parts) at = await at.getDirectoryHandle(part, { create })
    return at
  }
  const split = (path: string) => {
    const parts = path.split('/').filter(Boolean)
    return { parents: parts.slice(0, -1), name: parts.at(-1)!, parts }
  }
  return {
    list: (path) =>
      ifThere(async () => {
        const names: string[] = []
        for await (const name of (await folder(split(path).parts, false)).keys()) names.push(name)
        return names
      }, []),
    get: (path) =>
      ifThere(async () => {
        const { parents, name } = split(path)
        const handle = await (await folder(parents, false)).getFileHandle(name)
        return blobFile(name, await handle.getFile())
      }, undefined),
    async put(path, bytes) {
      const { parents, name } = split(path)
      const parent = await folder(parents, true)
      const handle = await parent.getFileHandle(name, { create: true })
      let file: FileSystemWritableFileStream | undefined
      try {
        file = await handle.createWritable() // writes aside, close() puts it in place
        await file.write(bytes)
        await file.close()
      } catch (error) {
        await file?.abort().catch(() => {})
        if ((await handle.getFile()).size === 0) await parent.removeEntry(name) // what was there before stays
        throw error
      }
    },
    delete: (path) =>
      ifThere(async () => {
        const { parents, name } = split(path)
        await (await folder(parents, false)).removeEntry(name, { recursive: true })
      }, undefined),
  }
}

async function ifThere<T, N>(work: () => Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await work()
  } catch (error) {
    const { name } = error as DOMException
    if (name === 'NotFoundError' || name === 'TypeMismatchError') return nothing
    throw error
  }
}

/** Undefined where there is no Cache API, as outside of secure contexts. */
export async function cacheStore(): Promise<BlobStore | undefined> {
  if (!globalThis.caches) return undefined
  const cache = await caches.open(TOP).catch(() => undefined)
  if (!cache) return undefined
  const prefix = `https://${TOP}.invalid/`
  const paths = async () => (await cache.keys()).map(({ url }) => decodeURI(url.slice(prefix.length)))
  const under = (path: string) => (path === '' ? '' : `${path}/`)
  return {
    async list(folder) {
      const start = under(folder)
      const inside = (await paths()).filter((path) => path.startsWith(start))
      return [...new Set(inside.map((path) => path.slice(start.length).split('/')[0]!))]
    },
    async get(path) {
      const response = await cache.match(prefix + encodeURI(path))
      return response && blobFile(path.split('/').at(-1)!, await response.blob())
    },
    put: (path, bytes) => cache.put(prefix + encodeURI(path), new Response(bytes)),
    async delete(path) {
      for (const known of await paths())
        if (known === path || known.startsWith(under(path))) await cache.delete(prefix + encodeURI(known))
    },
  }
}
