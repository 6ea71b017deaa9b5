// The models kept in a store: one folder each, with a file about it and a folder for each of its files.

import type { BlobStore } from './files.ts'
import { keptBytes } from './kept-record.ts'
import { sha256 } from './sha256.ts'
import { defaultStore } from './store.ts'

export interface CachedModel {
  readonly id: string
  /** URL of the folder it came from. */
  readonly source: string
  /** Of complete and half downloads. */
  readonly bytes: number
  readonly lastUsed: Date
}

const RECORD = 'model.json'

/** No model, but which kernels are the fastest on an adapter. */
export const TUNING_FOLDER = 'tuning'

/** The store's folder of the model from that URL. */
export async function modelFolder(id: string, base: URL): Promise<string> {
  const digest = await sha256(new TextEncoder().encode(base.origin + base.pathname))
  return `${id.replace(/[^\w.-]+/g, '--').slice(0, 100)}-${digest.slice(0, 16)}`
}

/** Notes that the model is used now. */
export async function touchModel(store: BlobStore, folder: string, id: string, base: URL): Promise<void> {
  const record = { id, source: base.origin + base.pathname, lastUsed: new Date().toISOString() }
  await store.put(`${folder}/${RECORD}`, new TextEncoder().encode(JSON.stringify(record)))
}

/** Last used first. */
export async function listCached(store?: BlobStore): Promise<CachedModel[]> {
  return (await kept(store)).map(({ model }) => model)
}

interface Kept {
  readonly model: CachedModel
  remove(): Promise<void>
}

/** Of the platform's store where none is given. */
async function kept(given?: BlobStore): Promise<Kept[]> {
  const store = given ?? (await defaultStore())
  if (!store) return []
  const folders = (await store.list('')).filter((name) => name !== TUNING_FOLDER)
  const all = await Promise.all(
    folders.map(async (folder) => ({
      model: await describe(store, folder),
      remove: () => store.delete(folder),
    })),
  )
  return all.sort((a, b) => b.model.lastUsed.getTime() - a.model.lastUsed.getTime())
}

async function describe(store: BlobStore, folder: string): Promise<CachedModel> {
  const names = (await store.list(folder)).filter((name) => name !== RECORD)
  const sizes = await Promise.all(names.map((name) => keptBytes(store, `${folder}/${name}`)))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  try {
    const file = (await store.get(`${folder}/${RECORD}`))!
    const { id, source, lastUsed } = JSON.parse(new TextDecoder().decode(await file.read(0, file.size)))
    return { id: String(id), source: String(source), bytes, lastUsed: new Date(Date.parse(lastUsed) || 0) }
  } catch {
    return { id: folder, source: '', bytes, lastUsed: new Date(0) } // damaged: first to go
  }
}

/** By id or source. How many there were: an id may be there in several revisions. */
export async function deleteCached(idOrSource: string, store?: BlobStore): Promise<number> {
  const chosen = (await kept(store)).filter(({ model }) => model.id === idOrSource || model.source === idOrSource)
  for (const { remove } of chosen) await remove()
  return chosen.length
}

/** Deletes what was used longest ago, until the rest takes at most that many bytes. Gives what it deleted. */
export async function evictCached(mostBytes: number, store?: BlobStore): Promise<CachedModel[]> {
  const models = await kept(store)
  let total = models.reduce((sum, { model }) => sum + model.bytes, 0)
  const evicted: CachedModel[] = []
  while (total > mostBytes && models.length > 0) {
    const { model, remove } = models.pop()!
    await remove()
    total -= model.bytes
    evicted.push(model)
  }
  return evicted
}
