// Files that the caller hands over: from a picker, a drop, a directory handle, or a function by name.

import { fetchedBlob } from './download.ts'
import { ModelError, shown } from './errors.ts'
import { blobFile, type ModelFile, type ModelFiles, type SourceOptions } from './files.ts'

export type FileAnswer = Response | Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | undefined

/** A source of the caller's own making. */
export interface CustomFiles {
  readonly id: string
  /** The named file (config.json, model.safetensors, …), whole; undefined or a 404 response where there is none. */
  readonly files: (name: string, signal?: AbortSignal) => FileAnswer | Promise<FileAnswer>
}

/** Names are taken from the uppermost folder on: a picked folder gives `folder/config.json`. */
export function blobFiles(
  source: readonly File[] | FileList | Readonly<Record<string, Blob>>,
): ModelFiles & { readonly names: readonly string[] } {
  const list = Array.isArray(source) || ('item' in source && typeof source.item === 'function')
  const entries = list
    ? Array.from(source as ArrayLike<File>, (file): [string, Blob] => [file.webkitRelativePath || file.name, file])
    : Object.entries(source as Readonly<Record<string, Blob>>)
  const byName = new Map<string, Blob>()
  const depth = Math.min(...entries.map(([path]) => path.split('/').length)) - 1
  for (const [path, blob] of entries) {
    if (!(blob instanceof Blob)) throw new ModelError(path, `it must be a File or Blob, received ${shown(blob)}`)
    const name = path.split('/').slice(depth).join('/')
    if (byName.has(name)) throw new ModelError(name, 'there are two files of that name')
    byName.set(name, blob)
  }
  const folder = entries[0]?.[0].split('/').at(-2)
  return {
    id: folder ?? 'local',
    names: [...byName.keys()],
    async open(name) {
      const blob = byName.get(name)
      return blob && blobFile(name, blob)
    },
  }
}

export function directoryFiles(directory: FileSystemDirectoryHandle): ModelFiles {
  return {
    id: directory.name || 'local',
    async open(name) {
      try {
        const folders = name.split('/')
        const last = folders.pop()!
        let folder = directory
        for (const each of folders) folder = await folder.getDirectoryHandle(each)
        const handle = await folder.getFileHandle(last)
        return blobFile(name, await handle.getFile())
      } catch (cause) {
        if (cause instanceof DOMException && cause.name === 'NotFoundError') return undefined
        throw new ModelError(name, (cause as Error).message, { cause })
      }
    },
  }
}

/** Asks for each file once; a weights file is kept while the model loads. */
export function customFiles({ id, files }: CustomFiles, { onProgress }: SourceOptions): ModelFiles {
  const opened = new Map<string, Promise<ModelFile | undefined>>()
  const ask = async (name: string, signal?: AbortSignal) => {
    const answer = await files(name, signal)
    if (answer === undefined) return undefined
    if (answer instanceof Blob) return blobFile(name, answer)
    if (answer instanceof ArrayBuffer || ArrayBuffer.isView(answer)) return blobFile(name, new Blob([answer]))
    if (!(answer instanceof Response))
      throw new ModelError(
        name,
        `${id} must give a Response, Blob, ArrayBuffer or Uint8Array, received ${shown(answer)}`,
      )
    if (answer.status === 404) return undefined
    if (!answer.ok) throw new ModelError(name, `${id} answered with status ${answer.status}`)
    return blobFile(name, await fetchedBlob(name, answer, onProgress, signal))
  }
  return {
    id,
    open(name, signal) {
      const known = opened.get(name) ?? ask(name, signal)
      opened.set(name, known)
      known.catch(() => opened.delete(name))
      return known
    },
  }
}
