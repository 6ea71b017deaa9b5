// A checkpoint of any shape with random f16 weights and nothing behind it: one block of noise, read over and over.

import { allRoles, type ModelSpec } from '../src/model/spec.ts'
import type { Checkpoint } from '../src/weights/checkpoint.ts'
import { floatToHalf } from '../src/weights/layouts.ts'
import type { TensorInfo } from '../src/weights/safetensors.ts'

const NOISE = 1 << 16 // elements

export function randomCheckpoint(spec: ModelSpec): Checkpoint {
  const tensors = new Map<string, TensorInfo>()
  for (const { names, rows, cols } of allRoles(spec))
    names.forEach((name, i) => {
      const shape = cols === undefined ? [rows[i]!] : [rows[i]!, cols]
      const end = shape.reduce((a, b) => a * b) * 2
      tensors.set(name, { name, dtype: 'F16', shape, file: 'noise', start: 0, end })
    })
  const noise = new Uint16Array(NOISE)
  let state = 1
  for (let i = 0; i < NOISE; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    noise[i] = floatToHalf((state / 2 ** 31 - 1) * 0.05)
  }
  return {
    tensors,
    async read(name, _firstRow, rows) {
      const { shape, end } = tensors.get(name)!
      const out = new Uint16Array(((end / 2) * rows) / shape[0]!)
      // Norms of 1 keep logits as spread as a trained model's: a flat distribution costs sampling more.
      if (shape.length === 1) return new Uint8Array(out.fill(floatToHalf(1)).buffer)
      for (let at = 0; at < out.length; at += NOISE) out.set(noise.subarray(0, Math.min(NOISE, out.length - at)), at)
      return new Uint8Array(out.buffer)
    },
  }
}
