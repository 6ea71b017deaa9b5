// A folder behind a URL, kept where that can be. Knows no format.

import type { BlobStore, ModelFile, ModelFiles, SourceOptions } from './files.ts'
import type { ListedFile } from './hub.ts'
import { type KeepOptions, keptFile, offlineFile } from './kept-file.ts'
import { modelFolder, touchModel } from './kept-models.ts'
import { noteAbsence } from './kept-record.ts'
import { passingFile } from './passing-file.ts'
import { Interruption, RemoteFile } from './remote-file.ts'
import { askToPersist, defaultStore } from './store.ts'

export interface UrlFolder {
  readonly base: URL
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What is in it; undefined where nobody says. */
  readonly list?: () => Promise<ReadonlyMap<string, ListedFile> | undefined>
}

interface Place {
  readonly store: BlobStore
  readonly folder: string
}

export function urlFiles({ base, id: givenId, headers = {}, list }: UrlFolder, options: SourceOptions): ModelFiles {
  const segments = base.pathname.split('/').filter(Boolean)
  const id = givenId ?? decodeURIComponent(segments.at(-1) ?? base.host)
  const { onWarning = console.warn } = options
  const recent = {}
  let listing: ReturnType<NonNullable<typeof list>> | undefined
  let place: Promise<Place | undefined> | undefined
  let full = false

  const findPlace = async (): Promise<Place | undefined> => {
    const store = options.store === undefined ? await defaultStore() : options.store
    if (!store) return undefined
    const folder = await modelFolder(id, base)
    try {
      await touchModel(store, folder, id, base)
    } catch (cause) {
      onWarning(`Cannot keep ${id}: ${(cause as Error).message}`)
      return undefined
    }
    askToPersist()
    return { store, folder }
  }
  const onFull = (cause: unknown) => {
    if (!full) onWarning(`Cannot keep ${id}: ${(cause as Error).message}; it runs from memory`)
    full = true
  }
  const open = async (name: string, signal?: AbortSignal): Promise<ModelFile | undefined> => {
    listing ??= list?.()
    const listed = await listing
    if (listed && !listed.has(name)) return undefined
    const url = new URL(base)
    url.pathname = `/${[...segments, ...name.split('/').map(encodeURIComponent)].join('/')}`
    const remote = new RemoteFile(name, url, headers, options)
    place ??= findPlace()
    const at = await place
    if (!at) return passingFile(remote, options, signal)
    const keeping = { ...options, signal: signal ?? options.signal, onWarning, onFull, recent }
    return openKept({ ...at, folder: `${at.folder}/${encodeURIComponent(name)}` }, remote, listed?.get(name), keeping)
  }
  const opened = new Map<string, Promise<ModelFile | undefined>>()
  return {
    id,
    open(name, signal) {
      const known = opened.get(name) ?? open(name, signal)
      opened.set(name, known)
      known.catch(() => opened.delete(name))
      return known
    },
  }
}

async function openKept(
  { store, folder }: Place,
  remote: RemoteFile,
  listed: ListedFile | undefined,
  options: KeepOptions,
) {
  const { signal, onWarning } = options
  const ask = async (retries?: number) => {
    const first = await remote.first(1, { signal, size: listed?.size, retries })
    await first?.response.body?.cancel()
    return first
  }
  if (listed) {
    const ranges = async () => (await ask())?.ranges === true
    return keptFile(store, folder, remote, { ...listed, tag: `list:${listed.tag}` }, ranges, options)
  }
  const offline = await offlineFile(store, folder, remote, options)
  try {
    const first = await ask(offline ? 0 : undefined)
    if (!first) return void (await noteAbsence(store, folder))
    const { size, tag, sha256, ranges } = first
    if (size === undefined || tag === undefined) return passingFile(remote, options, signal) // no telling when it changes
    return await keptFile(store, folder, remote, { size, tag: `header:${tag}`, sha256 }, async () => ranges, options)
  } catch (error) {
    if (!offline || !(error instanceof Interruption)) throw error
    onWarning?.(`${error.message}; the kept copy is used`)
    return offline === 'absent' ? undefined : offline
  }
}
