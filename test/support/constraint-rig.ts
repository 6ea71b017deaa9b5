// Drives the constraint kernels alone: places and drawn tokens in, rows of the mask out. Slot i has output i.

import type { Vocabulary } from '../../src/constraint/index.ts'
import { ConstraintState } from '../../src/webgpu/constraint-state.ts'
import type { Gpu, Launch } from '../../src/webgpu/gpu.ts'
import { vocabularyShape } from '../../src/webgpu/launchers/logits-edit.ts'
import { spellingsOf } from './constraints.ts'
import { readU32, run } from './run-kernel.ts'

const DRAW = 0xffffffff

export class ConstraintRig {
  readonly state: ConstraintState
  readonly #gpu: Gpu
  readonly #words: number
  readonly #mask: GPUBuffer
  readonly #slotTokens: GPUBuffer
  readonly #outputs: GPUBuffer
  readonly #launches: { readonly mask: Launch; readonly advance: Launch }

  constructor(gpu: Gpu, vocabulary: Vocabulary, slots: number, lanes = gpu.software ? 32 : 256) {
    this.#gpu = gpu
    this.#words = vocabulary.words
    const shape = vocabularyShape(vocabulary.size, lanes)
    this.state = new ConstraintState(gpu, { shape, maxSequences: slots, vocabulary: spellingsOf(vocabulary) })
    this.#mask = gpu.createBuffer('mask', slots * vocabulary.words * 4)
    this.#slotTokens = gpu.createBuffer('tokens', slots * 4)
    this.#outputs = gpu.createBuffer('outputs', slots * 16)
    for (let slot = 0; slot < slots; slot++) this.want(slot, DRAW)
    const [mask, slotTokens, outputs] = [this.#mask, this.#slotTokens, this.#outputs]
    this.#launches = this.state.launches({ outputs, slotTokens, mask })
  }

  /** A token to score, in place of a draw. */
  want(slot: number, wanted: number): void {
    this.#gpu.device.queue.writeBuffer(this.#outputs, slot * 16, Uint32Array.of(slot, slot, wanted, 0))
  }

  /** The mask's first `slots` rows after a step. */
  async masks(slots: number): Promise<Uint32Array[]> {
    await this.#run('mask', slots)
    const words = await readU32(this.#gpu, this.#mask)
    return Array.from({ length: slots }, (_, slot) => words.subarray(slot * this.#words, (slot + 1) * this.#words))
  }

  /** As if the slots had drawn these. */
  async advance(tokens: readonly number[]): Promise<void> {
    this.#gpu.device.queue.writeBuffer(this.#slotTokens, 0, Uint32Array.from(tokens))
    await this.#run('advance', tokens.length)
  }

  close(): void {
    this.state.close()
    for (const buffer of [this.#mask, this.#slotTokens, this.#outputs]) this.#gpu.destroyBuffer(buffer)
  }

  #run(name: 'mask' | 'advance', outputs: number): Promise<void> {
    this.state.prepare(Array.from({ length: outputs }, (_, slot) => slot))
    return run(this.#gpu, [this.#launches[name]], { outputs })
  }
}
