// The model that comes with the package, for createEngine() without a model.

import type { CustomFiles } from './weights/blob-files.ts'

// Written out one by one so that bundlers see them and carry them along.
const files: Readonly<Record<string, URL>> = {
  'config.json': new URL('../models/embedded/config.json', import.meta.url),
  'generation_config.json': new URL('../models/embedded/generation_config.json', import.meta.url),
  'model.safetensors': new URL('../models/embedded/model.safetensors', import.meta.url),
  'tokenizer.json': new URL('../models/embedded/tokenizer.json', import.meta.url),
  'tokenizer_config.json': new URL('../models/embedded/tokenizer_config.json', import.meta.url),
}

export const embeddedModel: CustomFiles = {
  id: 'infetch-embedded',
  files: async (name) => {
    const url = files[name]
    if (url?.protocol !== 'file:') return url && fetch(url)
    const { readFile } = await import('node:fs/promises')
    return new Uint8Array(await readFile(url))
  },
}
