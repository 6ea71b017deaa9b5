// A download that is kept: in chunks, each under its own digest, so that a broken download goes on where it stopped and a
// damaged copy heals. Knows no model and no kind of store.

import { LinkedAbort } from './abort.ts'
import { ModelError } from './errors.ts'
import { type BlobStore, blobFile, type ModelFile, memoryFor, type SourceOptions } from './files.ts'
import {
  ABSENT,
  CHUNK_NAME,
  type FileRecord,
  type Identity,
  isSame,
  RECORD,
  readRecord,
  writeRecord,
} from './kept-record.ts'
import { meter } from './progress.ts'
import type { RemoteFile } from './remote-file.ts'
import { sha256, sha256Hasher } from './sha256.ts'

const CHUNK = 8 * 2 ** 20
/** Chunks that one request asks for at most. */
const RUN = 8
const CONNECTIONS = 4

export interface KeepOptions extends SourceOptions {
  /** Called when the store takes no more; what comes then is held in memory. */
  readonly onFull: (cause: unknown) => void
  /** The chunk read last, of all files of a model: reads are mostly in order. */
  readonly recent: { chunk?: { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> } }
}

/** The file, all of it in the store (or in memory, where that is full): downloads what is missing. */
export async function keptFile(
  store: BlobStore,
  folder: string,
  remote: RemoteFile,
  identity: Identity,
  ranges: () => Promise<boolean>,
  options: KeepOptions,
): Promise<ModelFile> {
  let record = await readRecord(store, folder)
  if (!record || !isSame(record, identity)) {
    await store.delete(folder)
    record = { ...identity, chunkBytes: options.download?.chunkBytes ?? CHUNK }
  }
  const file = new KeptFile(store, folder, remote, record, options)
  await file.complete(ranges)
  return file
}

/** The file as it was left, where it is complete: for when the server can't be asked. */
export async function offlineFile(
  store: BlobStore,
  folder: string,
  remote: RemoteFile,
  options: KeepOptions,
): Promise<ModelFile | 'absent' | undefined> {
  const record = await readRecord(store, folder)
  if (record?.size === ABSENT) return 'absent'
  if (!record || (record.sha256 && !record.verified)) return undefined
  const file = new KeptFile(store, folder, remote, record, options)
  return (await file.isComplete()) ? file : undefined
}

class KeptFile implements ModelFile {
  readonly name: string
  readonly size: number
  readonly #store: BlobStore
  readonly #folder: string
  readonly #remote: RemoteFile
  readonly #options: KeepOptions
  readonly #chunkBytes: number
  readonly #count: number
  readonly #record: FileRecord
  /** By chunk. */
  readonly #digests = new Map<number, string>()
  readonly #checked = new Set<number>()
  /** Chunks that the store had no room for. */
  readonly #inMemory = new Map<number, ModelFile>()
  #full = false

  constructor(store: BlobStore, folder: string, remote: RemoteFile, record: FileRecord, options: KeepOptions) {
    this.name = remote.name
    this.size = record.size
    this.#store = store
    this.#folder = folder
    this.#remote = remote
    this.#record = record
    this.#options = options
    this.#chunkBytes = record.chunkBytes
    this.#count = Math.ceil(record.size / record.chunkBytes)
  }

  async isComplete(): Promise<boolean> {
    for (const name of await this.#store.list(this.#folder)) {
      const [, index, digest] = CHUNK_NAME.exec(name) ?? []
      if (digest && Number(index) < this.#count) this.#digests.set(Number(index), digest)
    }
    return this.#digests.size === this.#count
  }

  async complete(ranges: () => Promise<boolean>): Promise<void> {
    const { sha256, verified } = this.#record
    for (let attempt = 1; ; attempt++) {
      if (!(await this.isComplete())) {
        await writeRecord(this.#store, this.#folder, this.#record) // so that the chunks are known again after a break
        await this.#download(this.#count < 2 || (await ranges()))
        await this.#tidy()
      }
      if (!sha256 || verified) return
      const received = await this.#hash()
      if (received === sha256) return writeRecord(this.#store, this.#folder, { ...this.#record, verified: true })
      await this.#forget()
      if (attempt === 2)
        throw new ModelError(this.name, `its sha256 must be ${sha256} by the hub, received ${received}`)
    }
  }

  async read(start: number, end: number, signal?: AbortSignal, into?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    if (end > this.size) throw new ModelError(this.name, `it ended at byte ${this.size}, expected ${end}`)
    const out = new Uint8Array(memoryFor(end - start, into), 0, end - start)
    for (let at = start; at < end; ) {
      const index = Math.floor(at / this.#chunkBytes)
      const first = index * this.#chunkBytes
      const until = Math.min(end, first + this.#chunkBytes)
      out.set(await this.#readChunk(index, at - first, until - first, signal), at - start)
      at = until
    }
    return out
  }

  async #readChunk(index: number, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted()
    const { recent } = this.#options
    const path = this.#pathOf(index)
    if (recent.chunk?.path === path) return recent.chunk.bytes.subarray(start, end)
    if (this.#checked.has(index)) {
      const file = await this.#chunkFile(index)
      if (file?.size === this.#sizeOf(index)) return file.read(start, end)
    }
    const digest = this.#digests.get(index)!
    let bytes = await this.#wholeChunk(index)
    if (!bytes || (await sha256(bytes)) !== digest) {
      await this.#store.delete(path)
      this.#digests.delete(index)
      await this.#fetchRun(index, index, () => {}, signal)
      bytes = await this.#wholeChunk(index)
      if (!bytes || this.#digests.get(index) !== digest) throw this.#beyondRepair(index)
    }
    this.#checked.add(index)
    recent.chunk = { path, bytes }
    return bytes.subarray(start, end)
  }

  #beyondRepair(index: number): ModelError {
    const at = index * this.#chunkBytes
    return new ModelError(this.name, `the kept copy is damaged at byte ${at}, and the server has other bytes now`)
  }

  async #wholeChunk(index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = await this.#chunkFile(index)
    return file?.size === this.#sizeOf(index) ? file.read(0, file.size) : undefined
  }

  async #chunkFile(index: number): Promise<ModelFile | undefined> {
    return this.#inMemory.get(index) ?? (await this.#store.get(this.#pathOf(index)))
  }

  async #download(ranges: boolean): Promise<void> {
    const { onProgress, signal, download } = this.#options
    const runs = [...this.#missingRuns(ranges ? RUN : this.#count)]
    let loaded = 0
    for (const index of this.#digests.keys()) loaded += this.#sizeOf(index)
    const progress = meter('download', this.size, onProgress, { file: this.name, loaded })
    const stop = new LinkedAbort(signal)
    const connection = async () => {
      for (let run = runs.shift(); run; run = runs.shift()) await this.#fetchRun(...run, progress, stop.signal)
    }
    const connections = Array.from({ length: Math.min(download?.connections ?? CONNECTIONS, runs.length) }, connection)
    try {
      await Promise.all(connections)
    } catch (error) {
      stop.abort(error)
      await Promise.allSettled(connections)
      throw error
    } finally {
      stop.release()
    }
  }

  /** First and last chunk of each; a server that gives no parts is asked once, for all. */
  *#missingRuns(most: number): Generator<[first: number, last: number]> {
    for (let index = 0; index < this.#count; index++) {
      if (this.#digests.has(index)) continue
      const first = index
      while (index + 1 < Math.min(this.#count, first + most) && (most === this.#count || !this.#digests.has(index + 1)))
        index++
      yield [first, index]
    }
  }

  async #fetchRun(first: number, last: number, progress: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const end = Math.min((last + 1) * this.#chunkBytes, this.size)
    let index = first
    let chunk = new Uint8Array(this.#sizeOf(index))
    let filled = 0
    for await (const piece of this.#remote.stream(first * this.#chunkBytes, end, this.size, { signal })) {
      for (let at = 0; at < piece.length; ) {
        const count = Math.min(piece.length - at, chunk.length - filled)
        chunk.set(piece.subarray(at, at + count), filled)
        at += count
        filled += count
        const isNew = !this.#digests.has(index)
        if (isNew) progress(count)
        if (filled < chunk.length) continue
        if (isNew) await this.#keep(index, chunk)
        index++
        chunk = new Uint8Array(this.#sizeOf(index))
        filled = 0
      }
    }
  }

  async #keep(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#digests.set(index, await sha256(bytes))
    if (!this.#full) {
      try {
        return await this.#store.put(this.#pathOf(index), bytes)
      } catch (cause) {
        this.#full = true
        this.#options.onFull(cause)
      }
    }
    this.#inMemory.set(index, blobFile(this.name, new Blob([bytes])))
  }

  async #hash(): Promise<string> {
    const hasher = sha256Hasher()
    const progress = meter('verify', this.size, this.#options.onProgress, { file: this.name })
    for (let at = 0; at < this.size; at += HASHED_AT_ONCE) {
      const bytes = await this.read(at, Math.min(at + HASHED_AT_ONCE, this.size), this.#options.signal)
      hasher.update(bytes)
      progress(bytes.length)
    }
    return hasher.digest()
  }

  /** Drafts of a process that was killed, and chunks of other content. */
  async #tidy(): Promise<void> {
    const current = new Set([RECORD, ...[...this.#digests.keys()].map((index) => this.#nameOf(index))])
    for (const name of await this.#store.list(this.#folder))
      if (!current.has(name)) await this.#store.delete(`${this.#folder}/${name}`)
  }

  async #forget(): Promise<void> {
    await this.#store.delete(this.#folder)
    this.#digests.clear()
    this.#checked.clear()
    this.#inMemory.clear()
    this.#options.recent.chunk = undefined
  }

  #pathOf(index: number): string {
    return `${this.#folder}/${this.#nameOf(index)}`
  }

  #nameOf(index: number): string {
    return `${String(index).padStart(6, '0')}-${this.#digests.get(index)}`
  }

  #sizeOf(index: number): number {
    return Math.max(0, Math.min(this.#chunkBytes, this.size - index * this.#chunkBytes))
  }
}

const HASHED_AT_ONCE = 2 ** 20 // a page's thread is free again after each
