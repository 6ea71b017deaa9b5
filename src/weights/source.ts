// What a user may name as a model, and the files it stands for.

import { blobFiles, type CustomFiles, customFiles, directoryFiles } from './blob-files.ts'
import { ModelError, shown } from './errors.ts'
import type { ModelFiles, SourceOptions } from './files.ts'
import { hubModel } from './hub.ts'
import { nodeFiles, nodePath } from './node-files.ts'
import { urlFiles } from './url-files.ts'

/**
 * Where a model comes from:
 * - a hub id `org/name` or `org/name@revision`;
 * - the URL of a folder (absolute; in a page a path like `/models/tiny` or `./tiny` too);
 * - in Node, the path of a folder;
 * - the folder's files from a picker or a drop (array, FileList, or record by name), or its directory handle;
 * - `{ id, files }` with a function that gives a file by name, or undefined.
 */
export type ModelSource =
  | string
  | URL
  | readonly File[]
  | FileList
  | Readonly<Record<string, Blob>>
  | FileSystemDirectoryHandle
  | CustomFiles

const ABSOLUTE_URL = /^[a-z][a-z0-9+.-]+:/i

export function resolveModelFiles(model: ModelSource, options: SourceOptions = {}): ModelFiles {
  if (typeof model === 'string') return namedFiles(model, options)
  if (model instanceof URL) return namedFiles(model.href, options)
  if (typeof model === 'object' && model !== null) {
    if ('files' in model && typeof model.files === 'function') return customFiles(model as CustomFiles, options)
    if ('getFileHandle' in model) return directoryFiles(model as FileSystemDirectoryHandle)
    return blobFiles(model as Exclude<typeof model, CustomFiles | FileSystemDirectoryHandle>)
  }
  throw new ModelError('the model', `model must be a hub id, a URL, a path or files, received ${shown(model)}`)
}

function namedFiles(name: string, options: SourceOptions): ModelFiles {
  const path = nodePath(name)
  if (path !== undefined) return nodeFiles(path)
  if (ABSOLUTE_URL.test(name)) return urlFiles({ base: new URL(name) }, options)
  const hub = hubModel(name, options)
  if (hub) return urlFiles(hub, options)
  const page = globalThis.document?.baseURI ?? globalThis.location?.href
  if (page) return urlFiles({ base: new URL(name, page) }, options)
  throw new ModelError(
    'the model',
    `there is no such folder, and it is neither a URL nor a hub id, received ${shown(name)}`,
  )
}
