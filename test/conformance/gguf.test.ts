// GGUF files with logits that others computed on the dequantized weights: through the float64 forward, which shows the
// reading of them more exactly than float32 can.

import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { checkTensors } from '../../src/model/spec.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { forward } from '../reference/llama.ts'
import { largestDifference } from '../support/load-runner.ts'
import { sharedData, sharedFloats, sharedJson, sharedText } from '../support/shared-data.ts'

async function logitsOf(path: string, tokens: readonly number[]) {
  const files = resolveModelFiles(`${sharedData}/${path}`)
  const spec = describeModel(await readConfig(files))
  const checkpoint = await openCheckpoint(files)
  checkTensors(spec, checkpoint)
  return forward(spec, await checkpointWeights(checkpoint), tokens)
}

const ids = (path: string) => sharedText(path).trim().split(/\s+/).map(Number)

describe.skipIf(!sharedData)('GGUF through a float64 forward', () => {
  const stories = ['f32', 'F16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'IQ4_NL'].map((t) => `stories260K-ffn192-${t}`)
  const random = ['f32', 'Q2_K', 'Q3_K_M', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'IQ4_XS'].map((t) => `rand256-${t}`)
  it.each([...stories, ...random])('%s', async (name) => {
    const tokens = [1, 403, 407, 261, 378, ...ids(`data/gguf/${name}.greedy.txt`)]
    const logits = await logitsOf(`data/gguf/${name}.gguf`, tokens)
    const expected = sharedFloats(`data/gguf/${name}.dequant.logits.f32`)
    expect(expected.length).toBe(logits.length)
    expect(largestDifference(logits, expected)).toBeLessThan(1e-5)
  })

  const types = ['Q4_0', 'Q4_K_M', 'Q5_K_M', 'Q6_K', 'Q8_0']
  const quantized = ['quant-llama', 'quant-qwen2'].flatMap((name) => types.map((type) => [name, type] as const))
  it.each(quantized)('%s %s', async (name, type) => {
    const folder = `data/zoo/${name}`
    const { files } = sharedJson(`${folder}/reference.json`)
    const { prompt_ids, greedy_ids } = files[`model-${type}.gguf`]
    const logits = await logitsOf(`${folder}/model-${type}.gguf`, [...prompt_ids, ...greedy_ids])
    expect(largestDifference(logits, sharedFloats(`${folder}/logits-${type}.f32`))).toBeLessThan(1e-5)
  })

  const llamas = ['llama-mha', 'llama-gqa-rope3', 'llama-headdim80', 'llama-9h3kv']
  const others = [
    'mistral',
    'qwen2',
    'qwen3',
    'qwen3-moe',
    'smollm3',
    'granite',
    'phi3',
    'gemma',
    'gemma2',
    'gemma3',
    'olmo2',
    'stablelm',
    'cohere',
  ]
  it.each([...llamas, ...others])('%s', async (name) => {
    const folder = `data/zoo/${name}`
    const { prompt_ids, greedy_ids } = sharedJson(`${folder}/reference.json`)
    const logits = await logitsOf(`${folder}/model.gguf`, [...prompt_ids, ...greedy_ids])
    expect(largestDifference(logits, sharedFloats(`${folder}/logits.f32`))).toBeLessThan(1e-5)
  })

  it('refuses types that are not read, by name', async () => {
    await expect(logitsOf('data/gguf/rand256-IQ3_S.gguf', [1])).rejects.toThrow(
      /rand256-IQ3_S.gguf: tensor "token_embd.weight" is IQ3_S, which is not read here/,
    )
  })
})
