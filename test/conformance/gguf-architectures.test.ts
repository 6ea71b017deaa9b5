// The same models as GGUF and as a Hugging Face folder: equal tensors under equal names, and a config that says the same.

import { describe, expect, it } from 'vitest'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { requireJson } from '../../src/weights/json.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { largestDifference } from '../support/load-runner.ts'
import { sharedData, sharedJson } from '../support/shared-data.ts'

const FOLDERS = [
  'llama-mha',
  'llama-gqa-rope3',
  'llama-headdim80',
  'llama-9h3kv',
  'mistral',
  'qwen2',
  'qwen3',
  'qwen3-moe',
  'smollm3',
  'olmo2',
  'phi3',
  'phi3-longrope',
  'granite',
  'gemma',
  'gemma2',
  'gemma3',
  'stablelm',
  'cohere',
]
/** Keys that a GGUF has no word for, or another. */
const OTHERWISE = ['model_type', 'rope_scaling', 'rope_parameters', 'tie_word_embeddings', 'layer_types']

/** Keys that a GGUF leaves to the architecture, or that change no number. */
const UNSAID = [
  ...['architectures', 'torch_dtype', 'dtype', 'hidden_act', 'pad_token_id', 'embd_pdrop', 'resid_pdrop'],
  ...['sliding_window', 'use_sliding_window', 'max_window_layers', 'layer_types', 'no_rope_layers', 'rope_parameters'],
  ...['decoder_sparse_step', 'mlp_only_layers', 'router_aux_loss_coef', 'output_router_logits'],
]

/** Metadata numbers are f32. */
const sameNumber = (a: unknown, b: unknown) =>
  typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-6 * Math.abs(b) : a === b

describe.skipIf(!sharedData).each(FOLDERS)('%s', (name) => {
  const folder = `${sharedData}/data/zoo/${name}`

  it('has equal tensors', async () => {
    const [gguf, hub] = await Promise.all(
      [`${folder}/model.gguf`, folder].map((path) => openCheckpoint(resolveModelFiles(path))),
    )
    const [got, expected] = [await checkpointWeights(gguf!), await checkpointWeights(hub!)]
    for (const { name, shape, dtype } of hub!.tensors.values()) {
      expect(gguf!.tensors.get(name), name).toMatchObject({ shape, dtype })
      // What was stored with an offset was rounded with it.
      const tolerance = name.endsWith('norm.weight') && folder.includes('gemma') ? 1e-6 : 0
      expect.soft(largestDifference(got(name), expected(name)), name).toBeLessThanOrEqual(tolerance)
    }
    const more = [...gguf!.tensors.keys()].filter((name) => !hub!.tensors.has(name) && !name.startsWith('rope_f'))
    expect(more).toEqual([])
  })

  it('has a config that says the same', async () => {
    const config = (await requireJson(resolveModelFiles(`${folder}/model.gguf`), 'config.json')) as Record<
      string,
      unknown
    >
    const expected = sharedJson(`data/zoo/${name}/config.json`)
    if (name !== 'mistral') expect(config.model_type).toBe(expected.model_type)
    expect(config.tie_word_embeddings).toBe(expected.tie_word_embeddings ?? true)
    for (const [key, value] of Object.entries(config)) {
      const other = expected[key]
      if (OTHERWISE.includes(key) || other === undefined || other === null) continue
      if (key === 'eos_token_id') expect(value).toEqual([other])
      else expect.soft(sameNumber(value, other), `${key}: ${value}, ${other}`).toBe(true)
    }
    const missing = Object.keys(expected).filter((key) => !(key in config) && expected[key] !== null)
    expect(missing.filter((key) => !UNSAID.includes(key))).toEqual([])
  })

  it('has a vocabulary', async () => {
    const files = resolveModelFiles(`${folder}/model.gguf`)
    const tokenizer = createTokenizer(
      await requireJson(files, 'tokenizer.json'),
      await requireJson(files, 'tokenizer_config.json'),
    )
    const { vocab_size } = (await requireJson(files, 'config.json')) as { vocab_size: number }
    expect(tokenizer.vocabSize).toBe(vocab_size)
    expect(tokenizer.decode(tokenizer.encode('Hällo 😀\n'))).toBe('Hällo 😀\n')
  })
})
