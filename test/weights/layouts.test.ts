import { describe, expect, it } from 'vitest'
import {
  floatToHalf,
  halfToFloat,
  matrixBytes,
  packMatrix,
  unpackMatrix,
  type WeightFormat,
  weightLayouts,
} from '../../src/weights/layouts.ts'
import { normals } from '../support/random.ts'

describe('halves', () => {
  it('come back from floats, every one of them', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfToFloat(bits)
      if (!Number.isNaN(value)) expect(floatToHalf(value)).toBe(bits)
    }
  })

  it('are the nearest, the even one of two', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [halfToFloat(bits), halfToFloat(bits + 1)]
      const middle = (low + high) / 2
      expect(floatToHalf(middle)).toBe(bits + (bits & 1))
      expect(floatToHalf(middle + (high - low) / 1024)).toBe(bits + 1)
      expect(floatToHalf(-(middle - (high - low) / 1024))).toBe(bits | 0x8000)
    }
    expect([65519, 65520, -1e9].map(floatToHalf)).toEqual([0x7bff, 0x7c00, 0xfc00])
  })
})

describe('weight layouts', () => {
  const formats = Object.keys(weightLayouts) as WeightFormat[]

  it('give back what a format can hold', () => {
    for (const format of formats) {
      for (const [rows, cols] of [
        [1, 1],
        [3, 32],
        [5, 33],
        [2, 100],
      ] as const) {
        // Multiples of 1/8, the smallest and largest of 0 … top in each group, so that quanta hit them exactly.
        const top = weightLayouts[format].top ?? 15
        const values = Float64Array.from({ length: rows * cols }, (_, i) => {
          const k = (i % cols) % 32
          return ((k === 0 ? 0 : k === 1 ? top : (i * 7) % (top + 1)) - 5) / 8
        })
        const packed = packMatrix(format, rows, cols, values)
        expect(packed.data.byteLength + packed.scales.byteLength).toBe(matrixBytes(format, rows, cols))
        expect(unpackMatrix(packed)).toEqual(values)
      }
    }
  })

  it('are within half a quantum, or half a last place', () => {
    const values = normals(64 * 96, 1)
    for (const [format, limit] of [
      ['f32', 0],
      ['f16', 2 ** -10],
      ['q8', 0.02],
      ['q4', 0.3],
    ] as const) {
      const got = unpackMatrix(packMatrix(format, 64, 96, values))
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0)
      expect(worst).toBeLessThanOrEqual(limit)
      if (format !== 'f32') expect(worst).toBeGreaterThan(limit / 8)
    }
  })

  it('put q4 elements 0–3 in low nibbles and 4–7 in high ones', () => {
    const values = Float64Array.from({ length: 32 }, (_, i) => i % 16)
    const { data, scales } = packMatrix('q4', 1, 32, values)
    expect([...data.subarray(0, 8)]).toEqual([0x40, 0x51, 0x62, 0x73, 0xc8, 0xd9, 0xea, 0xfb])
    expect(scales[0]).toBe(0x3c00)
  })

  it('keep a group of equal elements exactly', () => {
    for (const format of ['q8', 'q4'] as const) {
      const values = new Float64Array(40).fill(-0.15625)
      expect(unpackMatrix(packMatrix(format, 1, 40, values))).toEqual(values)
    }
  })

  it('refuse what they cannot hold', () => {
    for (const format of formats) {
      for (const bad of [Number.NaN, Infinity, ...(format === 'f32' ? [] : [7e4])])
        expect(() => packMatrix(format, 1, 2, [0, bad])).toThrow(`Cannot hold weight as ${format}: row 0 has ${bad}`)
    }
  })
})
