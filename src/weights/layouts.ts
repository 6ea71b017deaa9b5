// How weight matrices lie in memory, one row a format, and the exact arithmetic to write and read them on the CPU.
// A matrix is [rows, cols] row-major, each row rounded up to whole groups of 32. Knows no GPU and no checkpoint format.

export type WeightFormat = 'f32' | 'f16' | 'q8' | 'q4'

export const GROUP = 32

export interface WeightLayout {
  /** Bytes of `data` a group of 32 takes. */
  readonly groupBytes: number
  /** Largest quantum: weight = q * scale + bias, the two as f16 in a u32 of `scales` for each group. */
  readonly top?: number
  /** Raw value (a float's or a quantum) of element `i` of a group. */
  readonly get: (words: DataView, group: number, i: number) => number
  readonly set: (words: DataView, group: number, i: number, value: number) => void
}

/** Byte of a q4 group that holds element i, and its shift: in each u32, elements 0–3 are low nibbles, 4–7 high ones. */
const nibble = (i: number) => [(i >> 3) * 4 + (i & 3), i & 4] as const

export const weightLayouts: Readonly<Record<WeightFormat, WeightLayout>> = {
  f32: {
    groupBytes: 128,
    get: (data, group, i) => data.getFloat32(group * 128 + i * 4, true),
    set: (data, group, i, value) => data.setFloat32(group * 128 + i * 4, value, true),
  },
  f16: {
    groupBytes: 64,
    get: (data, group, i) => halfToFloat(data.getUint16(group * 64 + i * 2, true)),
    set: (data, group, i, value) => data.setUint16(group * 64 + i * 2, floatToHalf(value), true),
  },
  q8: {
    groupBytes: 32,
    top: 255,
    get: (data, group, i) => data.getUint8(group * 32 + i),
    set: (data, group, i, value) => data.setUint8(group * 32 + i, value),
  },
  q4: {
    groupBytes: 16,
    top: 15,
    get: (data, group, i) => {
      const [byte, shift] = nibble(i)
      return (data.getUint8(group * 16 + byte) >> shift) & 15
    },
    set: (data, group, i, value) => {
      const [byte, shift] = nibble(i)
      const at = group * 16 + byte
      data.setUint8(at, (data.getUint8(at) & ~(15 << shift)) | (value << shift))
    },
  },
}

/** Groups a row of `cols` takes. */
export const groupsOf = (cols: number) => Math.ceil(cols / GROUP)

/** `cols` rounded up to whole groups: elements a row of activations takes. */
export const paddedCols = (cols: number) => groupsOf(cols) * GROUP

/** Bytes of data and scales of a matrix. */
export function matrixBytes(format: WeightFormat, rows: number, cols: number): number {
  const { groupBytes, top } = weightLayouts[format]
  return rows * groupsOf(cols) * (groupBytes + (top ? 4 : 0))
}

export interface PackedMatrix {
  readonly format: WeightFormat
  readonly rows: number
  readonly cols: number
  readonly data: Uint8Array<ArrayBuffer>
  /** A u32 a group, (scale, bias) as f16, scale in the low half; empty for float formats. */
  readonly scales: Uint32Array<ArrayBuffer>
}

/** @throws {Error} when a value is not finite or beyond f16 in a format that cannot hold it. */
export function packMatrix(format: WeightFormat, rows: number, cols: number, values: ArrayLike<number>): PackedMatrix {
  const { groupBytes, top, set } = weightLayouts[format]
  const groups = groupsOf(cols)
  const data = new Uint8Array(rows * groups * groupBytes)
  const view = new DataView(data.buffer)
  const scales = new Uint32Array(top ? rows * groups : 0)
  const limit = format === 'f32' ? Number.MAX_VALUE : 65519.99
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < cols; start += GROUP) {
      const group = row * groups + start / GROUP
      const end = Math.min(start + GROUP, cols)
      const elements = Array.from({ length: end - start }, (_, i) => values[row * cols + start + i]!)
      const bad = elements.find((value) => !(Math.abs(value) <= limit))
      if (bad !== undefined) throw new Error(`Cannot hold weight as ${format}: row ${row} has ${bad}`)
      if (!top) {
        for (const [i, value] of elements.entries()) set(view, group, i, value)
        continue
      }
      const low = Math.min(...elements)
      const stretched = { scale: (Math.max(...elements) - low) / top, bias: low }
      const line = top < 16 ? fitted(stretched, elements, top) : stretched
      const scaleBits = floatToHalf(line.scale)
      const biasBits = floatToHalf(line.bias)
      scales[group] = scaleBits | (biasBits << 16)
      const scale = halfToFloat(scaleBits)
      const bias = halfToFloat(biasBits)
      for (const [i, value] of elements.entries()) {
        const q = scale === 0 ? 0 : Math.floor((value - bias) / scale + 0.5)
        set(view, group, i, Math.min(Math.max(q, 0), top))
      }
    }
  }
  return { format, rows, cols, data, scales }
}

interface Line {
  readonly scale: number
  readonly bias: number
}

/** By least squares, as kernels/lib/quantize.wgsl does it. */
function fitted(stretched: Line, elements: readonly number[], top: number): Line {
  let { scale, bias } = stretched
  for (let round = 0; round < 3 && scale > 0; round++) {
    const quanta = elements.map((x) => Math.min(Math.max(Math.floor((x - bias) / scale + 0.5), 0), top))
    const sum = (of: (q: number, x: number) => number) => quanta.reduce((all, q, i) => all + of(q, elements[i]!), 0)
    const [n, q, x] = [elements.length, sum((q) => q), sum((_, x) => x)]
    const spread = n * sum((q) => q * q) - q * q
    if (spread <= 0) break
    scale = (n * sum((q, x) => q * x) - q * x) / spread
    bias = (x - scale * q) / n
  }
  return { scale, bias }
}

/** The values that kernels compute with, exact in f64: [rows, cols]. */
export function unpackMatrix({ format, rows, cols, data, scales }: PackedMatrix): Float64Array<ArrayBuffer> {
  const { top, get } = weightLayouts[format]
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const groups = groupsOf(cols)
  const out = new Float64Array(rows * cols)
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const group = row * groups + Math.floor(col / GROUP)
      const raw = get(view, group, col % GROUP)
      const pair = top ? scales[group]! : 0
      out[row * cols + col] = top ? raw * halfToFloat(pair & 0xffff) + halfToFloat(pair >>> 16) : raw
    }
  }
  return out
}

/** What a half's last place is worth, by its exponent's field. */
const PLACES = Float64Array.from({ length: 31 }, (_, field) => 2 ** (Math.max(field, 1) - 25))

/** f16 bits of a number, to nearest even; infinity beyond 65504. Rounds once, from f64. */
export function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(size)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  const exponent = Math.max(Math.floor(Math.log2(size)), -14)
  const steps = size / PLACES[exponent + 15]! // exact
  const floor = Math.floor(steps)
  const rest = steps - floor
  const rounded = floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0)
  // A normal's steps start at 1024, which adds one to the exponent field; a carry adds another.
  return sign | ((exponent + 14) * 1024 + rounded)
}

export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const mantissa = bits & 1023
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity
  return sign * (exponent === 0 ? mantissa : 1024 + mantissa) * PLACES[exponent]!
}
