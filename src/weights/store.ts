// The store of this platform. Knows no model.

import { cacheStore, opfsStore } from './browser-stores.ts'
import type { BlobStore } from './files.ts'
import { defaultNodeFolder, nodeStore } from './node-store.ts'

/** Undefined where nothing can be kept, as in pages that aren't served securely. */
export async function defaultStore(): Promise<BlobStore | undefined> {
  const folder = defaultNodeFolder()
  if (folder) return nodeStore(folder)
  return (await opfsStore()) ?? (await cacheStore())
}

/** Asks the browser not to clear this origin's data when it needs room. It may ask the user: nothing waits for the answer. */
export function askToPersist(): void {
  globalThis.navigator?.storage?.persist?.().catch(() => {})
}
