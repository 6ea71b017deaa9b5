// A process of its own that downloads a file into a folder: URL of the model, folder, bytes a chunk.

import { nodeStore } from '../../src/weights/node-store.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'

export async function main([url, folder, chunkBytes]: string[]): Promise<void> {
  const options = { store: nodeStore(folder!), download: { chunkBytes: Number(chunkBytes), connections: 2 } }
  await resolveModelFiles(url!, options).open('big.bin')
}
