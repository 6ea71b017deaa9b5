import { expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { checkTensors } from '../../src/model/spec.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { readJson } from '../../src/weights/json.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { forward } from '../reference/llama.ts'
import { type TinyOptions, tinyLlama } from './tiny-llama.ts'

async function logits(options: TinyOptions, tokens: readonly number[]) {
  const files = resolveModelFiles(tinyLlama(options))
  const config = await readConfig(files)
  const tokenizer = createTokenizer(
    await readJson(files, 'tokenizer.json'),
    await readJson(files, 'tokenizer_config.json'),
  )
  expect(tokenizer.vocabSize).toBe(config.vocab_size)
  const spec = describeModel(config)
  const checkpoint = await openCheckpoint(files)
  checkTensors(spec, checkpoint)
  return forward(spec, await checkpointWeights(checkpoint), tokens)
}

const deviation = (values: Float64Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length)

it.each<TinyOptions>([
  {},
  { shards: 3, dtype: 'F16' },
  { dtype: 'BF16', config: { tie_word_embeddings: false, attention_bias: true, mlp_bias: true, head_dim: 20 } },
  { config: { num_key_value_heads: 4, rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 500 } } },
])('a tiny model of %j runs', async (options) => {
  const size = deviation(await logits(options, [0, 3, 77, 263, 5]))
  expect(size).toBeGreaterThan(0.5)
  expect(size).toBeLessThan(8)
})

it('the same seed gives the same model, in any files', async () => {
  expect(await logits({ seed: 5 }, [0, 9])).toEqual(await logits({ seed: 5, shards: 2 }, [0, 9]))
  expect(await logits({ seed: 5 }, [0, 9])).not.toEqual(await logits({ seed: 6 }, [0, 9]))
})

it('the tokenizer gives every text back', async () => {
  const files = resolveModelFiles(tinyLlama())
  const tokenizer = createTokenizer(
    await readJson(files, 'tokenizer.json'),
    await readJson(files, 'tokenizer_config.json'),
  )
  const text = 'the inn of héé 😀\n\u0000'
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  expect(tokenizer.encode('<|user|>hi</s>', { addSpecialTokens: false }).at(0)).toBe(3)
})
