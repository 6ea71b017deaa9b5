// More than 20,000 damaged and made-up files through the readers of headers, configs and tokenizers: read or refused by an
// error of our own, soon, and with no memory beyond what the file itself has. Begins with the real files of the embedded model.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { checkTensors } from '../../src/model/spec.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { GgufFiles } from '../../src/weights/gguf-files.ts'
import { requireJson } from '../../src/weights/json.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { BYTE_LEVEL_TOKENIZER_CONFIG, BYTE_LEVEL_TOKENIZER_JSON } from '../support/byte-level-tokenizer.ts'
import { damage, endsWell, Fuzz, watchedFile, watchedFolder } from '../support/hostile.ts'
import {
  ARRAY,
  BOOL,
  type Entry,
  F32,
  ggufTensors,
  STRING,
  tinyGguf,
  tinyGgufTensors,
  tinyMetadata,
  U32,
  U64,
  writeGguf,
} from '../support/tiny-gguf.ts'
import { encode, tinyConfig, withHeader } from '../support/tiny-llama.ts'

type Bytes = Uint8Array<ArrayBuffer>

const embedded = (name: string): Bytes =>
  new Uint8Array(readFileSync(new URL(`../../models/embedded/${name}`, import.meta.url)))
const fuzz = new Fuzz()
describe('safetensors', () => {
  const reads = (bytes: Bytes) =>
    endsWell(bytes.length, async () => {
      for (const { dtype, shape, start, end } of (await readSafetensors(watchedFile('model', bytes))).values()) {
        expect(start).toBeGreaterThanOrEqual(8)
        expect(end).toBeLessThanOrEqual(bytes.length)
        expect(typeof dtype).toBe('string')
        expect(shape.every((size) => Number.isSafeInteger(size))).toBe(true)
      }
    })

  it('a real header, damaged', async () => {
    const whole = embedded('model.safetensors')
    const header = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true))
    // The weights are left out; reading the header asks for none of them.
    await fuzz.over('safetensors headers, damaged', damage(whole.slice(0, header)), 2500, reads)
  })

  it('a small file, damaged', async () => {
    const tensors = { a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } }
    const valid = withHeader(JSON.stringify(tensors), new Uint8Array(24))
    await fuzz.over('safetensors files, damaged', damage(valid), 2500, reads)
  })

  it('any JSON as header', async () => {
    const hostile = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(0, 4, 8, 16, -1, 2 ** 53, '4', null),
      fc.jsonValue(),
    )
    const entry = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom('F32', 'U8', 'F16', 'constructor'), hostile),
        shape: fc.oneof(fc.array(hostile), hostile),
        data_offsets: fc.oneof(fc.array(hostile, { maxLength: 3 }), hostile),
      },
      { requiredKeys: [] },
    )
    const names = fc.oneof(fc.string(), fc.constant('__proto__'), fc.constant('__metadata__'))
    const header = fc.oneof(fc.dictionary(names, fc.oneof(entry, hostile)), fc.jsonValue())
    await fuzz.over('safetensors headers of any JSON', header, 3000, (json) =>
      reads(withHeader(JSON.stringify(json), new Uint8Array(16))),
    )
  })
})

describe('GGUF', () => {
  const valid = tinyGguf()
  const tensorBytes = tinyGgufTensors().reduce((sum, { bytes }) => sum + bytes.length, 0)

  /** All that loading a model does before the GPU has a part in it. */
  const loads = (bytes: Bytes) =>
    endsWell(bytes.length, async () => {
      const files = new GgufFiles(watchedFolder({ 'model.gguf': bytes }), 'model.gguf')
      const spec = describeModel(await readConfig(files))
      createTokenizer(await requireJson(files, 'tokenizer.json'), await requireJson(files, 'tokenizer_config.json'))
      const checkpoint = await openCheckpoint(files)
      checkTensors(spec, checkpoint)
      for (const { name, shape } of checkpoint.tensors.values()) await checkpoint.read(name, 0, shape[0]!)
    })

  it('a model, damaged', () =>
    fuzz.over('GGUF models, damaged', damage(valid, valid.length - tensorBytes), 3000, loads))

  it('any values', async () => {
    const value = fc.oneof(
      fc.nat(300).map((n) => [U32, n] as const),
      fc.constantFrom([U32, 2 ** 32 - 1], [U64, 2 ** 60], [F32, Number.NaN], [F32, -1], [BOOL, true], [
        STRING,
        '',
      ] as const),
      fc.array(fc.nat(9), { maxLength: 4 }).map((list) => [ARRAY, U32, list] as const),
      fc.array(fc.string(), { maxLength: 4 }).map((list) => [ARRAY, STRING, list] as const),
    )
    const keys = [
      ...tinyMetadata.map(([key]) => key),
      'llama.attention.key_length',
      'llama.rope.scaling.factor',
      'tokenizer.ggml.merges',
      'tokenizer.ggml.pre',
      'llama.expert_count',
    ]
    const tensors = ggufTensors(tinyGgufTensors()).filter(({ bytes }) => bytes.length < 20_000)
    const changes = fc.array(fc.tuple(fc.constantFrom(...keys), value), { minLength: 1, maxLength: 2 })
    await fuzz.over('GGUF of any values', changes, 200, (changes) => {
      const metadata = new Map<string, Entry>(tinyMetadata.map((entry) => [entry[0], entry]))
      for (const [key, rest] of changes) metadata.set(key, [key, ...rest] as unknown as Entry)
      return loads(writeGguf({ metadata: [...metadata.values()], tensors }))
    })
  })
})

describe('config.json', () => {
  /** What a few numbers may ask for: the frequencies of the widest heads. */
  const MOST = 2 ** 16
  const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 }

  it('a real one, damaged', async () => {
    const files = {
      'config.json': embedded('config.json'),
      'generation_config.json': embedded('generation_config.json'),
    }
    for (const name of ['config.json', 'generation_config.json'] as const)
      await fuzz.over(`${name}, damaged`, damage(files[name]), 1500, (bytes) =>
        endsWell(MOST, async () => describeModel(await readConfig(watchedFolder({ ...files, [name]: bytes })))),
      )
  })

  it('any change: what is taken has sane sizes', async () => {
    const base: Record<string, unknown> = {
      ...tinyConfig,
      rope_scaling: { rope_type: 'llama3', ...llama3 },
      rope_parameters: null,
      partial_rotary_factor: 1,
    }
    const numbers = [0, -1, 1, 3, 4, 0.5, 2 ** 31, 2 ** 53, 1e308, Number.NaN, Number.POSITIVE_INFINITY]
    const hostile = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(...numbers, null, '', 'linear', [], {}),
      fc.record(
        {
          rope_type: fc.constantFrom('linear', 'llama3', 'longrope', 'default', 'yarn', 7),
          factor: fc.double(),
          low_freq_factor: fc.double(),
          high_freq_factor: fc.double(),
          original_max_position_embeddings: fc.double(),
          rope_theta: fc.double(),
          short_factor: fc.array(fc.double()),
          long_factor: fc.array(fc.double()),
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    )
    const change = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(base)), fc.string()), hostile, { maxKeys: 4 })
    await fuzz.over('configs of any values', fc.tuple(change, hostile), 5000, ([keys, generation]) =>
      endsWell(MOST, () => {
        const config = parseConfig({ ...base, ...keys }, generation)
        if (config.num_hidden_layers > 64) return
        const { layers } = describeModel(config)
        expect(layers.length).toBe(config.num_hidden_layers)
        for (const { rope } of new Set(layers)) {
          if (!rope) continue
          for (const frequencies of [rope.inverseFrequencies, rope.long?.inverseFrequencies ?? []]) {
            if (frequencies.length > 0) expect(frequencies.length).toBe(rope.rotaryDim / 2)
            expect(frequencies.every((f) => Number.isFinite(f) && f >= 0)).toBe(true)
          }
          expect(Number.isFinite(rope.attentionFactor)).toBe(true)
        }
      }),
    )
  })
})

describe('tokenizer.json', () => {
  const text = 'the thin\n<s>😀'

  it('a real one, damaged', async () => {
    const config = JSON.parse(new TextDecoder().decode(embedded('tokenizer_config.json')))
    await fuzz.over('tokenizer.json, damaged', damage(embedded('tokenizer.json')), 300, (bytes) =>
      endsWell(bytes.length, async () => {
        const json = await requireJson(watchedFolder({ 'tokenizer.json': bytes }), 'tokenizer.json')
        const tokenizer = createTokenizer(json, config)
        tokenizer.decode(tokenizer.encode(text))
      }),
    )
  })

  it('any changes, and what it then makes of a text', async () => {
    const hostile = fc.oneof(
      fc.constantFrom(null, -1, 0, 0.5, 2 ** 31, 1e300, '', '[', '\\p{', 'Ġ', [], {}, [[]], [null], {
        type: 'Sequence',
      }),
      fc
        .constantFrom(
          'Replace',
          'Metaspace',
          'Split',
          'WordPiece',
          'Unigram',
          'Precompiled',
          'Lowercase',
          'constructor',
        )
        .map((type) => ({ type })),
      fc.jsonValue({ maxDepth: 2 }),
    )
    const steps = fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 })
    const change = fc.record({ steps, value: hostile, removed: fc.boolean() })
    const put = (json: unknown, [step, ...rest]: readonly number[], value: unknown, removed: boolean): void => {
      if (typeof json !== 'object' || json === null) return
      const keys = Object.keys(json)
      const key = keys[step! % Math.max(1, keys.length)]
      if (key === undefined) return
      const inside = json as Record<string, unknown>
      if (rest.length > 0 && typeof inside[key] === 'object' && inside[key]) put(inside[key], rest, value, removed)
      else if (removed) delete inside[key]
      else inside[key] = structuredClone(value) // of values that several cases share
    }
    const changes = fc.tuple(fc.array(change, { minLength: 1, maxLength: 3 }), fc.boolean())
    await fuzz.over('tokenizers of any values', changes, 1500, ([changes, inConfig]) => {
      const json = structuredClone(BYTE_LEVEL_TOKENIZER_JSON)
      const config = structuredClone(BYTE_LEVEL_TOKENIZER_CONFIG)
      for (const { steps, value, removed } of changes) put(inConfig ? config : json, steps, value, removed)
      return endsWell(encode(json).length, () => {
        const tokenizer = createTokenizer(json, config)
        expect(tokenizer.vocabSize).toBeLessThanOrEqual(2 ** 24)
        tokenizer.decode(tokenizer.encode(text))
      })
    })
  })
})

it('are more than 20,000 cases', () => {
  console.log(`${fuzz.total} hostile cases in all`)
  expect(fuzz.total).toBeGreaterThan(20_000)
})
