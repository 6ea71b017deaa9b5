// A folder behind a URL. Knows no format.

import { fetchedBlob } from './download.ts'
import { blobFile, type ModelFile, type ModelFiles, type SourceOptions } from './files.ts'
import { meter } from './progress.ts'
import { RemoteFile } from './remote-file.ts'

/** What the first request asks for: small files whole, of a large one enough to hold most headers. */
const PREFIX = 256 * 1024

export interface Folder {
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
}

export function urlFiles(base: URL, options: SourceOptions, folder: Folder = {}): ModelFiles {
  const segments = base.pathname.split('/').filter(Boolean)
  const opened = new Map<string, Promise<ModelFile | undefined>>()
  return {
    id: folder.id ?? decodeURIComponent(segments.at(-1) ?? base.host),
    open(name, signal) {
      const url = new URL(base)
      url.pathname = `/${[...segments, encodeURIComponent(name)].join('/')}`
      const remote = new RemoteFile(name, url, folder.headers ?? {}, options)
      const known = opened.get(name) ?? passingFile(remote, options, signal)
      opened.set(name, known)
      known.catch(() => opened.delete(name))
      return known
    },
  }
}

/** A file that is read from the server as it is asked for, and kept nowhere. */
async function passingFile(
  remote: RemoteFile,
  { onProgress }: SourceOptions,
  signal?: AbortSignal,
): Promise<ModelFile | undefined> {
  const { name } = remote
  const first = await remote.first(PREFIX, { signal })
  if (!first) return undefined
  const { size, ranges, response } = first
  if (!ranges || size === undefined) return blobFile(name, await fetchedBlob(name, response, onProgress))

  const progress = meter('download', size, onProgress, { file: name })
  const read = async (start: number, end: number, signal?: AbortSignal, begun?: Response) => {
    const bytes = new Uint8Array(end - start)
    let filled = 0
    for await (const piece of remote.stream(start, end, size, { signal, begun })) {
      bytes.set(piece, filled)
      filled += piece.length
      progress(piece.length)
    }
    return bytes
  }
  const prefix = await read(0, Math.min(PREFIX, size), signal, response)
  return {
    name,
    size,
    read: async (start, end, signal) => (end <= prefix.length ? prefix.slice(start, end) : read(start, end, signal)),
  }
}
