// A GGUF (one file, or the parts that it is split into) as the files of a Hugging Face folder: what the metadata says as config.json, tokenizer.json and
// tokenizer_config.json, and the tensors as a checkpoint.

import { ModelError, shown } from './errors.ts'
import { blobFile, type ModelFile, type ModelFiles } from './files.ts'
import type { Gguf } from './gguf.ts'
import type { Checkpoint } from './tensors.ts'

export const GGUF_NAME = /\.gguf$/i
/** One of the files of a model that is split. */
const PART_NAME = /^(.+)-(\d{5})-of-\d{5}\.gguf$/i

export class GgufFiles implements ModelFiles {
  readonly id: string
  readonly #folder: ModelFiles
  readonly #name: string
  #gguf: Promise<Gguf> | undefined

  /** @param name of the file in the folder */
  constructor(folder: ModelFiles, name: string) {
    this.id = PART_NAME.exec(name)?.[1] ?? name.replace(GGUF_NAME, '')
    this.#folder = folder
    this.#name = name
  }

  async open(name: string, signal?: AbortSignal): Promise<ModelFile | undefined> {
    const reader = await openReader()
    const views: Readonly<Record<string, (gguf: Gguf, signal?: AbortSignal) => unknown>> = {
      'config.json': reader.ggufConfig,
      'tokenizer.json': reader.ggufTokenizer,
      'tokenizer_config.json': reader.ggufTokenizerConfig,
      'modules.json': reader.ggufModules,
      '1_Pooling/config.json': reader.ggufPooling,
    }
    return Object.hasOwn(views, name) ? jsonFile(name, await views[name]!(await this.#open(signal), signal)) : undefined
  }

  async checkpoint(signal?: AbortSignal): Promise<Checkpoint> {
    return (await openReader()).ggufCheckpoint(await this.#open(signal))
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
    const first = await this.#readOne(this.#name, signal)
    const count = first.metadata.get('split.count') ?? 1
    if (count === 1) return first
    const [, start, number] = PART_NAME.exec(this.#name) ?? []
    if (Number(number) !== 1 || typeof count !== 'number')
      throw new ModelError(this.#name, `it is a part of ${count}: the first one, …-00001-of-….gguf, names them all`)
    const tensors = new Map(first.tensors)
    for (let i = 2; i <= count; i++) {
      const name = `${start}-${String(i).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`
      const more = await this.#readOne(name, signal)
      for (const tensor of more.tensors.values()) {
        if (tensors.has(tensor.name))
          throw new ModelError(name, `another part has the tensor ${shown(tensor.name)} too`)
        tensors.set(tensor.name, tensor)
      }
    }
    return { ...first, tensors }
  }

  async #readOne(name: string, signal?: AbortSignal): Promise<Gguf> {
    const file = await this.#folder.open(name, signal)
    if (!file) throw new ModelError(name, `${this.#folder.id} has no such file`)
    return (await openReader()).readGguf(file, signal)
  }
}

const openReader = () => import('./gguf-reader.ts')

const jsonFile = (name: string, value: unknown): ModelFile | undefined =>
  value === undefined ? undefined : blobFile(name, new Blob([JSON.stringify(value)]))
