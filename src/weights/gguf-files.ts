// One GGUF file as the files of a Hugging Face folder: what the metadata says as config.json, tokenizer.json and
// tokenizer_config.json, and the tensors as a checkpoint.

import { ModelError } from './errors.ts'
import { blobFile, type ModelFile, type ModelFiles } from './files.ts'
import { type Gguf, readGguf } from './gguf.ts'
import { ggufCheckpoint } from './gguf-checkpoint.ts'
import { ggufConfig } from './gguf-config.ts'
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer.ts'
import type { Checkpoint } from './tensors.ts'

export const GGUF_NAME = /\.gguf$/i

export class GgufFiles implements ModelFiles {
  readonly id: string
  readonly #folder: ModelFiles
  readonly #name: string
  #gguf: Promise<Gguf> | undefined

  /** @param name of the file in the folder */
  constructor(folder: ModelFiles, name: string) {
    this.id = name.replace(GGUF_NAME, '')
    this.#folder = folder
    this.#name = name
  }

  async open(name: string, signal?: AbortSignal): Promise<ModelFile | undefined> {
    if (name === 'config.json') return jsonFile(name, await ggufConfig(await this.#open(signal), signal))
    if (name === 'tokenizer.json') return jsonFile(name, ggufTokenizer(await this.#open(signal)))
    if (name === 'tokenizer_config.json') return jsonFile(name, ggufTokenizerConfig(await this.#open(signal)))
    return undefined
  }

  async checkpoint(signal?: AbortSignal): Promise<Checkpoint> {
    return ggufCheckpoint(await this.#open(signal))
  }

  #open(signal?: AbortSignal): Promise<Gguf> {
    const opened = this.#gguf ?? this.#read(signal)
    this.#gguf = opened
    opened.catch(() => {
      this.#gguf = undefined
    })
    return opened
  }

  async #read(signal?: AbortSignal): Promise<Gguf> {
    const file = await this.#folder.open(this.#name, signal)
    if (!file) throw new ModelError(this.#name, `${this.#folder.id} has no such file`)
    return readGguf(file, signal)
  }
}

const jsonFile = (name: string, value: unknown): ModelFile | undefined =>
  value === undefined ? undefined : blobFile(name, new Blob([JSON.stringify(value)]))
