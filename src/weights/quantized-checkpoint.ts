// A checkpoint of quantized safetensors as one of floats: each module's packed tensors stand for one F32 matrix, whose values
// are exact sums of products rounded once. Knows no packing and no architecture.

import { memoryFor } from './files.ts'
import type { Quantization } from './quantized-config.ts'
import { mlxMatrices } from './quantized-mlx.ts'
import { wordMatrices } from './quantized-words.ts'
import { type Checkpoint, checkRows, rowLength } from './tensors.ts'

/** @throws ModelError where packed tensors do not fit each other. */
export function dequantized(stored: Checkpoint, quantization: Quantization): Checkpoint {
  const list = quantization.method === 'mlx' ? mlxMatrices(stored, quantization) : wordMatrices(stored, quantization)
  const matrices = new Map(list.map((matrix) => [matrix.tensor.name, matrix]))
  const tensors = new Map(stored.tensors)
  for (const { parts, tensor } of list) {
    for (const part of parts) tensors.delete(part)
    tensors.set(tensor.name, tensor)
  }
  return {
    tensors,
    quantized: true,
    async read(name, firstRow, rows, options = {}) {
      const matrix = matrices.get(name)
      if (!matrix) return stored.read(name, firstRow, rows, options)
      checkRows(matrix.tensor, firstRow, rows)
      const count = rows * rowLength(matrix.tensor)
      const values = new Float32Array(memoryFor(count * 4, options.into), 0, count)
      await matrix.read(values, firstRow, rows, options)
      return new Uint8Array(values.buffer, 0, values.byteLength)
    },
  }
}
