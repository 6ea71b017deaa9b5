// Uploads a checkpoint's tensors into matrices and vectors through a bounded staging buffer, converting on the GPU. Knows
// no model: callers name tensors and say which become one matrix.

import { groupsOf, halfToFloat, weightLayouts } from '../weights/layouts.ts'
import type { ReadOptions } from '../weights/tensors.ts'
import { encode, type Gpu, type Kernel } from './gpu.ts'
import { conversionKernel, convertWeights, type FloatDtype } from './launchers/convert-weights.ts'
import { createMatrix, type Matrix, type MatrixPart, type MatrixShape } from './matrix.ts'
import { Patience } from './patience.ts'
import { checkConversion } from './self-test/conversion.ts'

export interface TensorSource {
  readonly name: string
  readonly dtype: FloatDtype
  readonly rows: number
  readonly cols: number
  /** Little-endian bytes of rows [firstRow, firstRow + rows); memory as in ReadOptions. */
  readonly read: (firstRow: number, rows: number, memory?: PieceMemory) => Promise<Uint8Array>
  /** Values lie on grids with this largest q, which `read` fills in: layouts that have as many steps keep them. */
  readonly gridTop?: number
}

type PieceMemory = Pick<ReadOptions, 'into' | 'grids'>

export interface WeightUploadOptions {
  /** Called with the checkpoint bytes of each piece handed to the GPU. */
  readonly onProgress?: (bytes: number) => void
  readonly signal?: AbortSignal
  /** Bytes of a piece, 4 MiB unless given; a row is never split. */
  readonly chunkBytes?: number
  /** Bytes of the largest part of a matrix; the device's limit unless given. */
  readonly maxBinding?: number
  /** Whether each kernel's first rows are compared with what the CPU makes of them; true unless given. */
  readonly selfTest?: boolean
}

const DTYPE_BYTES: Readonly<Record<FloatDtype, number>> = { f32: 4, f16: 2, bf16: 2 }
const CONVERSION_BYTES = 16
const MAX_TENSORS = 2 ** 17
/** Groups of 32 that one dispatch may convert, within every device's limits. */
const MAX_GROUPS = 2 ** 21
const TRIED_ROWS = 2

/** Where a model's tensors go, as WeightUpload says. */
export type Placement = Pick<WeightUpload, 'matrix' | 'vector'>

/** Reads and holds nothing: matrices have their shapes, for launchers to ask for kernels, and share a buffer of no use. */
export function shapesOnly(gpu: Gpu): Placement {
  const none = gpu.createBuffer('none', 0)
  const empty = { limits: gpu.limits, createBuffer: () => none }
  return {
    async matrix(label, format, sources, placing) {
      const matrix = createMatrix(empty, label, { format, rows: rowsOf(sources), cols: sources[0]!.cols, ...placing })
      for (const source of sources) conversionKernel(gpu, matrix, source.dtype, keepsGrid(matrix, source))
      return matrix
    },
    vector: async () => none,
  }
}

export class WeightUpload {
  readonly #gpu: Gpu
  readonly #options: WeightUploadOptions
  readonly #conversion: GPUBuffer
  readonly #faults: GPUBuffer
  readonly #names: string[] = []
  readonly #tried = new Set<Kernel>()
  readonly #patience = new Patience()
  #staging: GPUBuffer | undefined
  #grids: GPUBuffer | undefined
  /** What the pieces before were read into. */
  #pieceMemory = new ArrayBuffer(0)
  #gridMemory = new Uint32Array(0)

  constructor(gpu: Gpu, options: WeightUploadOptions = {}) {
    this.#gpu = gpu
    this.#options = options
    const { UNIFORM, STORAGE, COPY_DST, COPY_SRC } = GPUBufferUsage
    this.#conversion = gpu.createBuffer('conversion', CONVERSION_BYTES, UNIFORM | COPY_DST)
    this.#faults = gpu.createBuffer('faults', MAX_TENSORS * 4, STORAGE | COPY_SRC)
  }

  /**
   * A matrix of the sources' rows one after another, or alternating (`paired`, sources of equal shape two by two). The data is
   * there for launches submitted after this resolves; `finish` says whether it is sound.
   */
  async matrix(
    label: string,
    format: MatrixShape['format'],
    sources: readonly TensorSource[],
    { paired = false, together }: Pick<MatrixShape, 'paired' | 'together'> = {},
  ): Promise<Matrix> {
    const cols = sources[0]!.cols
    const misfit = sources.find((source) => source.cols !== cols || (paired && source.rows !== sources[0]!.rows))
    if (misfit || (paired && sources.length % 2)) {
      const shapes = sources.map(({ name, rows, cols }) => `${name} [${rows}, ${cols}]`).join(', ')
      throw new Error(`Cannot join tensors into ${label}: shapes do not fit, received ${shapes}`)
    }
    const shape = { format, rows: rowsOf(sources), cols, paired, together }
    const matrix = createMatrix(this.#gpu, label, shape, this.#options.maxBinding)
    const stride = paired ? 2 : 1
    let offset = 0
    for (const [i, source] of sources.entries()) {
      const first = paired ? offset - (i % 2) * (source.rows - 1) : offset
      for (const part of matrix.parts) {
        // Rows of the source whose place in the matrix, first + row * stride, is in this part.
        const from = Math.max(0, Math.ceil((part.firstRow - first) / stride))
        const to = Math.min(source.rows, Math.ceil((part.firstRow + part.rows - first) / stride))
        await this.#convert(matrix, part, source, from, to, first, stride)
      }
      offset += source.rows
    }
    return matrix
  }

  /** A vector of f32, the sources one after another (norm weights, biases), `plus` added. @throws naming a source with NaN or Inf. */
  async vector(label: string, sources: readonly TensorSource[], plus = 0): Promise<GPUBuffer> {
    const pieces: Float32Array[] = []
    for (const { name, dtype, rows, cols, read } of sources) {
      this.#options.signal?.throwIfAborted()
      const bytes = await read(0, rows)
      checkLength(name, bytes, rows * cols * DTYPE_BYTES[dtype])
      const values = decodeFloats(dtype, bytes)
      if (!values.every(Number.isFinite))
        throw new Error(`Cannot load tensor ${name}: it has values that are not finite`)
      pieces.push(plus ? values.map((value) => value + plus) : values)
      this.#options.onProgress?.(bytes.byteLength)
    }
    const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.length
    }
    return this.#gpu.createBufferWith(label, all)
  }

  /** Waits for the GPU and frees what was only for loading. @throws naming a tensor that the layout cannot hold. */
  async finish(): Promise<void> {
    const faults = await this.#readFaults()
    this.dispose()
    const name = this.#names[faults.findIndex((count) => count > 0)]
    if (name)
      throw new Error(`Cannot load tensor ${name}: it has values that are not finite or too large for the format`)
  }

  /** Frees what was only for loading; for loads that fail or are aborted. */
  dispose(): void {
    for (const buffer of [this.#conversion, this.#faults, this.#staging, this.#grids])
      if (buffer) this.#gpu.destroyBuffer(buffer)
  }

  async #convert(
    matrix: Matrix,
    part: MatrixPart,
    source: TensorSource,
    from: number,
    to: number,
    first: number,
    stride: number,
  ): Promise<void> {
    const { signal, onProgress, chunkBytes = 2 ** 22, selfTest = true } = this.#options
    const { device } = this.#gpu
    if (from >= to) return
    const groups = groupsOf(source.cols)
    const rowBytes = source.cols * DTYPE_BYTES[source.dtype]
    const step = Math.min(to - from, Math.max(1, Math.floor(Math.min(chunkBytes / rowBytes, MAX_GROUPS / groups))))
    const onGrid = keepsGrid(matrix, source)
    this.#staging = this.#grown('staging', this.#staging, step * rowBytes)
    if (onGrid) this.#grids = this.#grown('staged grids', this.#grids, step * groups * 4)
    const [raw, gridBuffer] = [this.#staging, onGrid ? this.#grids : undefined]
    const buffers = { raw, grids: gridBuffer, conversion: this.#conversion, faults: this.#faults }
    const launch = convertWeights(this.#gpu, { matrix, part, dtype: source.dtype, ...buffers }, step)
    await this.#gpu.readyFor(launch.kernel)
    for (let row = from; row < to; row += step) {
      signal?.throwIfAborted()
      const rows = Math.min(step, to - row)
      const into = this.#memoryOf(rows * rowBytes)
      const grids = onGrid ? this.#gridsOf(rows * groups) : undefined
      const bytes = await source.read(row, rows, { into, grids })
      checkLength(source.name, bytes, rows * rowBytes)
      // One piece is on its way while the next is read: memory stays bounded, the GPU busy.
      await this.#patience.until(() => device.queue.onSubmittedWorkDone())
      signal?.throwIfAborted()
      this.#write(raw, bytes)
      if (gridBuffer && grids) device.queue.writeBuffer(gridBuffer, 0, grids)
      const tensor = this.#indexOf(source.name)
      const conversion = Uint32Array.of(rows, first + row * stride - part.firstRow, stride, tensor)
      device.queue.writeBuffer(this.#conversion, 0, conversion)
      const encoder = device.createCommandEncoder()
      const pass = encoder.beginComputePass()
      encode(pass, [launch], { rows: 0, decodeRows: 0, outputs: 0, maxKeys: 0, pools: 0 })
      pass.end()
      device.queue.submit([encoder.finish()])
      if (selfTest && !this.#tried.has(launch.kernel)) {
        const count = Math.min(rows, TRIED_ROWS)
        const values = decodeFloats(source.dtype, bytes.subarray(0, count * rowBytes))
        const places = Array.from({ length: count }, (_, i) => first + (row + i) * stride - part.firstRow)
        // What no layout holds is for `finish` to tell.
        if (values.every((value) => Math.abs(value) <= 65504)) {
          this.#tried.add(launch.kernel)
          await checkConversion(this.#gpu, matrix, part, places, values)
        }
      }
      onProgress?.(bytes.byteLength)
    }
  }

  #indexOf(name: string): number {
    if (this.#names.at(-1) !== name) this.#names.push(name)
    if (this.#names.length > MAX_TENSORS) throw new Error(`Cannot load more than ${MAX_TENSORS} tensors`)
    return this.#names.length - 1
  }

  /** The same for all pieces: when one is read, the one before is on the GPU. */
  #memoryOf(bytes: number): ArrayBuffer {
    if (this.#pieceMemory.byteLength < bytes) this.#pieceMemory = new ArrayBuffer(bytes)
    return this.#pieceMemory
  }

  #gridsOf(groups: number): Uint32Array<ArrayBuffer> {
    if (this.#gridMemory.length < groups) this.#gridMemory = new Uint32Array(groups)
    return this.#gridMemory.subarray(0, groups)
  }

  /** The buffer, or a larger one in its place. */
  #grown(label: string, buffer: GPUBuffer | undefined, bytes: number): GPUBuffer {
    if (buffer && buffer.size >= bytes) return buffer
    if (buffer) this.#gpu.destroyBuffer(buffer)
    return this.#gpu.createBuffer(label, bytes)
  }

  /** Any number of bytes, where WebGPU wants a multiple of four. */
  #write(buffer: GPUBuffer, bytes: Uint8Array): void {
    const { queue } = this.#gpu.device
    const whole = bytes.byteLength & ~3
    queue.writeBuffer(buffer, 0, bytes.buffer as ArrayBuffer, bytes.byteOffset, whole)
    if (whole === bytes.byteLength) return
    const tail = new Uint8Array(4)
    tail.set(bytes.subarray(whole))
    queue.writeBuffer(buffer, whole, tail)
  }

  async #readFaults(): Promise<Uint32Array> {
    const { device } = this.#gpu
    const size = Math.max(4, this.#names.length * 4)
    const { MAP_READ, COPY_DST } = GPUBufferUsage
    const copy = this.#gpu.createBuffer('faults copy', size, MAP_READ | COPY_DST)
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(this.#faults, 0, copy, 0, size)
    device.queue.submit([encoder.finish()])
    try {
      await copy.mapAsync(GPUMapMode.READ)
      return new Uint32Array(copy.getMappedRange(0, size).slice(0))
    } finally {
      this.#gpu.destroyBuffer(copy)
    }
  }
}

const rowsOf = (sources: readonly TensorSource[]) => sources.reduce((sum, { rows }) => sum + rows, 0)

/** Whether a matrix has as many steps as the grids that a tensor's values lie on. */
const keepsGrid = ({ format }: Matrix, { gridTop = Infinity }: TensorSource) =>
  gridTop <= (weightLayouts[format].top ?? 0)

function checkLength(name: string, bytes: Uint8Array, expected: number): void {
  if (bytes.byteLength !== expected)
    throw new Error(`Cannot load tensor ${name}: expected ${expected} bytes, received ${bytes.byteLength}`)
}

/** Little-endian floats of a checkpoint. */
export function decodeFloats(dtype: FloatDtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out = new Float32Array(bytes.byteLength / DTYPE_BYTES[dtype])
  if (dtype === 'f32') return out.map((_, i) => view.getFloat32(i * 4, true))
  if (dtype === 'f16') return out.map((_, i) => halfToFloat(view.getUint16(i * 2, true)))
  const bits = new Uint32Array(out.buffer)
  for (let i = 0; i < out.length; i++) bits[i] = view.getUint16(i * 2, true) << 16
  return out
}
