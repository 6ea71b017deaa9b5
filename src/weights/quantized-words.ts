// GPTQ's and AWQ's packing: matrices stored transposed, [in, out], eight quanta of 4 bits in a word; weight = scale · (q −
// zero), scale and zero for each group of inputs. A matrix's packed bytes are kept while its rows are read.

import { ModelError } from './errors.ts'
import { GROUP, groupsOf } from './layouts.ts'
import type { WordQuantization } from './quantized-config.ts'
import { FLOATS, floats, gridBits, type PackedMatrix, part } from './quantized-parts.ts'
import type { Checkpoint, Dtype } from './tensors.ts'

const QUANTA = '.qweight'
const WORDS: readonly Dtype[] = ['I32', 'U32']
/** AWQ: shift of each of eight columns in a word. */
const AWQ_SHIFTS = [0, 16, 4, 20, 8, 24, 12, 28]

interface Parts {
  readonly quanta: Uint32Array
  /** [groups, rows / 8] */
  readonly zeros: Uint32Array
  /** [groups, rows] */
  readonly scales: Float32Array
  /** Of each column. */
  readonly groupOf: Uint32Array
}

export function wordMatrices(stored: Checkpoint, quantization: WordQuantization): PackedMatrix[] {
  let kept: { readonly module: string; readonly parts: Promise<Parts> } | undefined
  const keep = (module: string, load: () => Promise<Parts>): Promise<Parts> => {
    if (kept?.module !== module) {
      const loading = { module, parts: load() }
      kept = loading
      loading.parts.catch(() => {
        if (kept === loading) kept = undefined
      })
    }
    return kept!.parts
  }
  const modules = [...stored.tensors.keys()].filter((name) => name.endsWith(QUANTA))
  return modules.map((quanta) => wordMatrix(stored, quantization, quanta.slice(0, -QUANTA.length), keep))
}

function wordMatrix(
  stored: Checkpoint,
  { method, groupSize, zeroOffset, inOrder }: WordQuantization,
  module: string,
  keep: (module: string, load: () => Promise<Parts>) => Promise<Parts>,
): PackedMatrix {
  const gptq = method === 'gptq'
  const quanta = part(stored, `${module}.qweight`, WORDS)
  const [height, width] = quanta.shape as [number, number]
  const [cols, rows] = gptq ? [height * 8, width] : [height, width * 8]
  const refuse = (reason: string) => new ModelError(quanta.file, `${module} ${reason}`)
  if (rows % 8 !== 0 || cols % 8 !== 0)
    throw refuse(`must have a multiple of 8 rows and columns, received [${rows}, ${cols}]`)
  const groups = Math.ceil(cols / (groupSize ?? cols))
  const zeros = part(stored, `${module}.qzeros`, WORDS, [groups, rows / 8])
  const scales = part(stored, `${module}.scales`, FLOATS, [groups, rows])
  const order =
    gptq && stored.tensors.has(`${module}.g_idx`) ? part(stored, `${module}.g_idx`, WORDS, [cols]) : undefined

  const load = async (signal?: AbortSignal): Promise<Parts> => {
    const read = async (name: string) => stored.read(name, 0, stored.tensors.get(name)!.shape[0]!, { signal })
    const groupOf = order
      ? new Uint32Array((await read(order.name)).buffer)
      : Uint32Array.from({ length: cols }, (_, col) => Math.floor(col / (groupSize ?? cols)))
    const beyond = groupOf.find((group) => group >= groups)
    if (beyond !== undefined) throw refuse(`has ${groups} groups, received ${beyond} in its g_idx`)
    return {
      quanta: new Uint32Array((await read(quanta.name)).buffer),
      zeros: new Uint32Array((await read(zeros.name)).buffer),
      scales: floats(scales.dtype, await read(scales.name)),
      groupOf,
    }
  }
  return {
    tensor: {
      name: `${module}.weight`,
      dtype: 'F32',
      shape: [rows, cols],
      file: quanta.file,
      ...((inOrder || !order) && (groupSize ?? GROUP) % GROUP === 0 && { gridTop: 15 }),
    },
    parts: [quanta.name, zeros.name, scales.name, ...(order ? [order.name] : [])],
    async read(values, firstRow, count, { signal, grids }) {
      const { quanta, zeros, scales, groupOf } = await keep(module, () => load(signal))
      const zeroOf = (row: number, group: number) => {
        const shift = gptq ? (row & 7) * 4 : AWQ_SHIFTS[row & 7]!
        return (((zeros[group * (rows / 8) + (row >> 3)]! >>> shift) & 15) + zeroOffset) & 15
      }
      // Eight columns at a time: their words lie close together from row to row.
      for (let firstCol = 0; firstCol < cols; firstCol += 8) {
        for (let i = 0; i < count; i++) {
          const row = firstRow + i
          const rowShift = gptq ? (row & 7) * 4 : AWQ_SHIFTS[row & 7]!
          let known = -1
          let scale = 0
          let zero = 0
          for (let col = firstCol; col < firstCol + 8; col++) {
            const group = groupOf[col]!
            if (group !== known) {
              known = group
              scale = scales[group * rows + row]!
              zero = zeroOf(row, group)
            }
            const word = gptq ? quanta[(col >> 3) * rows + row]! : quanta[col * (rows / 8) + (row >> 3)]!
            const q = (word >>> (gptq ? (col & 7) * 4 : rowShift)) & 15
            values[i * cols + col] = scale * (q - zero)
          }
        }
      }
      if (grids) {
        const across = groupsOf(cols)
        for (let i = 0; i < grids.length; i++) {
          const [row, first] = [Math.floor(i / across), (i % across) * GROUP]
          const group = groupOf[first]!
          const [scale, own] = [scales[group * rows + firstRow + row]!, groupOf.subarray(first, first + GROUP)]
          if (own.some((other) => other !== group))
            throw refuse('must have neighbouring columns in one group by its desc_act, received another g_idx')
          grids[i] = gridBits(scale, -scale * zeroOf(firstRow + row, group))
        }
      }
    },
  }
}
