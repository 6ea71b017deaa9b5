// config.json and generation_config.json, read as hostile input: every number checked, fields under Hugging Face's names.
// Knows no tensor and no architecture.

import * as z from 'zod/mini'
import type { ModelFiles } from '../weights/files.ts'
import { readJson, requireJson, validate } from '../weights/json.ts'
import { CONFIG_FILE, flag, positive, refusal, whole } from './fields.ts'

const tokenIds = z.nullish(
  z.union([whole(0, 2 ** 31), z.array(whole(0, 2 ** 31))], 'must be a token id or a list of them'),
)

/** What every architecture here has. */
const schema = z.object(
  {
    model_type: z.string('must name an architecture'),
    hidden_size: whole(1, 2 ** 17),
    intermediate_size: whole(1, 2 ** 20),
    num_hidden_layers: whole(1, 1024),
    num_attention_heads: whole(1, 4096),
    num_key_value_heads: z.nullish(whole(1, 4096)),
    head_dim: z.nullish(whole(1, 4096)),
    vocab_size: whole(1, 2 ** 22),
    max_position_embeddings: z._default(whole(1, 2 ** 30), 2048),
    bos_token_id: tokenIds,
    eos_token_id: tokenIds,
    tie_word_embeddings: z.nullish(flag),
  },
  'must be an object',
)

const generationSchema = z.object(
  {
    eos_token_id: tokenIds,
    do_sample: z.nullish(flag),
    temperature: z.nullish(z.number('must be a number').check(z.nonnegative('must not be negative'))),
    top_p: z.nullish(z.number('must be a number').check(z.nonnegative('must not be negative'))),
    top_k: z.nullish(whole(0, 2 ** 31)),
    min_p: z.nullish(z.number('must be a number').check(z.nonnegative('must not be negative'))),
    repetition_penalty: z.nullish(positive),
  },
  'must be an object',
)

/** How the model's makers sample it, where they say so. */
export interface GenerationDefaults {
  readonly temperature?: number
  readonly top_p?: number
  readonly top_k?: number
  readonly min_p?: number
  readonly repetition_penalty?: number
}

export interface ModelConfig {
  readonly model_type: string
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
  readonly head_dim: number
  readonly vocab_size: number
  readonly max_position_embeddings: number
  /** Undefined where the file leaves it to the architecture. */
  readonly tie_word_embeddings: boolean | undefined
  readonly bos_token_id: number | undefined
  /** All ids that end a sequence, of both files. */
  readonly eos_token_ids: readonly number[]
  readonly generation: GenerationDefaults
  /** The whole file, for keys that only some architectures have: see `readKeys`. */
  readonly json: unknown
}

export async function readConfig(files: ModelFiles, signal?: AbortSignal): Promise<ModelConfig> {
  const config = await requireJson(files, CONFIG_FILE, signal)
  return parseConfig(config, await readJson(files, 'generation_config.json', signal))
}

export function parseConfig(configJson: unknown, generationJson: unknown = {}): ModelConfig {
  const config = validate(CONFIG_FILE, schema, configJson)
  const heads = config.num_attention_heads
  const kvHeads = config.num_key_value_heads ?? heads
  if (heads % kvHeads !== 0)
    throw refusal(`num_attention_heads (${heads}) must be a multiple of num_key_value_heads`, kvHeads)
  const headDim = config.head_dim ?? config.hidden_size / heads
  if (headDim % 4 !== 0)
    throw refusal('head_dim (or hidden_size / num_attention_heads) must be a multiple of 4', headDim)

  const { eos_token_id: alsoEos, ...generation } = validate('generation_config.json', generationSchema, generationJson)
  const eos = new Set([config.eos_token_id ?? [], alsoEos ?? []].flat())
  const bos = [config.bos_token_id ?? []].flat()[0]
  for (const id of [...eos, ...(bos === undefined ? [] : [bos])])
    if (id >= config.vocab_size) throw refusal(`token ids must be below vocab_size (${config.vocab_size})`, id)
  return {
    model_type: config.model_type,
    hidden_size: config.hidden_size,
    intermediate_size: config.intermediate_size,
    num_hidden_layers: config.num_hidden_layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    vocab_size: config.vocab_size,
    max_position_embeddings: config.max_position_embeddings,
    tie_word_embeddings: config.tie_word_embeddings ?? undefined,
    bos_token_id: bos,
    eos_token_ids: [...eos],
    generation: defaults(generation),
    json: configJson,
  }
}

function defaults({
  do_sample,
  ...sampling
}: Omit<z.infer<typeof generationSchema>, 'eos_token_id'>): GenerationDefaults {
  if (do_sample === false) return { temperature: 0 }
  return Object.fromEntries(Object.entries(sampling).filter(([, value]) => typeof value === 'number'))
}

/** For architectures that have none. @throws ModelError for a config that asks for some. */
export function refuseExperts({ json, model_type }: ModelConfig): void {
  const config = json as Readonly<Record<string, unknown>>
  for (const key of ['num_local_experts', 'num_experts', 'n_routed_experts'])
    if (config[key] !== undefined && config[key] !== null)
      throw refusal(`${key}: mixture of experts are not supported for model_type ${model_type}`, config[key])
}

/** For architectures: reads keys of their own out of the config. */
export function readKeys<T>(config: ModelConfig, keys: z.ZodMiniType<T>): T {
  return validate(CONFIG_FILE, keys, config.json)
}
