// What a trial of a launcher is: known inputs, and how far what comes out is from what the CPU makes of them. Knows no
// launcher.

import type { Bindable, Gpu, StepShape } from '../gpu.ts'
import type { KvCache } from '../kv-cache.ts'

/** A row of the step, as kernels/lib/step.wgsl has it. */
export interface BenchRow {
  readonly slot: number
  readonly position: number
  /** Undefined: the one last sampled into the slot. */
  readonly token: number | undefined
}

/** What lies on the device while a launcher is tried. */
export interface Bench {
  readonly gpu: Gpu
  readonly cache: KvCache
  /** Blocks of a slot, in order. */
  readonly blocksOf: (slot: number) => readonly number[]
  readonly shape: StepShape
  readonly rows: readonly BenchRow[]
  /** Indices into `rows` of those that get logits. */
  readonly outputs: readonly number[]
  /** Rows whose final states are summed up for a slot, `added` to what it has. */
  readonly pools: readonly {
    readonly slot: number
    readonly first: number
    readonly count: number
    readonly added: boolean
  }[]
}

export interface Trial {
  /** Read once the launches ran. */
  readonly reads: readonly Slice[]
  /** Largest error of what was read, in units of what rounding may explain: up to 1 is right. */
  readonly error: (read: readonly ArrayBuffer[]) => number
}

export interface Slice {
  readonly buffer: GPUBuffer
  readonly offset: number
  readonly size: number
}

/** Of a binding, `size` bytes from `offset` on; all of it unless given. */
export function slice(bound: Bindable, offset = 0, size?: number): Slice {
  const { buffer, offset: start = 0, size: whole = buffer.size - start } = 'buffer' in bound ? bound : { buffer: bound }
  return { buffer, offset: start + offset, size: size ?? whole - offset }
}

export function write(gpu: Gpu, bound: Bindable, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void {
  const { buffer, offset } = slice(bound)
  gpu.device.queue.writeBuffer(buffer, offset, data)
}

/** Multiples of 1/64 from -1 to 1, the same for the same seed: exact in every format. */
export function testValues(count: number, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    values[i] = (((h ^ (h >>> 13)) >>> 8) % 129) / 64 - 1
  }
  return values
}

/** Rows of `width` test values with zeros up to `stride`. */
export function testRows(rows: number, width: number, stride: number, seed: number): Float32Array<ArrayBuffer> {
  const values = testValues(rows * stride, seed)
  for (let row = 0; row < rows; row++) values.fill(0, row * stride + width, (row + 1) * stride)
  return values
}

/** The larger of two errors; NaN is the largest. */
export const worse = (a: number, b: number): number => (b <= a ? a : Number.isNaN(b) ? Infinity : b)
