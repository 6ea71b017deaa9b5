// The hub's own account of a model: which files a revision has, their sizes and digests. Knows no file's content.

import * as z from 'zod/mini'
import type { HubOptions, SourceOptions } from './files.ts'

export interface ListedFile {
  readonly size: number
  /** Changes with the content. */
  readonly tag: string
  /** Of large files. */
  readonly sha256?: string
}

export interface HubModel {
  readonly id: string
  /** Folder of the revision's files. */
  readonly base: URL
  readonly headers: Readonly<Record<string, string>>
  /** By name; undefined where the hub (or a mirror of it) gives no list. */
  list(): Promise<ReadonlyMap<string, ListedFile> | undefined>
}

const HUB_ID = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/
const MOST_LISTED = 1000 // a page of the list; models have a few dozen files

const size = z.int().check(z.nonnegative())
const listing = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.optional(size),
    oid: z.optional(z.string()),
    lfs: z.optional(z.object({ oid: z.string().check(z.regex(/^[0-9a-f]{64}$/)), size })),
  }),
)

/** Undefined for what is no `org/name` or `org/name@revision`. */
export function hubModel(
  name: string,
  { hub = {}, fetch = globalThis.fetch, signal }: SourceOptions,
): HubModel | undefined {
  const match = HUB_ID.exec(name)
  if (!match || name.startsWith('.')) return undefined
  const [, id, revision = 'main'] = match as unknown as [string, string, string?]
  const endpoint = hubEndpoint(hub)
  const headers: Record<string, string> = hub.token ? { authorization: `Bearer ${hub.token}` } : {}
  const at = encodeURIComponent(revision)
  const list = async () => {
    try {
      const response = await fetch(`${endpoint}/api/models/${id}/tree/${at}`, { headers, signal: signal ?? null })
      const files = listing.safeParse(response.ok ? await response.json() : undefined)
      if (!files.success || files.data.length >= MOST_LISTED) return undefined
      return new Map(
        files.data.flatMap(({ type, path, size, oid, lfs }): [string, ListedFile][] =>
          type === 'file' && size !== undefined && oid
            ? [[path, { size: lfs?.size ?? size, tag: oid, sha256: lfs?.oid }]]
            : [],
        ),
      )
    } catch {
      signal?.throwIfAborted()
      return undefined
    }
  }
  return { id, base: new URL(`${endpoint}/${id}/resolve/${at}/`), headers, list }
}

const hubEndpoint = ({ endpoint = 'https://huggingface.co' }: HubOptions) => endpoint.replace(/\/+$/, '')
