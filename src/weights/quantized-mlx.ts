// MLX's packing: rows of u32 words, quanta from the low bits on; weight = scale · q + bias for each group along a row.

import { ModelError } from './errors.ts'
import { GROUP } from './layouts.ts'
import type { MlxQuantization } from './quantized-config.ts'
import { FLOATS, floats, gridBits, type PackedMatrix, part } from './quantized-parts.ts'
import type { Checkpoint } from './tensors.ts'

const SCALES = '.scales'

export function mlxMatrices(stored: Checkpoint, quantization: MlxQuantization): PackedMatrix[] {
  const modules = [...stored.tensors.keys()].filter((name) => name.endsWith(SCALES))
  return modules.flatMap((scales) => mlxMatrix(stored, quantization, scales.slice(0, -SCALES.length)) ?? [])
}

function mlxMatrix(stored: Checkpoint, quantization: MlxQuantization, module: string): PackedMatrix | undefined {
  const how = quantization.of(module)
  if (!how) return undefined
  const { bits, group_size: groupSize } = how
  const name = `${module}.weight`
  const words = part(stored, name, ['U32'])
  const [rows, rowWords] = words.shape as [number, number]
  const perWord = 32 / bits
  const wordShift = Math.log2(perWord)
  const cols = rowWords * perWord
  if (cols % groupSize !== 0)
    throw new ModelError(
      words.file,
      `tensor ${name} must have rows of groups of ${groupSize}, received ${cols} columns`,
    )
  const groups = cols / groupSize
  const scales = part(stored, `${module}.scales`, FLOATS, [rows, groups])
  const biases = part(stored, `${module}.biases`, FLOATS, [rows, groups])
  return {
    tensor: {
      name,
      dtype: 'F32',
      shape: [rows, cols],
      file: words.file,
      ...(groupSize % GROUP === 0 && { gridTop: 2 ** bits - 1 }),
    },
    parts: [scales.name, biases.name],
    async read(values, firstRow, count, { signal, grids }) {
      const [packed, scale, bias] = await Promise.all([
        stored.read(name, firstRow, count, { signal }).then((bytes) => new Uint32Array(bytes.buffer)),
        stored.read(scales.name, firstRow, count, { signal }).then((bytes) => floats(scales.dtype, bytes)),
        stored.read(biases.name, firstRow, count, { signal }).then((bytes) => floats(biases.dtype, bytes)),
      ])
      const mask = 2 ** bits - 1
      for (let group = 0, i = 0; group < scale.length; group++) {
        const [step, least] = [scale[group]!, bias[group]!]
        for (const end = i + groupSize; i < end; i++) {
          const q = (packed[i >> wordShift]! >>> ((i & (perWord - 1)) * bits)) & mask
          values[i] = step * q + least
        }
      }
      if (grids)
        for (let i = 0; i < grids.length; i++) {
          const group = Math.floor((i * GROUP) / groupSize)
          grids[i] = gridBits(scale[group]!, bias[group]!)
        }
    },
  }
}
