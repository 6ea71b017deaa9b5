// What is noted beside the chunks of a kept file: which content of the file they belong to.

import type { BlobStore } from './files.ts'

/** Chunks are named by number and sha256. */
export const CHUNK_NAME = /^(\d{6})-([0-9a-f]{64})$/
export const RECORD = 'file.json'
/** The size noted of a file that the server has not. */
export const ABSENT = -1
const LEAST_CHUNK = 1024

/** What tells one content of a file from another. */
export interface Identity {
  readonly size: number
  readonly tag: string
  readonly sha256?: string
}

/** What is known of a kept file, beside its chunks. */
export interface FileRecord extends Identity {
  readonly chunkBytes: number
  /** The whole had the sha256. */
  readonly verified?: boolean
}

/** Tags of two kinds (the hub's list, a server's header) can't be compared. */
export function isSame(record: FileRecord, { size, tag, sha256 }: Identity): boolean {
  const kind = (text: string) => text.slice(0, text.indexOf(':'))
  if (record.size !== size) return false
  if (record.sha256 && sha256) return record.sha256 === sha256
  return record.tag === tag || kind(record.tag) !== kind(tag)
}

/** The server has no such file. */
export async function noteAbsence(store: BlobStore, folder: string): Promise<void> {
  await store.delete(folder)
  await writeRecord(store, folder, { size: ABSENT, tag: '', chunkBytes: LEAST_CHUNK })
}

/** Bytes of a kept file, or of the part of it that is there. */
export async function keptBytes(store: BlobStore, folder: string): Promise<number> {
  const chunks = (await store.list(folder)).filter((name) => CHUNK_NAME.test(name)).length
  const { size, chunkBytes } = (await readRecord(store, folder)) ?? { size: 0, chunkBytes: 0 }
  return Math.max(0, Math.min(size, chunks * chunkBytes))
}

export async function readRecord(store: BlobStore, folder: string): Promise<FileRecord | undefined> {
  try {
    const file = await store.get(`${folder}/${RECORD}`)
    const record = JSON.parse(new TextDecoder().decode(await file!.read(0, file!.size)))
    const { size, tag, chunkBytes } = record
    const isSane = Number.isSafeInteger(size) && Number.isSafeInteger(chunkBytes) && chunkBytes >= LEAST_CHUNK
    return isSane && typeof tag === 'string' ? record : undefined
  } catch {
    return undefined // not there, or damaged: the same
  }
}

export async function writeRecord(store: BlobStore, folder: string, record: FileRecord): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(record))
  await store.put(`${folder}/${RECORD}`, bytes).catch(() => {}) // without it the next load downloads again
}
