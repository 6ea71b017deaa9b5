import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { floatToHalf, halfToFloat } from '../../src/weights/layouts.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { encodeFloats } from '../reference/floats.ts'
import { uniform } from '../support/random.ts'
import { encode, type Tensor, writeSafetensors } from '../support/tiny-llama.ts'

const open = (config: unknown, tensors: readonly Tensor[]) =>
  openCheckpoint(
    resolveModelFiles({
      'config.json': new Blob([encode(config)]),
      'model.safetensors': new Blob([writeSafetensors(tensors)]),
    }),
  )

const words = (dtype: string, name: string, shape: number[], values: ArrayLike<number>): Tensor => ({
  name,
  dtype,
  shape,
  bytes: new Uint8Array(Uint32Array.from(values).buffer),
})
const halves = (name: string, shape: number[], values: ArrayLike<number>): Tensor => ({
  name,
  dtype: 'F16',
  shape,
  bytes: encodeFloats(values, 'F16'),
})

/** A random matrix: quanta, and what they stand for, with scale and zero (or bias) of each group. */
function matrix(
  rows: number,
  cols: number,
  groups: number,
  top: number,
  groupOf = (col: number) => Math.floor(col / (cols / groups)),
) {
  const next = uniform(rows * cols)
  const nat = (most: number) => Math.floor(next() * (most + 1))
  const half = () => halfToFloat(floatToHalf(next() - 0.5))
  const q = Array.from({ length: rows * cols }, () => nat(top))
  const scale = Array.from({ length: rows * groups }, half) // [rows, groups]
  const zero = Array.from({ length: rows * groups }, () => nat(top))
  const bias = Array.from({ length: rows * groups }, half)
  const values = (weight: (q: number, scale: number, zero: number, bias: number) => number) =>
    Float32Array.from(q, (q, i) => {
      const group = Math.floor(i / cols) * groups + groupOf(i % cols)
      return weight(q, scale[group]!, zero[group]!, bias[group]!)
    })
  return { rows, cols, groups, q, scale, zero, bias, values }
}
type Random = ReturnType<typeof matrix>

/** Words of eight nibbles: `at` says which value nibble k of word w is. */
const pack = (count: number, at: (word: number, k: number) => number) =>
  Array.from({ length: count }, (_, word) =>
    Array.from({ length: 8 }, (_, k) => at(word, k) * 16 ** k).reduce((sum, part) => sum + part),
  )
/** [rows, groups] as [groups, rows]. */
const transposed = ({ rows, groups }: Random, values: readonly number[]) =>
  Array.from({ length: rows * groups }, (_, i) => values[(i % rows) * groups + Math.floor(i / rows)]!)

function gptq(m: Random, { order = undefined as number[] | undefined, less = 1 } = {}): Tensor[] {
  const zeros = transposed(m, m.zero).map((zero) => (zero - less + 16) % 16)
  return [
    words(
      'I32',
      'a.qweight',
      [m.cols / 8, m.rows],
      pack((m.cols / 8) * m.rows, (word, k) => {
        const [block, row] = [Math.floor(word / m.rows), word % m.rows]
        return m.q[row * m.cols + block * 8 + k]!
      }),
    ),
    words(
      'I32',
      'a.qzeros',
      [m.groups, m.rows / 8],
      pack((m.groups * m.rows) / 8, (word, k) => zeros[word * 8 + k]!),
    ),
    halves('a.scales', [m.groups, m.rows], transposed(m, m.scale)),
    ...(order ? [words('I32', 'a.g_idx', [m.cols], order)] : []),
  ]
}

function awq(m: Random): Tensor[] {
  const columns = [0, 2, 4, 6, 1, 3, 5, 7]
  const zeros = transposed(m, m.zero)
  return [
    words(
      'I32',
      'a.qweight',
      [m.cols, m.rows / 8],
      pack((m.cols * m.rows) / 8, (word, k) => {
        const [col, block] = [Math.floor(word / (m.rows / 8)), word % (m.rows / 8)]
        return m.q[(block * 8 + columns[k]!) * m.cols + col]!
      }),
    ),
    words(
      'I32',
      'a.qzeros',
      [m.groups, m.rows / 8],
      pack((m.groups * m.rows) / 8, (word, k) => zeros[word * 8 + columns[k]!]!),
    ),
    halves('a.scales', [m.groups, m.rows], transposed(m, m.scale)),
  ]
}

function mlx(m: Random, bits: 4 | 8, module = 'a'): Tensor[] {
  const perWord = 32 / bits
  const packed = Array.from({ length: (m.rows * m.cols) / perWord }, (_, word) =>
    Array.from({ length: perWord }, (_, k) => m.q[word * perWord + k]! * 2 ** (bits * k)).reduce((a, b) => a + b),
  )
  return [
    words('U32', `${module}.weight`, [m.rows, m.cols / perWord], packed),
    halves(`${module}.scales`, [m.rows, m.groups], m.scale),
    halves(`${module}.biases`, [m.rows, m.groups], m.bias),
  ]
}

const gptqConfig = (group_size: number, more = {}) => ({
  quantization_config: { quant_method: 'gptq', bits: 4, group_size, ...more },
})
const awqConfig = (group_size: number) => ({
  quantization_config: { quant_method: 'awq', bits: 4, group_size, version: 'gemm' },
})
const mlxConfig = (bits: number, group_size: number, more = {}) => ({ quantization: { bits, group_size, ...more } })

const minusZero = (q: number, scale: number, zero: number) => scale * (q - zero)
const plusBias = (q: number, scale: number, _: number, bias: number) => scale * q + bias

describe('rows of', () => {
  const grouped = matrix(24, 64, 4, 15)
  const single = matrix(16, 32, 1, 15)
  const order = Array.from({ length: 64 }, (_, col) => (col * 7) % 4)
  const shuffled = matrix(16, 64, 4, 15, (col) => order[col]!)
  const bytes = matrix(6, 64, 2, 255)
  const cases: [name: string, config: object, tensors: Tensor[], expected: Float32Array, cols: number][] = [
    ['GPTQ', gptqConfig(16), gptq(grouped), grouped.values(minusZero), 64],
    ['GPTQ, one group', gptqConfig(-1), gptq(single), single.values(minusZero), 32],
    [
      'GPTQ with inputs in another order',
      gptqConfig(16, { desc_act: true }),
      gptq(shuffled, { order }),
      shuffled.values(minusZero),
      64,
    ],
    [
      'GPTQ, second version',
      gptqConfig(16, { checkpoint_format: 'gptq_v2' }),
      gptq(grouped, { less: 0 }),
      grouped.values(minusZero),
      64,
    ],
    ['AWQ', awqConfig(16), awq(grouped), grouped.values(minusZero), 64],
    ['MLX 4 bits', mlxConfig(4, 16), mlx(grouped, 4), grouped.values(plusBias), 64],
    ['MLX 8 bits', mlxConfig(8, 32), mlx(bytes, 8), bytes.values(plusBias), 64],
    [
      'MLX, one module otherwise',
      mlxConfig(4, 64, { a: { bits: 8, group_size: 32 } }),
      mlx(bytes, 8),
      bytes.values(plusBias),
      64,
    ],
  ]
  it.each(cases)('%s', async (_, config, tensors, expected, cols) => {
    const other = halves('a.bias', [3], [1, 2, 3])
    const checkpoint = await open(config, [...tensors, other])
    const rows = expected.length / cols
    expect([...checkpoint.tensors.keys()].sort()).toEqual(['a.bias', 'a.weight'])
    expect(checkpoint.tensors.get('a.weight')).toMatchObject({ dtype: 'F32', shape: [rows, cols] })
    const values = async (first: number, count: number) =>
      new Float32Array((await checkpoint.read('a.weight', first, count)).buffer)
    expect(await values(0, rows)).toEqual(expected)
    expect(await values(3, 2)).toEqual(expected.slice(3 * cols, 5 * cols))
    expect(await checkpoint.read('a.bias', 1, 2)).toEqual(other.bytes.slice(2))
    await expect(checkpoint.read('a.weight', rows, 1)).rejects.toThrow(`it has ${rows} rows`)
  })

  it('MLX modules that are not quantized stay as they are', async () => {
    const checkpoint = await open(mlxConfig(4, 16, { b: false }), [
      ...mlx(grouped, 4),
      halves('b.weight', [2, 2], [1, 2, 3, 4]),
    ])
    expect(checkpoint.tensors.get('b.weight')).toMatchObject({ dtype: 'F16', shape: [2, 2] })
  })
})

describe('refuses', () => {
  const m = matrix(16, 32, 2, 15)
  const without = (tensors: Tensor[], name: string) => tensors.filter((tensor) => tensor.name !== name)
  const cases: [name: string, config: unknown, tensors: Tensor[], reason: RegExp][] = [
    [
      'other methods',
      { quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true } },
      [],
      /quant_method must be gptq or awq, received "bitsandbytes"/,
    ],
    [
      'other bits',
      { quantization_config: { quant_method: 'gptq', bits: 3, group_size: 128 } },
      [],
      /quantization_config bits must be 4, received 3/,
    ],
    ['other bits of MLX', mlxConfig(3, 64), [], /quantization bits must be 4 or 8, received 3/],
    [
      'other modes of MLX',
      mlxConfig(4, 32, { mode: 'mxfp4' }),
      [],
      /quantization mode must be affine, received "mxfp4"/,
    ],
    [
      'other layouts of AWQ',
      { quantization_config: { quant_method: 'awq', bits: 4, group_size: 128, version: 'gemv' } },
      [],
      /version must be gemm, received "gemv"/,
    ],
    ['something else', { quantization_config: 7 }, [], /^Cannot load config.json: quantization_config/],
    ['missing zeros', gptqConfig(16), without(gptq(m), 'a.qzeros'), /it lacks the tensor a.qzeros/],
    ['missing biases', mlxConfig(4, 16), without(mlx(m, 4), 'a.biases'), /it lacks the tensor a.biases/],
    ['another group size', awqConfig(8), awq(m), /tensor a.qzeros must be I32 or U32 \[4,2\], received I32 \[2,2\]/],
    ['another group size of MLX', mlxConfig(4, 24), mlx(m, 4), /rows of groups of 24, received 32 columns/],
    [
      'odd types',
      gptqConfig(16),
      [...without(gptq(m), 'a.qweight'), halves('a.qweight', [4, 16], new Array(64).fill(0))],
      /a.qweight must be I32 or U32 \[rows, cols\], received F16/,
    ],
  ]
  it.each(cases)('%s', async (_, config, tensors, reason) => {
    await expect(open(config, tensors)).rejects.toThrow(ModelError)
    await expect(open(config, tensors)).rejects.toThrow(reason)
  })

  it('a group that there is not', async () => {
    const checkpoint = await open(gptqConfig(16), gptq(m, { order: new Array(32).fill(2) }))
    await expect(checkpoint.read('a.weight', 0, 1)).rejects.toThrow(/a has 2 groups, received 2 in its g_idx/)
  })

  it('any config and shapes, or reads them', async () => {
    const number = fc.oneof(fc.constantFrom(4, 8, 16, 32, -1, 0, 128), fc.double())
    const config = fc.record({
      quant_method: fc.constantFrom('gptq', 'awq', undefined),
      bits: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(4, 8) }, number),
      group_size: number,
      a: fc.oneof(fc.constant(undefined), fc.jsonValue()),
    })
    const size = fc.constantFrom(0, 1, 2, 4, 8, 16)
    const tensor = fc.record({
      name: fc.constantFrom('a.weight', 'a.scales', 'a.biases', 'a.qweight', 'a.qzeros', 'a.g_idx'),
      dtype: fc.constantFrom('I32', 'U32', 'F32'),
      shape: fc.array(size, { minLength: 1, maxLength: 3 }),
    })
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(config, tensors, async (quantization_config, tensors) => {
        const filled = tensors.map((tensor) => ({
          ...tensor,
          bytes: new Uint8Array(tensor.shape.reduce((product: number, n) => product * n, 4)),
        }))
        try {
          const checkpoint = await open({ quantization_config }, filled)
          for (const { name, shape } of checkpoint.tensors.values()) await checkpoint.read(name, 0, shape[0]!)
        } catch (error) {
          if (!(error instanceof ModelError)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })
})
