import { expect, it } from 'vitest'
import { parseConfig } from '../../src/model/config.ts'
import { estimate, weightBytes } from '../../src/model/estimate.ts'
import { describeModel } from '../../src/model/registry.ts'
import { tinyConfig, tinyTensors } from '../support/tiny-llama.ts'

const spec = (keys = {}) => describeModel(parseConfig({ ...tinyConfig, ...keys }))

it('weights take what the checkpoint has, in f32', () => {
  for (const keys of [{}, { tie_word_embeddings: false, attention_bias: true }]) {
    const bytes = tinyTensors({ ...tinyConfig, ...keys }, 1, 'F32').reduce(
      (sum, tensor) => sum + tensor.bytes.length,
      0,
    )
    expect(weightBytes(spec(keys), 'f32')).toBe(bytes)
  }
})

it('a 1B shape in q4, with embedding and head in q8', () => {
  const llama = spec({
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 64,
    vocab_size: 128256,
  })
  const layers = 16 * (2048 * (2048 + 2 * 512 + 2048 + 3 * 8192))
  const outer = 128256 * 2048
  const options = {
    format: 'q4',
    outerFormat: 'q8',
    kvElementBytes: 2,
    kvPositions: 4096,
    rows: 512,
    outputs: 16,
    sequences: 16,
    contextLength: 4096,
  } as const
  const { weights, kvCache, steps, total } = estimate(llama, options)
  expect(weights).toBe((layers * 20) / 32 + (outer * 36) / 32 + 4 * 33 * 2048)
  expect(kvCache).toBe(4096 * 16 * 2 * 8 * 64 * 2)
  expect(steps).toBeLessThan(200e6)
  expect(total).toBe(weights + kvCache + steps)
})
