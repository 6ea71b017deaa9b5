import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { inverseFrequencies } from '../../src/model/rope.ts'
import { allRoles, checkTensors } from '../../src/model/spec.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { encodeFloats } from '../reference/floats.ts'
import { type Tensor, tinyConfig, tinyLlama, tinyTensors, writeSafetensors } from '../support/tiny-llama.ts'

const spec = (keys: Record<string, unknown> = {}) => describeModel(parseConfig({ ...tinyConfig, ...keys }))

it('names the tensors of a layer', () => {
  const { layers, head, embedding, finalNorm } = spec({ attention_bias: true })
  expect(layers[1]!.qkv).toEqual({
    weight: {
      names: ['q', 'k', 'v'].map((p) => `model.layers.1.self_attn.${p}_proj.weight`),
      rows: [64, 32, 32],
      cols: 64,
    },
    bias: { names: ['q', 'k', 'v'].map((p) => `model.layers.1.self_attn.${p}_proj.bias`), rows: [64, 32, 32] },
  })
  expect(layers[0]!.gateUp).toEqual({
    weight: {
      names: ['model.layers.0.mlp.gate_proj.weight', 'model.layers.0.mlp.up_proj.weight'],
      rows: [96, 96],
      cols: 64,
    },
  })
  expect(layers[0]!.down.weight).toEqual({ names: ['model.layers.0.mlp.down_proj.weight'], rows: [64], cols: 96 })
  expect(finalNorm).toEqual({ weight: { names: ['model.norm.weight'], rows: [64] } })
  expect(embedding).toEqual({ names: ['model.embed_tokens.weight'], rows: [264], cols: 64 })
  expect(head).toBeUndefined()
  expect(spec({ tie_word_embeddings: false }).head).toEqual({ names: ['lm_head.weight'], rows: [264], cols: 64 })
})

it('keeps an explicit head_dim apart from hidden_size', () => {
  const { layers, headDim, attentionScale } = spec({
    head_dim: 80,
    num_attention_heads: 2,
    num_key_value_heads: 1,
  })
  expect(layers[0]!.qkv.weight.rows).toEqual([160, 80, 80])
  expect(layers[0]!.output.weight).toMatchObject({ rows: [64], cols: 160 })
  expect([headDim, attentionScale, layers[0]!.rope!.rotaryDim]).toEqual([80, 80 ** -0.5, 80])
})

describe('rotary frequencies', () => {
  it('fall from 1 by powers of theta', () => {
    const frequencies = inverseFrequencies({ rope_type: 'default', rope_theta: 10000 }, 8)
    for (const [i, expected] of [1, 0.1, 0.01, 0.001].entries()) expect(frequencies[i]).toBeCloseTo(expected, 14)
    expect(inverseFrequencies({ rope_type: 'linear', rope_theta: 10000, factor: 4 }, 8)[1]).toBeCloseTo(0.025, 14)
  })

  it('are kept above, slowed below and blended between the llama3 bounds', () => {
    const scaling = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 }
    const plain = inverseFrequencies({ rope_type: 'default', rope_theta: 500000 }, 64)
    const scaled = inverseFrequencies({ rope_type: 'llama3', rope_theta: 500000, ...scaling }, 64)
    for (const [i, f] of plain.entries()) {
      const wavelength = (2 * Math.PI) / f
      const smooth = (8192 / wavelength - 1) / 3
      const expected = wavelength < 2048 ? f : wavelength > 8192 ? f / 8 : ((1 - smooth) * f) / 8 + smooth * f
      expect(scaled[i]! / expected).toBeCloseTo(1, 12)
    }
    expect(scaled.filter((f, i) => f !== plain[i] && f !== plain[i]! / 8).length).toBeGreaterThan(1)
  })
})

describe('checkTensors', () => {
  const check = async (edit: (tensors: Tensor[]) => Tensor[]) => {
    const model = tinyLlama()
    model.bytes.set('model.safetensors', writeSafetensors(edit(tinyTensors(tinyConfig, 1, 'F32'))))
    checkTensors(spec(), await openCheckpoint(resolveModelFiles(model)))
  }
  const replace = (name: string, change: Partial<Tensor>) => (tensors: Tensor[]) =>
    tensors.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor))
  const extra = { name: 'rotary.inv_freq', dtype: 'F64', shape: [1], bytes: new Uint8Array(8) }

  it('takes what the spec names, and leaves others alone', () => check((tensors) => [...tensors, extra]))

  it.each<[name: string, edit: (tensors: Tensor[]) => Tensor[], reason: RegExp]>([
    [
      'a missing tensor',
      (t) => t.filter(({ name }) => name !== 'model.norm.weight'),
      /the checkpoint: it lacks the tensors model\.norm\.weight$/,
    ],
    ['many missing tensors', (t) => t.slice(0, 5), /lacks the tensors .*, .*, .* and 12 more$/],
    [
      'another shape',
      replace('model.norm.weight', { shape: [8, 8] }),
      /model\.safetensors: tensor model\.norm\.weight must have shape \[64\] by config\.json, received \[8,8\]/,
    ],
    [
      'a transposed matrix',
      replace('model.layers.0.mlp.down_proj.weight', { shape: [96, 64] }),
      /must have shape \[64,96\] by config\.json, received \[96,64\]/,
    ],
    [
      'another dtype',
      replace('model.norm.weight', { dtype: 'I32' }),
      /tensor model\.norm\.weight must be F32, F16, BF16, received I32/,
    ],
    ['doubles', replace('model.norm.weight', { dtype: 'F64', bytes: new Uint8Array(512) }), /received F64/],
  ])('refuses %s', async (_, edit, reason) => {
    const error = await check(edit).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(ModelError)
    expect((error as Error).message).toMatch(reason)
  })

  it('sees every tensor of the spec once', () => {
    const names = allRoles(spec({ attention_bias: true, mlp_bias: true, tie_word_embeddings: false })).flatMap(
      (r) => r.names,
    )
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBe(3 + 2 * 16)
  })
})

it('encodes floats as the reader decodes them', () => {
  expect([...new Uint16Array(encodeFloats([1, -2, 65504, 2 ** -24, 1e9, 1 + 1 / 2048], 'F16').buffer)]).toEqual([
    0x3c00, 0xc000, 0x7bff, 1, 0x7c00, 0x3c00,
  ])
  expect([...new Uint16Array(encodeFloats([1, -2, 1 + 1 / 256, 1 + 3 / 256], 'BF16').buffer)]).toEqual([
    0x3f80, 0xc000, 0x3f80, 0x3f82,
  ])
})
