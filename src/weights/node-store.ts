// Keeps downloads in a folder on disk, in Node (Deno, Bun).

import type { BlobStore } from './files.ts'
import { nodeFile, nodeModules } from './node-files.ts'

/** INFETCH_CACHE, else `infetch` in the user's cache folder. Undefined in a page. */
export function defaultNodeFolder(): string | undefined {
  const node = nodeModules()
  if (!node) return undefined
  const { INFETCH_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  const { join } = node('node:path')
  return INFETCH_CACHE ?? join(XDG_CACHE_HOME ?? LOCALAPPDATA ?? join(node('node:os').homedir(), '.cache'), 'infetch')
}

export function nodeStore(folder: string): BlobStore {
  const fs = nodeModules()!('node:fs/promises')
  const { join, dirname, basename } = nodeModules()!('node:path')
  const at = (path: string) => join(folder, path)
  let count = 0
  return {
    list: (path) => ifThere(fs.readdir(at(path)), []),
    async get(path) {
      const info = await ifThere(fs.stat(at(path)), undefined)
      return info?.isFile() ? nodeFile(basename(path), at(path), info.size) : undefined
    },
    async put(path, bytes) {
      await fs.mkdir(dirname(at(path)), { recursive: true })
      // Renaming makes it whole; the name is this process's own.
      const draft = `${at(path)}.${process.pid}-${count++}.part`
      try {
        await fs.writeFile(draft, bytes)
        await fs.rename(draft, at(path))
      } catch (error) {
        await fs.rm(draft, { force: true })
        throw error
      }
    },
    delete: (path) => fs.rm(at(path), { recursive: true, force: true }),
  }
}

async function ifThere<T, N>(work: Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await work
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return nothing
    throw error
  }
}
