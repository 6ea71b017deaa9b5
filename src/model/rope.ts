// Rotary position frequencies, from either spelling of the config. Knows no kernel.

import * as z from 'zod/mini'
import { positive, refusal } from './fields.ts'

const kinds = z.literal(['default', 'linear', 'llama3', 'factors'], 'must be default, linear or llama3')

const parameters = z.looseObject(
  {
    rope_type: z.optional(kinds),
    type: z.optional(kinds), // the old name of rope_type
    rope_theta: z.nullish(positive),
    factor: z.nullish(positive),
    low_freq_factor: z.nullish(positive),
    high_freq_factor: z.nullish(positive),
    original_max_position_embeddings: z.nullish(positive),
    partial_rotary_factor: z.nullish(positive),
    factors: z.optional(z.array(positive)), // of our own: what a GGUF says instead of the other keys
  },
  'must be an object',
)

/** The config's keys on rotary embedding. */
export const ropeSchema = {
  rope_theta: z.nullish(positive),
  rope_scaling: z.nullish(parameters),
  rope_parameters: z.nullish(parameters),
  partial_rotary_factor: z.nullish(positive),
}

export type RopeParameters =
  | { readonly rope_type: 'default'; readonly rope_theta: number }
  | { readonly rope_type: 'linear'; readonly rope_theta: number; readonly factor: number }
  | { readonly rope_type: 'factors'; readonly rope_theta: number; readonly factors: readonly number[] }
  | {
      readonly rope_type: 'llama3'
      readonly rope_theta: number
      readonly factor: number
      readonly low_freq_factor: number
      readonly high_freq_factor: number
      readonly original_max_position_embeddings: number
    }

type RopeConfig = { readonly [key in keyof typeof ropeSchema]?: z.infer<(typeof ropeSchema)[key]> }

export function readRope(config: RopeConfig): RopeParameters {
  const key = config.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const given = config[key] ?? {}
  const need = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = given[name]
    if (typeof value !== 'number') throw refusal(`${key}.${name} must be a positive number`, value)
    return value
  }
  const isNested = (name: string) => typeof given[name] === 'object' && given[name] !== null && name !== 'factors'
  const nested = Object.keys(given).find(isNested)
  if (nested) throw refusal(`${key} must be one for all layers`, given)
  const partial = given.partial_rotary_factor ?? config.partial_rotary_factor ?? 1
  if (partial !== 1) throw refusal('partial_rotary_factor must be 1', partial)
  const rope_theta = given.rope_theta ?? config.rope_theta ?? 10000
  const rope_type = given.rope_type ?? given.type ?? 'default'
  if (rope_type === 'default') return { rope_type, rope_theta }
  if (rope_type === 'factors') return { rope_type, rope_theta, factors: given.factors ?? [] }
  if (rope_type === 'linear') return { rope_type, rope_theta, factor: need('factor') }
  const [low_freq_factor, high_freq_factor] = [need('low_freq_factor'), need('high_freq_factor')]
  if (high_freq_factor <= low_freq_factor)
    throw refusal(`${key}.high_freq_factor must be above low_freq_factor (${low_freq_factor})`, high_freq_factor)
  const original_max_position_embeddings = need('original_max_position_embeddings')
  return {
    rope_type,
    rope_theta,
    factor: need('factor'),
    low_freq_factor,
    high_freq_factor,
    original_max_position_embeddings,
  }
}

/** Radians a position, for each pair of rotated elements, after scaling. */
export function inverseFrequencies(rope: RopeParameters, rotaryDim: number): Float64Array {
  if (rope.rope_type === 'factors' && rope.factors.length !== rotaryDim / 2)
    throw refusal(`rope_scaling.factors must be ${rotaryDim / 2} numbers`, rope.factors)
  return Float64Array.from({ length: rotaryDim / 2 }, (_, i) =>
    scaled(rope, rope.rope_theta ** ((-2 * i) / rotaryDim), i),
  )
}

function scaled(rope: RopeParameters, frequency: number, i: number): number {
  if (rope.rope_type === 'factors') return frequency / rope.factors[i]!
  if (rope.rope_type === 'default') return frequency
  if (rope.rope_type === 'linear') return frequency / rope.factor
  // Turns over the trained length: many stay as they are, few are slowed by `factor`, between them a blend.
  const turns = (rope.original_max_position_embeddings * frequency) / (2 * Math.PI)
  const { low_freq_factor: low, high_freq_factor: high, factor } = rope
  const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)))
  return frequency * (kept + (1 - kept) / factor)
}
