// A device with what every launcher needs: counted buffers, kernels compiled once, launches bound once. Knows no model.

import { type KernelFiles, kernelFiles } from './kernel-sources.ts'
import { Turns } from './patience.ts'
import type { SubgroupMatrices } from './subgroup-matrices.ts'
import { type Constants, link, type Variants } from './wgsl-link.ts'
import { type KernelInterface, reflect } from './wgsl-reflect.ts'

export interface Kernel extends KernelInterface {
  readonly name: string
  readonly source: string
  readonly layout: GPUBindGroupLayout
  /** Set once compiled; `Gpu.ready()` waits for all. */
  pipeline: GPUComputePipeline | undefined
  readonly compiled: Promise<void>
}

/** A buffer, or a part of one. Offsets and sizes in bytes; offsets are multiples of 256. */
export interface BufferSlice {
  readonly buffer: GPUBuffer
  readonly offset?: number
  readonly size?: number
}
export type Bindable = GPUBuffer | BufferSlice

/** Numbers of the step being encoded, known to the CPU. */
export interface StepShape {
  readonly rows: number
  readonly decodeRows: number
  readonly outputs: number
  /** Largest number of keys any decode row attends to. */
  readonly maxKeys: number
  /** Prefill chunks whose hidden states are kept. */
  readonly pools: number
}

export type Workgroups = readonly [x: number, y?: number, z?: number]

/** A kernel with its buffers, bound at load. `workgroups` says how many for a step; undefined leaves it out. */
export interface Launch {
  readonly kernel: Kernel
  readonly bindGroup: GPUBindGroup
  readonly workgroups: (step: StepShape) => Workgroups | undefined
}

/** The device has no room for a buffer. */
export class OutOfMemory extends Error {}

/** One of several ways to do the same. */
export interface Variant {
  readonly kernels: string
  readonly width: number
  readonly tile?: number
}

/** Of an adapter; unless given: a GPU, packedDot as the page says, no subgroupMatrices. */
export type GpuOptions = Partial<Pick<Gpu, 'software' | 'packedDot' | 'subgroupMatrices'>>

/** The least that WebGPU promises, so that what runs here runs anywhere. */
const MAX_STORAGE = 8

export class Gpu {
  readonly device: GPUDevice
  readonly limits: GPUSupportedLimits
  /** The adapter is a CPU: threads are lanes and barriers are dear. */
  readonly software: boolean
  /** Its language multiplies four bytes at once (packed_4x8_integer_dot_product). */
  readonly packedDot: boolean
  /** What its subgroups can multiply; kernels for it are in matrixKernelFiles. */
  readonly subgroupMatrices: SubgroupMatrices | undefined
  /** By the path below kernels/, without the ending: 'norm', 'lib/step'. */
  readonly #sources = new Map<string, string>()
  readonly #kernels = new Map<string, Kernel>()
  readonly #compiling = new Set<Promise<void>>()
  readonly #allocating = new Set<Promise<void>>()
  readonly #buffers = new Map<GPUBuffer, number>()
  readonly #distrusted = new Set<string>()
  readonly #turns = new Turns()
  #bytes = 0

  constructor(device: GPUDevice, { software = false, packedDot = hasPackedDot(), subgroupMatrices }: GpuOptions = {}) {
    this.device = device
    this.limits = device.limits
    this.software = software
    this.packedDot = packedDot
    this.subgroupMatrices = subgroupMatrices
    this.addSources(kernelFiles)
  }

  get sources(): ReadonlyMap<string, string> {
    return this.#sources
  }

  /** Adds kernels that are not there from the start. */
  addSources(files: KernelFiles): void {
    for (const [path, text] of Object.entries(files))
      this.#sources.set(path.replace(/^.*\/kernels\/|\.wgsl$/g, ''), text)
  }

  /** Variants found to be the fastest here, by what they are for; launchers look here before they follow a rule. */
  readonly tuned = new Map<string, Variant>()

  /** Bytes of all live buffers created here. */
  get bytesInUse(): number {
    return this.#bytes
  }

  get kernelNames(): string[] {
    return [...new Set([...this.#kernels.values()].map((kernel) => kernel.name))]
  }

  /** Kernels asked for so far, each with its constants. */
  get kernelCount(): number {
    return this.#kernels.size
  }

  has(feature: GPUFeatureName): boolean {
    return this.device.features.has(feature)
  }

  /** Whether none of these kernels was found to be wrong on this device; launchers take a safer variant then. */
  trusts(...names: readonly string[]): boolean {
    return !names.some((name) => this.#distrusted.has(name))
  }

  distrust(name: string): void {
    this.#distrusted.add(name)
  }

  /** Does work and destroys every buffer that was created meanwhile. */
  async temporarily<T>(work: () => Promise<T>): Promise<T> {
    const kept = new Set(this.#buffers.keys())
    try {
      return await work()
    } finally {
      for (const buffer of [...this.#buffers.keys()]) if (!kept.has(buffer)) this.destroyBuffer(buffer)
    }
  }

  /** Size in bytes, rounded up to 4. Zero-filled, as WebGPU promises. */
  createBuffer(label: string, size: number, usage: GPUBufferUsageFlags = STORAGE): GPUBuffer {
    const bytes = Math.max(16, Math.ceil(size / 4) * 4)
    if (bytes > this.limits.maxBufferSize)
      throw new Error(
        `Cannot create buffer ${label}: the adapter allows ${this.limits.maxBufferSize} bytes, received ${bytes}`,
      )
    this.device.pushErrorScope('out-of-memory')
    const buffer = this.device.createBuffer({ label, size: bytes, usage })
    this.#await(
      this.device.popErrorScope().then((error) => {
        if (error) throw new OutOfMemory(`Cannot create buffer ${label}: the GPU has no ${bytes} bytes left`)
      }),
      this.#allocating,
    )
    this.#buffers.set(buffer, bytes)
    this.#bytes += bytes
    return buffer
  }

  createBufferWith(label: string, data: ArrayBufferView, usage: GPUBufferUsageFlags = STORAGE): GPUBuffer {
    const buffer = this.createBuffer(label, data.byteLength, usage)
    this.device.queue.writeBuffer(buffer, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
    return buffer
  }

  destroyBuffer(buffer: GPUBuffer): void {
    const bytes = this.#buffers.get(buffer)
    if (bytes === undefined) return
    this.#buffers.delete(buffer)
    this.#bytes -= bytes
    buffer.destroy()
  }

  destroyAllBuffers(): void {
    for (const buffer of [...this.#buffers.keys()]) this.destroyBuffer(buffer)
  }

  /** The kernel of that file, variants and constants: linked, and compiled in the background once per final source. */
  kernel(name: string, variants: Variants = {}, constants: Constants = {}): Kernel {
    const source = link(this.#sources, name, variants, constants)
    const known = this.#kernels.get(source)
    if (known) return known
    const info = reflect(source)
    const storage = info.bindings.filter(({ type }) => type !== 'uniform').length
    if (storage > MAX_STORAGE)
      throw new Error(
        `Cannot bind kernel ${name}: every WebGPU has ${MAX_STORAGE} storage buffers, received ${storage}`,
      )
    const layout = this.device.createBindGroupLayout({
      label: name,
      entries: info.bindings.map(({ index, type }) => ({
        binding: index,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    })
    const asked = { ...info, name, source, layout, pipeline: undefined }
    const kernel: Kernel = Object.assign(asked, { compiled: this.#compile(asked) })
    this.#kernels.set(source, kernel)
    this.#await(kernel.compiled, this.#compiling)
    return kernel
  }

  /** Keeps work for `ready` to wait for; work that fails stays, for whoever waits to hear of it. */
  #await(work: Promise<void>, among: Set<Promise<void>>): void {
    among.add(work)
    work.then(
      () => among.delete(work),
      () => {},
    )
  }

  async #compile(kernel: Omit<Kernel, 'compiled'>): Promise<void> {
    const module = this.device.createShaderModule({ label: kernel.name, code: kernel.source })
    try {
      kernel.pipeline = await this.device.createComputePipelineAsync({
        label: kernel.name,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [kernel.layout] }),
        compute: { module, entryPoint: 'main' },
      })
    } catch (cause) {
      const { messages } = await module.getCompilationInfo()
      const lines = messages.map((m) => `${m.type} at line ${m.lineNum}: ${m.message}`).join('\n')
      throw new Error(`Cannot compile kernel ${kernel.name}: ${lines || (cause as Error).message}`, { cause })
    }
  }

  /**
   * Resolves when every kernel asked for so far is compiled and every buffer is there; tells how many kernels are, at least once.
   * @throws what the compiler or the allocator said.
   */
  async ready(onProgress?: (done: number, total: number) => void): Promise<void> {
    const tell = () => onProgress?.(this.#kernels.size - this.#compiling.size, this.#kernels.size)
    tell()
    while (this.#compiling.size > 0) await this.wait(Promise.all([...this.#compiling].map((one) => one.then(tell))))
    await Promise.all(this.#allocating)
  }

  /** As `ready`, of one kernel and every buffer: others may still be compiling. */
  async readyFor(kernel: Kernel): Promise<void> {
    await this.wait(kernel.compiled)
    await Promise.all(this.#allocating)
  }

  /** The same promise; until it is settled, a software adapter has the cores for itself. */
  wait<T>(work: Promise<T>): Promise<T> {
    return this.software ? this.#turns.until(work) : work
  }

  /** Binds buffers by the names that the kernel's WGSL gives them. */
  launch(kernel: Kernel, buffers: Readonly<Record<string, Bindable>>, workgroups: Launch['workgroups']): Launch {
    const extra = Object.keys(buffers).find((name) => !kernel.bindings.some((b) => b.name === name))
    if (extra) throw new Error(`Cannot bind kernel ${kernel.name}: it has no binding ${extra}`)
    const entries = kernel.bindings.map(({ name, index }) => {
      const bound = buffers[name]
      if (!bound) throw new Error(`Cannot bind kernel ${kernel.name}: no buffer for ${name}`)
      return { binding: index, resource: 'buffer' in bound ? bound : { buffer: bound } }
    })
    const bindGroup = this.device.createBindGroup({ label: kernel.name, layout: kernel.layout, entries })
    return { kernel, bindGroup, workgroups }
  }
}

function hasPackedDot(): boolean {
  return globalThis.navigator?.gpu?.wgslLanguageFeatures?.has('packed_4x8_integer_dot_product') ?? false
}

const STORAGE = 0x80 | 0x4 | 0x8 // GPUBufferUsage.STORAGE | COPY_SRC | COPY_DST, before a browser defines the names

/** Records the launches of one step into a pass. */
export function encode(pass: GPUComputePassEncoder, launches: readonly Launch[], step: StepShape): number {
  let dispatches = 0
  for (const { kernel, bindGroup, workgroups } of launches) {
    const size = workgroups(step)
    if (!size || size.some((n) => n === 0)) continue
    pass.setPipeline(kernel.pipeline!)
    pass.setBindGroup(0, bindGroup)
    pass.dispatchWorkgroups(...(size as [number, number?, number?]))
    dispatches++
  }
  return dispatches
}
