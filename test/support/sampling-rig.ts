// Drives the sampling kernels alone: logits in, sampled tokens out.

import type { SampledToken } from '../../src/engine/model-runner.ts'
import { encode, type Gpu, type Launch } from '../../src/webgpu/gpu.ts'
import { logitsStride } from '../../src/webgpu/launchers/logits-edit.ts'
import { decodeRecords } from '../../src/webgpu/sampling-records.ts'
import { type SamplingSizes, SamplingState } from '../../src/webgpu/sampling-state.ts'
import { writeLogits } from '../../src/webgpu/self-test/sampling.ts'

export interface RigOutput {
  readonly slot: number
  readonly draw?: number
  /** A token to score instead of a draw. */
  readonly wanted?: number
  /** What may be drawn, from the CPU. */
  readonly mask?: Uint32Array
}

export type RigSizes = Pick<SamplingSizes, 'vocabSize' | 'lanes' | 'vocabulary' | 'tableBytes'>

export class SamplingRig {
  readonly state: SamplingState
  readonly #gpu: Gpu
  readonly #vocabSize: number
  readonly #logits: GPUBuffer
  readonly #outputs: GPUBuffer
  readonly #launches: Launch[]

  private constructor(gpu: Gpu, rows: number, sizes: RigSizes) {
    this.#gpu = gpu
    this.#vocabSize = sizes.vocabSize
    this.state = new SamplingState(gpu, { maxSequences: rows, maxOutputs: rows, lanes: 32, ...sizes })
    this.#logits = gpu.createBuffer('logits', rows * logitsStride(sizes.vocabSize) * 4)
    this.#outputs = gpu.createBuffer('outputs', rows * 16)
    this.#launches = this.state.launches(this.#logits, this.#outputs)
  }

  /** Ready to step, its kernels compiled. */
  static async create(gpu: Gpu, sizes: number | RigSizes, rows = 64): Promise<SamplingRig> {
    const rig = new SamplingRig(gpu, rows, typeof sizes === 'number' ? { vocabSize: sizes } : sizes)
    await gpu.ready()
    return rig
  }

  /** One row for each output, in order; a single row is given to the first `copies` of them. */
  setLogits(logits: Float32Array<ArrayBuffer>, copies = 1): void {
    const vocabSize = this.#vocabSize
    for (let i = 0; i < copies; i++)
      for (let row = 0; row * vocabSize < logits.length; row++) {
        const values = logits.slice(row * vocabSize, (row + 1) * vocabSize)
        writeLogits(this.#gpu, this.#logits, i + row, values)
      }
  }

  /** Submits a step at once; resolves with its tokens. */
  async step(outputs: readonly RigOutput[]): Promise<SampledToken[]> {
    const { device } = this.#gpu
    const words = outputs.flatMap(({ slot, draw = 0, wanted = 0xffffffff }, row) => [row, slot, wanted, draw])
    device.queue.writeBuffer(this.#outputs, 0, Uint32Array.from(words))
    const drawing = outputs.filter(({ wanted }) => wanted === undefined)
    this.state.prepare(drawing, drawing.length < outputs.length)
    const staging = device.createBuffer({
      size: this.state.records.size,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    })
    device.pushErrorScope('validation')
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    const shape = { rows: outputs.length, decodeRows: 0, outputs: outputs.length, maxKeys: 0, pools: 0 }
    encode(pass, this.#launches, shape)
    pass.end()
    encoder.copyBufferToBuffer(this.state.records, 0, staging, 0, staging.size)
    device.queue.submit([encoder.finish()])
    const failed = device.popErrorScope()
    await staging.mapAsync(GPUMapMode.READ)
    const error = await failed
    if (error) throw new Error(error.message)
    const tokens = decodeRecords(staging.getMappedRange().slice(0), outputs.length)
    staging.destroy()
    return tokens
  }

  close(): void {
    this.state.close()
    this.#gpu.destroyBuffer(this.#logits)
    this.#gpu.destroyBuffer(this.#outputs)
  }
}

/** Outputs 0 … count − 1, each drawing into the slot of its number. */
export const draws = (count: number, draw: number): RigOutput[] =>
  Array.from({ length: count }, (_, slot) => ({ slot, draw }))
