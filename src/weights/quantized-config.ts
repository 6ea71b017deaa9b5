// How a checkpoint of safetensors is quantized, by its config.json. Knows no tensor.

import * as z from 'zod/mini'
import { ModelError, shown } from './errors.ts'
import { validate } from './json.ts'

export type Quantization = MlxQuantization | WordQuantization

export interface MlxQuantization {
  readonly method: 'mlx'
  /** Undefined for a module that is not quantized. */
  readonly of: (module: string) => { readonly bits: number; readonly group_size: number } | undefined
}

export interface WordQuantization {
  readonly method: 'gptq' | 'awq'
  /** Columns that share a scale; undefined: all of them. */
  readonly groupSize: number | undefined
  /** What is added to a zero point as it is stored. */
  readonly zeroOffset: 0 | 1
  /** Neighbouring columns share a scale; else a list in the checkpoint may say otherwise. */
  readonly inOrder: boolean
}

const CONFIG = 'config.json'

const groupSize = z
  .int('must be a whole number')
  .check(z.minimum(8, 'must be at least 8'), z.maximum(2 ** 20, 'is too large'))
const mlxModule = z.object(
  { bits: z.literal([4, 8], 'must be 4 or 8'), group_size: groupSize },
  'must have bits and group_size',
)
const mlx = z.looseObject({
  ...mlxModule.def.shape,
  mode: z.optional(z.literal('affine', 'must be affine')),
})
const words = z.object({
  bits: z.literal(4, 'must be 4'),
  group_size: z.union([z.literal(-1), groupSize], 'must be -1 or a whole number of at least 8'),
  checkpoint_format: z.optional(z.literal(['gptq', 'gptq_v2'], 'must be gptq or gptq_v2')),
  desc_act: z.optional(z.boolean('must be true or false')),
  version: z.optional(z.literal(['gemm', 'GEMM'], 'must be gemm')),
})

/** Undefined where nothing is quantized. @throws ModelError for a method that is not read here. */
export function readQuantization(config: unknown): Quantization | undefined {
  if (typeof config !== 'object' || config === null) return undefined
  const keys = config as Readonly<Record<string, unknown>>
  const where = keys.quantization ? 'quantization' : 'quantization_config'
  const given = keys[where] as Readonly<Record<string, unknown>> | null | undefined
  if (given === undefined || given === null) return undefined
  const method = given.quant_method
  if (method === undefined) return readMlx(given, where)
  if (method !== 'gptq' && method !== 'awq')
    throw new ModelError(CONFIG, `${where}.quant_method must be gptq or awq, received ${shown(method)}`)
  const { group_size, checkpoint_format = 'gptq', desc_act } = validate(CONFIG, words, given, where)
  return {
    method,
    groupSize: group_size === -1 ? undefined : group_size,
    zeroOffset: method === 'gptq' && checkpoint_format === 'gptq' ? 1 : 0,
    inOrder: method === 'awq' || desc_act === false,
  }
}

function readMlx(given: Readonly<Record<string, unknown>>, where: string): MlxQuantization {
  const all = validate(CONFIG, mlx, given, where)
  const own = (module: string) => (Object.hasOwn(given, module) ? given[module] : undefined)
  return {
    method: 'mlx',
    of(module) {
      const value = own(module)
      if (value === false) return undefined
      return value === undefined || value === true ? all : validate(CONFIG, mlxModule, value, `${where}.${module}`)
    },
  }
}
