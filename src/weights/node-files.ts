// A folder on disk, in Node (Deno, Bun).

import { ModelError } from './errors.ts'
import { type ModelFile, type ModelFiles, memoryFor } from './files.ts'

/** Node's built-in modules by name; undefined in a page. Not an import: a bundle for pages has none of them. */
export const nodeModules = (): typeof process.getBuiltinModule | undefined => globalThis.process?.getBuiltinModule

/** The path that a file: URL or the name of an existing folder stands for; undefined for anything else, and in a page. */
export function nodePath(name: string): string | undefined {
  const builtin = nodeModules()
  if (!builtin) return undefined
  if (name.startsWith('file:')) return builtin('node:url').fileURLToPath(name)
  return builtin('node:fs').existsSync(name) ? name : undefined
}

export function nodeFiles(folder: string): ModelFiles {
  const fs = nodeModules()!('node:fs/promises')
  const path = nodeModules()!('node:path')
  return {
    id: path.basename(path.resolve(folder)),
    async open(name) {
      const full = path.join(folder, name)
      try {
        const info = await fs.stat(full)
        return info.isFile() ? nodeFile(name, full, info.size) : undefined
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
        throw new ModelError(name, message, { cause })
      }
    },
  }
}

export function nodeFile(name: string, path: string, size: number): ModelFile {
  const fs = nodeModules()!('node:fs/promises')
  return {
    name,
    size,
    async read(start, end, signal, into) {
      signal?.throwIfAborted()
      const handle = await fs.open(path)
      try {
        const bytes = new Uint8Array(memoryFor(end - start, into), 0, end - start)
        for (let filled = 0; filled < bytes.length; ) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
          if (bytesRead === 0) throw new ModelError(name, `it ended at byte ${start + filled}, expected ${end}`)
          filled += bytesRead
        }
        return bytes
      } finally {
        await handle.close()
      }
    },
  }
}
