// One buffer for the tables of several automata: each is uploaded once, stays while slots hold it, and after that until its
// room is needed, the one unused longest going first. Grows up to a bound. Knows no slot.

import type { Automaton } from '../engine/token-constraint.ts'
import type { Gpu } from './gpu.ts'

/** An automaton in the buffer; offsets in words. */
interface Entry {
  readonly automaton: Automaton
  readonly at: number
  readonly words: number
  holders: number
}

const HEADER_WORDS = 8 // the struct Table of kernels/lib/automaton.wgsl
const FACT_WORDS = 4
const GO = 1
const GUARDED_GO = 6 // the kernels' own: a go to a state that has an `any` guard, so that others need not look
/** Offset 0 means no table. */
const FIRST = 16

export class TableArena {
  readonly #gpu: Gpu
  readonly #most: number
  readonly #moved: () => void
  readonly #entries: Entry[] = [] // by offset
  readonly #used = new Map<Automaton, Entry>() // least recently held first
  #buffer: GPUBuffer

  /** Of at most `bytes`; `moved` is called when `buffer` is another one. */
  constructor(gpu: Gpu, bytes: number, moved: () => void) {
    this.#gpu = gpu
    this.#most = Math.min(bytes, gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize) / 4
    this.#moved = moved
    this.#buffer = gpu.createBuffer('constraint tables', Math.min(64 * 1024, this.#most * 4))
  }

  get buffer(): GPUBuffer {
    return this.#buffer
  }

  /** Where the automaton's table begins, in words, until it is released as often as held; undefined: there is no room. */
  hold(automaton: Automaton): number | undefined {
    const entry = this.#used.get(automaton) ?? this.#upload(automaton)
    if (!entry) return undefined
    entry.holders++
    this.#used.delete(automaton)
    this.#used.set(automaton, entry)
    return entry.at
  }

  release(automaton: Automaton): void {
    this.#used.get(automaton)!.holders--
  }

  close(): void {
    this.#gpu.destroyBuffer(this.#buffer)
  }

  #upload(automaton: Automaton): Entry | undefined {
    const { next, meta, retStart, ret, masks } = automaton
    const words = HEADER_WORDS + 256 + next.length + meta.length + retStart.length + ret.length + masks.length
    if (FIRST + words > this.#most) return undefined
    const at = this.#room(words)
    if (at === undefined) return undefined
    if ((at + words) * 4 > this.#buffer.size) this.#grow(at + words)
    this.#gpu.device.queue.writeBuffer(this.#buffer, at * 4, packed(automaton, at, words))
    const entry = { automaton, at, words, holders: 0 }
    this.#entries.push(entry)
    this.#entries.sort((a, b) => a.at - b.at)
    this.#used.set(automaton, entry)
    return entry
  }

  /** The first gap of so many words, made by dropping what nobody holds if need be. */
  #room(words: number): number | undefined {
    for (;;) {
      let at = FIRST
      for (const entry of this.#entries) {
        if (at + words <= entry.at) return at
        at = entry.at + entry.words
      }
      if (at + words <= this.#most) return at
      const oldest = [...this.#used.values()].find(({ holders }) => holders === 0)
      if (!oldest) return undefined
      this.#used.delete(oldest.automaton)
      this.#entries.splice(this.#entries.indexOf(oldest), 1)
    }
  }

  #grow(words: number): void {
    const old = this.#buffer
    const size = Math.min(Math.max(words, (2 * old.size) / 4), this.#most) * 4
    this.#buffer = this.#gpu.createBuffer('constraint tables', size)
    const encoder = this.#gpu.device.createCommandEncoder()
    encoder.copyBufferToBuffer(old, 0, this.#buffer, 0, old.size)
    this.#gpu.device.queue.submit([encoder.finish()])
    this.#gpu.destroyBuffer(old) // steps submitted before run to their end
    this.#moved()
  }
}

/** The automaton's arrays as the kernels read them, for a table that begins at word `at`. */
function packed(automaton: Automaton, at: number, words: number): Uint32Array<ArrayBuffer> {
  const { classes, words: nameWords, classOf, next, meta, retStart, ret, masks } = automaton
  const out = new Uint32Array(words)
  const offsets: number[] = []
  let end = HEADER_WORDS
  for (const array of [classOf, next, meta, retStart, ret, masks]) {
    out.set(array, end)
    offsets.push(at + end)
    end += array.length
  }
  out.set([classes, nameWords, ...offsets])
  for (let i = 0, from = offsets[1]! - at; i < next.length; i++) {
    const operand = next[i]! & 0x0fffffff
    if (next[i]! >>> 28 === GO && meta[operand * FACT_WORDS + 1] !== 0)
      out[from + i] = ((GUARDED_GO << 28) | operand) >>> 0
  }
  return out
}
