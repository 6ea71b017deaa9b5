// All that reads GGUF, in one: loaded with the first of them. Knows one file; that there may be several is for gguf-files.ts.

export { readGguf } from './gguf.ts'
export { ggufCheckpoint } from './gguf-checkpoint.ts'
export { ggufConfig } from './gguf-config.ts'
export { ggufModules, ggufPooling } from './gguf-pooling.ts'
export { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer.ts'
