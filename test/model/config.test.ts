import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { ropeParameters } from '../../src/model/rope.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { encode, tinyConfig, tinyLlama } from '../support/tiny-llama.ts'

const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 }

describe('takes', () => {
  it('what the file leaves out from the format', () => {
    const { num_key_value_heads, head_dim, tie_word_embeddings, eos_token_id, rope_theta, ...rest } = tinyConfig
    const config = parseConfig(rest)
    expect(config).toMatchObject({ num_key_value_heads: 4, head_dim: 16, eos_token_ids: [], bos_token_id: 0 })
    expect(ropeParameters(config)).toEqual({ rope_type: 'default', rope_theta: 10000 })
    expect(describeModel(config).head).toBeDefined()
  })

  it.each([
    { rope_theta: 5, rope_scaling: { rope_type: 'llama3', ...llama3 } },
    { rope_theta: 5, rope_scaling: { type: 'llama3', rope_type: 'llama3', ...llama3 } },
    { rope_theta: 7, rope_parameters: { rope_type: 'llama3', rope_theta: 5, ...llama3 }, rope_scaling: null },
    { rope_theta: 5, rope_parameters: { rope_type: 'llama3', ...llama3 }, rope_scaling: { type: 'linear', factor: 3 } },
  ])('rotary scaling as %j', (keys) => {
    const { rope_theta, ...rest } = tinyConfig
    expect(ropeParameters(parseConfig({ ...rest, ...keys }))).toEqual({ rope_type: 'llama3', rope_theta: 5, ...llama3 })
  })

  it('linear rotary scaling in the old spelling', () => {
    expect(ropeParameters(parseConfig({ ...tinyConfig, rope_scaling: { type: 'linear', factor: 2 } }))).toEqual({
      rope_type: 'linear',
      rope_theta: 10000,
      factor: 2,
    })
  })

  it('the end tokens and sampling of generation_config.json', () => {
    const generation = {
      eos_token_id: [1, 5, 7],
      temperature: 0.6,
      top_p: 0.9,
      top_k: null,
      max_length: 99,
      do_sample: true,
    }
    const config = parseConfig({ ...tinyConfig, eos_token_id: 1 }, generation)
    expect(config.eos_token_ids).toEqual([1, 5, 7])
    expect(config.generation).toEqual({ temperature: 0.6, top_p: 0.9 })
    expect(parseConfig(tinyConfig, { do_sample: false, temperature: 0.6 }).generation).toEqual({ temperature: 0 })
  })

  it('a folder without generation_config.json', async () => {
    const model = tinyLlama()
    model.bytes.delete('generation_config.json')
    expect((await readConfig(resolveModelFiles(model))).eos_token_ids).toEqual([1])
    model.bytes.delete('config.json')
    await expect(readConfig(resolveModelFiles(model))).rejects.toThrow(
      'Cannot load config.json: tiny-llama has no such file',
    )
  })
})

describe('refuses', () => {
  const cases: [keys: Record<string, unknown>, reason: RegExp][] = [
    [{ hidden_size: 0 }, /hidden_size must be a whole number from 1 to 131072, received 0/],
    [{ hidden_size: -64 }, /hidden_size .* received -64/],
    [{ hidden_size: 64.5 }, /hidden_size .* received 64.5/],
    [{ hidden_size: '64' }, /hidden_size .* received "64"/],
    [{ hidden_size: 1e18 }, /hidden_size .* received 1000000000000000000/],
    [{ hidden_size: null }, /hidden_size .* received null/],
    [{ num_hidden_layers: 1e6 }, /num_hidden_layers .* received 1000000/],
    [{ num_hidden_layers: undefined }, /num_hidden_layers .* received nothing/],
    [{ vocab_size: 2 ** 40 }, /vocab_size .* received/],
    [{ num_key_value_heads: 3 }, /num_attention_heads \(4\) must be a multiple of num_key_value_heads, received 3/],
    [{ num_key_value_heads: 0 }, /num_key_value_heads .* received 0/],
    [{ head_dim: 10 }, /head_dim .* must be a multiple of 4, received 10/],
    [{ head_dim: null, num_attention_heads: 6, num_key_value_heads: 2 }, /head_dim .* received 10.6/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps must be a positive number, received 0/],
    [{ rms_norm_eps: Number.NaN }, /rms_norm_eps must be a positive number, received NaN/],
    [{ rms_norm_eps: 1 }, /rms_norm_eps must be at most 0.1/],
    [{ rope_theta: -1 }, /rope_theta must be a positive number, received -1/],
    [{ rope_theta: Number.POSITIVE_INFINITY }, /rope_theta must be a positive number, received Infinity/],
    [
      { rope_scaling: { type: 'yarn', factor: 4 } },
      /rope_scaling.type must be default, linear, llama3 or longrope, received "yarn"/,
    ],
    [{ rope_scaling: { rope_type: 'dynamic', factor: 4 } }, /rope_scaling.rope_type must be .* received "dynamic"/],
    [{ rope_scaling: { rope_type: 'linear' } }, /rope_scaling.factor must be a positive number, received nothing/],
    [{ rope_scaling: { rope_type: 'linear', factor: 0 } }, /rope_scaling.factor must be a positive number, received 0/],
    [
      { rope_scaling: { rope_type: 'llama3', ...llama3, low_freq_factor: 4 } },
      /high_freq_factor must be above low_freq_factor \(4\), received 4/,
    ],
    [{ rope_parameters: { full_attention: { rope_theta: 5 } } }, /rope_parameters must be one for all layers/],
    [{ rope_scaling: 'linear' }, /rope_scaling must be an object, received "linear"/],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor must be 1, received 0.5/],
    [{ hidden_act: 'gelu' }, /hidden_act must be "silu", received "gelu"/],
    [
      { num_local_experts: 8 },
      /num_local_experts: mixture of experts are not supported for model_type llama, received 8/,
    ],
    [{ model_type: 'mamba' }, /model_type must be one of llama\b.*, received "mamba"/],
    [{ model_type: 'constructor' }, /model_type must be one of/],
    [{ model_type: 5 }, /model_type must name an architecture, received 5/],
    [{ eos_token_id: 264 }, /token ids must be below vocab_size \(264\), received 264/],
    [{ eos_token_id: 'x' }, /eos_token_id must be a token id or a list of them, received "x"/],
    [{ tie_word_embeddings: 'yes' }, /tie_word_embeddings must be true or false/],
    [{ attention_bias: 1 }, /attention_bias must be true or false, received 1/],
  ]
  it.each(cases)('%j', (keys, reason) => {
    const describe = () => describeModel(parseConfig({ ...tinyConfig, ...keys }))
    expect(describe).toThrow(ModelError)
    expect(describe).toThrow(reason)
    expect(describe).toThrow(/^Cannot load config\.json: /)
  })

  it.each([null, 3, 'x', [], [tinyConfig]])('%j for an object', (json) => {
    expect(() => parseConfig(json)).toThrow(/^Cannot load config\.json: .*must be/)
  })

  it('a generation_config.json by its own name', () => {
    expect(() => parseConfig(tinyConfig, { temperature: -1 })).toThrow(
      'Cannot load generation_config.json: temperature must not be negative, received -1',
    )
  })

  it('text that is no JSON', async () => {
    const model = tinyLlama()
    model.bytes.set('config.json', new TextEncoder().encode('{"hidden_size": NaN}'))
    await expect(readConfig(resolveModelFiles(model))).rejects.toThrow(
      /^Cannot load config\.json: it is not valid JSON/,
    )
    model.bytes.set('config.json', encode(tinyConfig).slice(0, 50))
    await expect(readConfig(resolveModelFiles(model))).rejects.toThrow(ModelError)
  })
})
