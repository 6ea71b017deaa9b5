// Metadata of a GGUF by key, checked as it is read. Knows no key but the architecture's name.

import { ModelError, shown } from './errors.ts'
import type { Gguf } from './gguf.ts'
import { type GgufArchitecture, ggufArchitectures } from './gguf-architectures.ts'

export class GgufMetadata {
  readonly #gguf: Gguf
  /** The prefix of the architecture's own keys. */
  readonly name: string
  readonly architecture: GgufArchitecture

  /** @throws ModelError for an architecture that is not known here. */
  constructor(gguf: Gguf) {
    this.#gguf = gguf
    this.name = this.text('general.architecture') ?? ''
    const architecture = ggufArchitectures.get(this.name)
    if (!architecture)
      throw this.refusal('general.architecture', `must be one of ${[...ggufArchitectures.keys()].join(', ')}`)
    this.architecture = architecture
  }

  /** A key of the architecture's own; a list of equal numbers, one a layer, counts as one. */
  number(key: string): number | undefined {
    const full = `${this.name}.${key}`
    const value = this.#gguf.metadata.get(full)
    if (value === undefined) return undefined
    const numbers = typeof value === 'number' ? [value] : ArrayBuffer.isView(value) ? [...value] : []
    if (numbers.length > 0 && numbers.every((item) => Number.isFinite(item) && item === numbers[0])) return numbers[0]
    throw this.refusal(full, 'must be a number, the same for all layers')
  }

  need(key: string): number {
    const value = this.number(key)
    if (value === undefined) throw this.refusal(`${this.name}.${key}`, 'must be a number')
    return value
  }

  /** A key of the architecture's own. */
  flag(key: string): boolean | undefined {
    const value = this.#gguf.metadata.get(`${this.name}.${key}`)
    if (value === undefined || typeof value === 'boolean') return value
    throw this.refusal(`${this.name}.${key}`, 'must be true or false')
  }

  text(key: string): string | undefined {
    const value = this.#gguf.metadata.get(key)
    if (value === undefined || typeof value === 'string') return value
    throw this.refusal(key, 'must be text')
  }

  refusal(key: string, reason: string): ModelError {
    const value = this.#gguf.metadata.get(key)
    return new ModelError(this.#gguf.file.name, `${key} ${reason}, received ${shown(value)}`)
  }
}
