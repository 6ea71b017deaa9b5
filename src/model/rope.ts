// Rotary position frequencies, from either spelling of the config. Knows no kernel.

import * as z from 'zod/mini'
import { validate } from '../weights/json.ts'
import { type ModelConfig, readKeys } from './config.ts'
import { CONFIG_FILE, positive, refusal } from './fields.ts'
import type { RopeSpec } from './spec.ts'

const kinds = z.literal(
  ['default', 'linear', 'llama3', 'longrope', 'factors'],
  'must be default, linear, llama3 or longrope',
)
const factors = z.nullish(z.array(positive, 'must be a list of numbers'))

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
    attention_factor: z.nullish(positive),
    short_factor: factors,
    long_factor: factors,
    factors, // of our own: what a GGUF says instead of the other keys
  },
  'must be an object',
)

const keys = z.object({
  rope_theta: z.nullish(positive),
  rope_scaling: z.nullish(parameters),
  rope_parameters: z.nullish(parameters),
  partial_rotary_factor: z.nullish(positive),
  original_max_position_embeddings: z.nullish(positive),
})

export type RopeParameters = { readonly rope_theta: number } & (
  | { readonly rope_type: 'default' }
  | { readonly rope_type: 'linear'; readonly factor: number }
  | { readonly rope_type: 'factors'; readonly factors: readonly number[] }
  | {
      readonly rope_type: 'llama3'
      readonly factor: number
      readonly low_freq_factor: number
      readonly high_freq_factor: number
      readonly original_max_position_embeddings: number
    }
  | {
      readonly rope_type: 'longrope'
      /** Divide the frequencies of contexts up to, and beyond, the original one. */
      readonly short_factor: readonly number[]
      readonly long_factor: readonly number[]
      readonly attention_factor: number
      readonly original_max_position_embeddings: number
    }
)

export interface RopeDefaults {
  /** Where the config does not say. */
  readonly theta?: number
  /** Of a head that is rotated, where the config does not say; the architecture must rotate whole heads unless given. */
  readonly partial?: number
  readonly interleaved?: boolean
  /** Which of several parameters, where the config has them by type of layer. */
  readonly layerType?: 'full_attention' | 'sliding_attention'
}

export function readRope(config: ModelConfig, defaults: RopeDefaults = {}): RopeSpec {
  const given = readParameters(config, defaults.layerType)
  const partial = given.partial_rotary_factor ?? readKeys(config, keys).partial_rotary_factor ?? defaults.partial ?? 1
  if (defaults.partial === undefined && partial !== 1) throw refusal('partial_rotary_factor must be 1', partial)
  const rotaryDim = Math.floor(config.head_dim * partial)
  if (rotaryDim < 2 || rotaryDim > config.head_dim || rotaryDim % 2)
    throw refusal(`partial_rotary_factor must leave an even part of head_dim (${config.head_dim})`, partial)
  const rope = ropeParameters(config, defaults)
  const spec = { attentionFactor: 1, rotaryDim, ...(defaults.interleaved && { interleaved: true }) }
  const frequencies = inverseFrequencies(rope, rotaryDim)
  const finite = (all: Float64Array) => {
    if (!all.every(Number.isFinite)) throw refusal('rotary frequencies must be finite, but are not with', rope)
    return all
  }
  if (rope.rope_type !== 'longrope') return { ...spec, inverseFrequencies: finite(frequencies) }
  const divided = (key: 'short_factor' | 'long_factor') => {
    if (rope[key].length !== rotaryDim / 2)
      throw refusal(`${key} must have ${rotaryDim / 2} numbers, one a pair`, rope[key].length)
    return finite(frequencies.map((frequency, i) => frequency / rope[key][i]!))
  }
  return {
    ...spec,
    attentionFactor: rope.attention_factor,
    inverseFrequencies: divided('short_factor'),
    long: { beyond: rope.original_max_position_embeddings, inverseFrequencies: divided('long_factor') },
  }
}

const keyOf = ({ rope_parameters }: z.infer<typeof keys>) => (rope_parameters ? 'rope_parameters' : 'rope_scaling')

function readParameters(config: ModelConfig, layerType?: string): z.infer<typeof parameters> {
  const all = readKeys(config, keys)
  const given = all[keyOf(all)] ?? {}
  if (!isByLayerType(given)) return { ...given, rope_theta: given.rope_theta ?? all.rope_theta }
  if (!layerType) throw refusal(`${keyOf(all)} must be one for all layers`, given)
  return validate(CONFIG_FILE, parameters, given[layerType], `${keyOf(all)}.${layerType}`)
}

function isByLayerType(given: object): boolean {
  return Object.values(given).some((value) => typeof value === 'object' && value !== null && !Array.isArray(value))
}

/** Of layers with a window, where others have positions of their own: unscaled unless the config has them by type of layer. */
export function readLocalRope(config: ModelConfig, theta: number): RopeSpec {
  const all = readKeys(config, keys)
  if (isByLayerType(all[keyOf(all)] ?? {})) return readRope(config, { theta, layerType: 'sliding_attention' })
  const rotaryDim = config.head_dim
  const frequencies = inverseFrequencies({ rope_type: 'default', rope_theta: theta }, rotaryDim)
  return { attentionFactor: 1, rotaryDim, inverseFrequencies: frequencies }
}

/** What the config says, checked. */
export function ropeParameters(config: ModelConfig, { theta, layerType }: RopeDefaults = {}): RopeParameters {
  const all = readKeys(config, keys)
  const given = readParameters(config, layerType)
  const need = <T>(name: string, value: T | null | undefined, what: string): T => {
    if (value === undefined || value === null) throw refusal(`${keyOf(all)}.${name} must be ${what}`, value)
    return value
  }
  const number = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor') =>
    need(name, given[name], 'a positive number')
  const original = () =>
    need(
      'original_max_position_embeddings',
      given.original_max_position_embeddings ?? all.original_max_position_embeddings,
      'a positive number',
    )
  const rope_theta = given.rope_theta ?? theta ?? 10000
  const rope_type = given.rope_type ?? given.type ?? 'default'
  if (rope_type === 'default') return { rope_type, rope_theta }
  if (rope_type === 'linear') return { rope_type, rope_theta, factor: number('factor') }
  if (rope_type === 'factors') return { rope_type, rope_theta, factors: given.factors ?? [] }
  if (rope_type === 'longrope') {
    const original_max_position_embeddings = original()
    if (original_max_position_embeddings < 2)
      throw refusal('original_max_position_embeddings must be at least 2', original_max_position_embeddings)
    const factor = given.factor ?? config.max_position_embeddings / original_max_position_embeddings
    const spread = Math.sqrt(1 + Math.log(factor) / Math.log(original_max_position_embeddings))
    return {
      rope_type,
      rope_theta,
      short_factor: need('short_factor', given.short_factor, 'a list of numbers'),
      long_factor: need('long_factor', given.long_factor, 'a list of numbers'),
      attention_factor: given.attention_factor ?? (factor > 1 ? spread : 1),
      original_max_position_embeddings,
    }
  }
  const [low_freq_factor, high_freq_factor] = [number('low_freq_factor'), number('high_freq_factor')]
  if (high_freq_factor <= low_freq_factor)
    throw refusal(`${keyOf(all)}.high_freq_factor must be above low_freq_factor (${low_freq_factor})`, high_freq_factor)
  return {
    rope_type,
    rope_theta,
    factor: number('factor'),
    low_freq_factor,
    high_freq_factor,
    original_max_position_embeddings: original(),
  }
}

/** Radians a position, for each pair of rotated elements, after scaling but for longrope's. */
export function inverseFrequencies(rope: RopeParameters, rotaryDim: number): Float64Array {
  if (rope.rope_type === 'factors' && rope.factors.length !== rotaryDim / 2)
    throw refusal(`rope_scaling.factors must be ${rotaryDim / 2} numbers`, rope.factors)
  return Float64Array.from({ length: rotaryDim / 2 }, (_, i) =>
    scaled(rope, rope.rope_theta ** ((-2 * i) / rotaryDim), i),
  )
}

function scaled(rope: RopeParameters, frequency: number, i: number): number {
  if (rope.rope_type === 'default' || rope.rope_type === 'longrope') return frequency
  if (rope.rope_type === 'factors') return frequency / rope.factors[i]!
  if (rope.rope_type === 'linear') return frequency / rope.factor
  // Turns over the trained length: many stay as they are, few are slowed by `factor`, between them a blend.
  const turns = (rope.original_max_position_embeddings * frequency) / (2 * Math.PI)
  const { low_freq_factor: low, high_freq_factor: high, factor } = rope
  const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)))
  return frequency * (kept + (1 - kept) / factor)
}
