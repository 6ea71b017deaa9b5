// A file that is read from the server as it is asked for, and kept nowhere.

import { fetchedBlob } from './download.ts'
import { ModelError } from './errors.ts'
import { blobFile, type ModelFile, memoryFor, type SourceOptions } from './files.ts'
import { meter } from './progress.ts'
import type { RemoteFile } from './remote-file.ts'

/** What the first request asks for: small files whole, of a large one enough to hold most headers. */
const PREFIX = 256 * 1024

export async function passingFile(
  remote: RemoteFile,
  options: SourceOptions,
  signal = options.signal,
): Promise<ModelFile | undefined> {
  const { name } = remote
  const { onProgress } = options
  const first = await remote.first(PREFIX, { signal })
  if (!first) return undefined
  const { size, ranges, response } = first
  if (!ranges || size === undefined) return blobFile(name, await fetchedBlob(name, response, onProgress, signal))

  const progress = meter('download', size, onProgress, { file: name })
  const read = async (start: number, end: number, signal?: AbortSignal, into?: ArrayBuffer, begun?: Response) => {
    if (end > size) throw new ModelError(name, `it ended at byte ${size}, expected ${end}`)
    const bytes = new Uint8Array(memoryFor(end - start, into), 0, end - start)
    let filled = 0
    for await (const piece of remote.stream(start, end, size, { signal, begun })) {
      bytes.set(piece, filled)
      filled += piece.length
      progress(piece.length)
    }
    return bytes
  }
  const prefix = await read(0, Math.min(PREFIX, size), signal, undefined, response)
  return {
    name,
    size,
    read: async (start, end, ...how) => (end <= prefix.length ? prefix.slice(start, end) : read(start, end, ...how)),
  }
}
