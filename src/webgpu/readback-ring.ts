// Brings small results back from the GPU without ever stalling it: a ring of buffers, mapped behind the steps that fill
// them. Knows bytes only.

import type { Gpu } from './gpu.ts'

export class ReadbackRing {
  readonly #gpu: Gpu
  readonly #size: number
  readonly #free: GPUBuffer[] = []

  /** Each buffer holds `size` bytes; buffers are made as steps in flight need them and kept. */
  constructor(gpu: Gpu, size: number) {
    this.#gpu = gpu
    this.#size = size
  }

  /** Records a copy of `bytes` of `source` from `start` on; call `result` once the commands are submitted. */
  copy(encoder: GPUCommandEncoder, source: GPUBuffer, bytes: number, start = 0): { result(): Promise<ArrayBuffer> } {
    const { MAP_READ, COPY_DST } = GPUBufferUsage
    const buffer = this.#free.pop() ?? this.#gpu.createBuffer('readback', this.#size, MAP_READ | COPY_DST)
    encoder.copyBufferToBuffer(source, start, buffer, 0, bytes)
    return {
      result: async () => {
        await buffer.mapAsync(GPUMapMode.READ, 0, bytes)
        const data = buffer.getMappedRange(0, bytes).slice(0)
        buffer.unmap()
        this.#free.push(buffer)
        return data
      },
    }
  }
}
