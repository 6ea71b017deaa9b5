// What a user may name as a model, and the files it stands for.

import { blobFiles, type CustomFiles, customFiles, directoryFiles } from './blob-files.ts'
import { ModelError, shown } from './errors.ts'
import type { ModelFiles, SourceOptions } from './files.ts'
import { GGUF_NAME, GgufFiles } from './gguf-files.ts'
import { hubModel } from './hub.ts'
import { nodeFiles, nodePath } from './node-files.ts'
import { urlFiles } from './url-files.ts'

/**
 * Where a model comes from:
 * - a hub id `org/name` or `org/name@revision`;
 * - the URL of a folder (absolute; in a page a path like `/models/tiny` or `./tiny` too);
 * - in Node, the path of a folder;
 * - the folder's files from a picker or a drop (array, FileList, or record by name), or its directory handle;
 * - `{ id, files }` with a function that gives a file by name, or undefined;
 * - a GGUF file: its URL or path, `org/name/file.gguf` or `org/name@revision/file.gguf` on the hub, or the picked file.
 */
export type ModelSource =
  | string
  | URL
  | File
  | readonly File[]
  | FileList
  | Readonly<Record<string, Blob>>
  | FileSystemDirectoryHandle
  | CustomFiles

/** A file of a hub model, which its id does not name. */
const HUB_FILE = /^([\w.-]+\/[\w.-]+(?:@[\w.-]+)?)\/([\w.-]+\.gguf)$/i
const ABSOLUTE_URL = /^[a-z][a-z0-9+.-]+:/i

export function resolveModelFiles(model: ModelSource, options: SourceOptions = {}): ModelFiles {
  if (typeof model === 'string') return namedFiles(model, options)
  if (model instanceof URL) return namedFiles(model.href, options)
  if (model instanceof Blob) return givenFiles([model])
  if (typeof model === 'object' && model !== null) {
    if ('files' in model && typeof model.files === 'function') return customFiles(model as CustomFiles, options)
    if ('getFileHandle' in model) return directoryFiles(model as FileSystemDirectoryHandle)
    return givenFiles(model as Exclude<typeof model, CustomFiles | FileSystemDirectoryHandle>)
  }
  throw new ModelError('the model', `model must be a hub id, a URL, a path or files, received ${shown(model)}`)
}

/** A GGUF among them is the model. */
function givenFiles(model: Parameters<typeof blobFiles>[0]): ModelFiles {
  const files = blobFiles(model)
  const gguf = files.names.filter((name) => GGUF_NAME.test(name)).sort()[0]
  return gguf === undefined ? files : new GgufFiles(files, gguf)
}

function namedFiles(name: string, options: SourceOptions): ModelFiles {
  const path = nodePath(name)
  if (path !== undefined) return inFolder(path, nodeFiles)
  if (ABSOLUTE_URL.test(name)) return urlModel(new URL(name), options)
  const [, hubName = name, file] = HUB_FILE.exec(name) ?? []
  const hub = hubModel(hubName, options)
  if (hub) return file ? new GgufFiles(urlFiles(hub, options), file) : urlFiles(hub, options)
  const page = globalThis.document?.baseURI ?? globalThis.location?.href
  if (page) return urlModel(new URL(name, page), options)
  throw new ModelError(
    'the model',
    `there is no such folder, and it is neither a URL nor a hub id, received ${shown(name)}`,
  )
}

function urlModel(url: URL, options: SourceOptions): ModelFiles {
  return inFolder(url.pathname, (pathname) => {
    const base = new URL(url)
    base.pathname = pathname
    return urlFiles({ base }, options)
  })
}

/** The folder, or the GGUF in it, that a path names. */
function inFolder(path: string, open: (folder: string) => ModelFiles): ModelFiles {
  if (!GGUF_NAME.test(path)) return open(path)
  const [, folder, name] = /^(.*[/\\])?([^/\\]+)$/.exec(path)!
  return new GgufFiles(open(folder ?? '.'), decodeURIComponent(name!))
}
