// A folder on disk, in Node (Deno, Bun). Loads node: modules only there; a bundle for pages never sees them.

import { ModelError } from './errors.ts'
import type { ModelFile, ModelFiles } from './files.ts'

const node = () => globalThis.process?.getBuiltinModule

/** The path that a file: URL or the name of an existing folder stands for; undefined for anything else, and in a page. */
export function nodePath(name: string): string | undefined {
  const builtin = node()
  if (!builtin) return undefined
  if (name.startsWith('file:')) return builtin('node:url').fileURLToPath(name)
  return builtin('node:fs').existsSync(name) ? name : undefined
}

export function nodeFiles(folder: string): ModelFiles {
  const fs = node()!('node:fs/promises')
  const path = node()!('node:path')
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

function nodeFile(name: string, path: string, size: number): ModelFile {
  const fs = node()!('node:fs/promises')
  return {
    name,
    size,
    async read(start, end, signal) {
      signal?.throwIfAborted()
      const handle = await fs.open(path)
      try {
        const bytes = new Uint8Array(end - start)
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
