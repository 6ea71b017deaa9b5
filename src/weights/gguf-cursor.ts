// Reads a GGUF's header from front to back in pieces. Every length is held against what is left before anything of that size
// is made. Knows bytes, not keys.

import { ModelError } from './errors.ts'
import type { ModelFile } from './files.ts'

const PIECE = 2 ** 20
/** Vocabularies of the largest models take about 20 MiB. */
const MAX_HEADER = 256 * 2 ** 20

export class Cursor {
  readonly file: ModelFile
  readonly #signal: AbortSignal | undefined
  readonly #end: number
  /** A token may be a byte order mark, and stays one. */
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #bytes = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)
  /** Where `#bytes` starts in the file, and where in it the next value is. */
  #start = 0
  #at = 0

  constructor(file: ModelFile, signal?: AbortSignal) {
    this.file = file
    this.#signal = signal
    this.#end = Math.min(file.size, MAX_HEADER)
  }

  get position(): number {
    return this.#start + this.#at
  }

  /** Whether the next `count` bytes are there without reading. */
  has(count: number): boolean {
    return this.#at + count <= this.#bytes.length
  }

  /** Makes the next `count` bytes available to the methods that take them. */
  async need(count: number): Promise<void> {
    if (this.has(count)) return
    this.check(count)
    const start = this.position
    this.#bytes = await this.file.read(start, Math.min(this.#end, start + Math.max(count, PIECE)), this.#signal)
    this.#view = new DataView(this.#bytes.buffer)
    this.#start = start
    this.#at = 0
  }

  /** @throws ModelError where the header cannot have `count` bytes more. */
  check(count: number): void {
    if (this.position + count <= this.#end) return
    const most = this.#end < this.file.size ? `at most ${this.#end} bytes` : `${this.#end} bytes`
    throw new ModelError(
      this.file.name,
      `its header has ${most}, received a length that ends at ${this.position + count}`,
    )
  }

  /** The view and place of the next `count` bytes, which are then behind. */
  take(count: number): readonly [view: DataView, at: number] {
    const at = this.#at
    this.#at += count
    return [this.#view, at]
  }

  u32(): number {
    const [view, at] = this.take(4)
    return view.getUint32(at, true)
  }

  /** Inexact beyond 2^53, which no length or offset of a file can be. */
  u64(): number {
    const [view, at] = this.take(8)
    return Number(view.getBigUint64(at, true))
  }

  async string(): Promise<string> {
    if (!this.has(8)) await this.need(8)
    const length = this.u64()
    if (!this.has(length)) await this.need(length)
    const [, at] = this.take(length)
    try {
      return this.#decoder.decode(this.#bytes.subarray(at, at + length))
    } catch (cause) {
      throw new ModelError(this.file.name, `the text at byte ${this.position - length} is not valid UTF-8`, { cause })
    }
  }
}
