// Packs what changes from step to step into one buffer (the structs of kernels/lib/step.wgsl), one write a step.

import type { Batch } from '../engine/model-runner.ts'
import type { BufferSlice, Gpu, StepShape } from './gpu.ts'

const TOKEN_OF_SLOT = 0xffffffff
const OUTPUT_SAMPLE = 0xffffffff
/** Words of a Row, of an Output and of a Pool. */
const WORDS = 4
/** Offsets of bindings into one buffer must be multiples of this: the specification's largest minimum. */
const ALIGNMENT = 256

export class StepData {
  /** `Step` uniform, `array<Row>`, `array<Output>`, `array<Pool>`. */
  readonly step: BufferSlice
  readonly rows: BufferSlice
  readonly outputs: BufferSlice
  readonly pools: BufferSlice
  readonly #gpu: Gpu
  readonly #buffer: GPUBuffer
  readonly #words: Uint32Array<ArrayBuffer>
  readonly #rowsAt: number
  readonly #outputsAt: number
  readonly #poolsAt: number

  constructor(gpu: Gpu, maxRows: number, maxOutputs: number, maxPools: number) {
    this.#gpu = gpu
    const rowBytes = Math.ceil((maxRows * WORDS * 4) / ALIGNMENT) * ALIGNMENT
    const outputBytes = maxOutputs * WORDS * 4
    const poolBytes = maxPools * WORDS * 4
    const words = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * (ALIGNMENT / 4)
    this.#outputsAt = ALIGNMENT / 4
    this.#poolsAt = this.#outputsAt + words(outputBytes)
    this.#rowsAt = this.#poolsAt + words(poolBytes)
    const size = this.#rowsAt * 4 + rowBytes
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC } = GPUBufferUsage
    this.#buffer = gpu.createBuffer('step', size, STORAGE | UNIFORM | COPY_DST | COPY_SRC)
    this.#words = new Uint32Array(size / 4)
    this.step = { buffer: this.#buffer, offset: 0, size: 16 }
    this.outputs = { buffer: this.#buffer, offset: ALIGNMENT, size: outputBytes }
    this.pools = { buffer: this.#buffer, offset: this.#poolsAt * 4, size: poolBytes }
    this.rows = { buffer: this.#buffer, offset: this.#rowsAt * 4, size: rowBytes }
  }

  /** Writes the batch for the step submitted next; returns its shape. */
  write(batch: Batch): StepShape {
    let row = 0
    let output = 0
    let maxKeys = 0
    let pools = 0
    const putRow = (slot: number, position: number, token: number) => {
      this.#words.set([slot, position, token, 0], this.#rowsAt + row++ * WORDS)
    }
    const putOutput = (slot: number, wanted: number, draw: number) => {
      this.#words.set([row - 1, slot, wanted, draw], this.#outputsAt + output++ * WORDS)
    }
    for (const { slot, position, draw } of batch.decode) {
      putRow(slot, position, TOKEN_OF_SLOT)
      putOutput(slot, OUTPUT_SAMPLE, draw)
      maxKeys = Math.max(maxKeys, position + 1)
    }
    const decodeRows = row
    for (const { slot, start, tokens, targets, draw, pool } of batch.prefill) {
      if (pool) {
        const [first, count, added] = pool === 'sum' ? [row, tokens.length, start] : [row + tokens.length - 1, 1, 0]
        this.#words.set([first, count, slot, added], this.#poolsAt + pools++ * WORDS)
      }
      for (let i = 0; i < tokens.length; i++) {
        putRow(slot, start + i, tokens[i]!)
        const wanted = targets?.[i] ?? -1
        if (wanted >= 0) putOutput(slot, wanted, 0)
      }
      if (draw !== undefined) putOutput(slot, OUTPUT_SAMPLE, draw)
    }
    this.#words.set([row, decodeRows, output, maxKeys])
    const end = this.#rowsAt + row * WORDS
    this.#gpu.device.queue.writeBuffer(this.#buffer, 0, this.#words, 0, end)
    return { rows: row, decodeRows, outputs: output, maxKeys, pools }
  }
}
