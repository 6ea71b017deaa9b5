import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { checkTensors } from '../../src/model/spec.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { blobFile } from '../../src/weights/files.ts'
import { readGguf } from '../../src/weights/gguf.ts'
import { ggufTypes } from '../../src/weights/gguf-types.ts'
import { requireJson } from '../../src/weights/json.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { fileServer } from '../support/file-server.ts'
import { uniform } from '../support/random.ts'
import {
  ARRAY,
  BOOL,
  type Entry,
  F32,
  type GgufTensorBytes,
  ggufTensors,
  STRING,
  tinyGguf,
  tinyGgufConfig,
  tinyGgufTensors,
  tinyMetadata,
  U32,
  U64,
  writeGguf,
} from '../support/tiny-gguf.ts'

const read = (bytes: Uint8Array<ArrayBuffer>) => readGguf(blobFile('model.gguf', new Blob([bytes])))
const folder = (bytes: Uint8Array<ArrayBuffer>) => resolveModelFiles(new File([bytes], 'tiny.gguf'))
const tensor = (changes: Partial<GgufTensorBytes> = {}): GgufTensorBytes => ({
  name: 'a.weight',
  type: 0,
  shape: [2, 32],
  bytes: new Uint8Array(256),
  ...changes,
})

describe('reads', () => {
  it('values of all kinds', async () => {
    const metadata: Entry[] = [
      ['number', U32, 4_000_000_000],
      ['long', U64, 2 ** 40],
      ['float', F32, 0.5],
      ['yes', BOOL, true],
      ['text', STRING, '\ufeffa “ü”'],
      ['texts', ARRAY, STRING, ['', 'b']],
      ['numbers', ARRAY, F32, [1, 2.5]],
      ['none', ARRAY, U32, []],
    ]
    for (const version of [2, 3]) {
      const gguf = await read(writeGguf({ version, metadata }))
      expect(Object.fromEntries(gguf.metadata)).toEqual({
        number: 4_000_000_000,
        long: 2 ** 40,
        float: 0.5,
        yes: true,
        text: '\ufeffa “ü”',
        texts: ['', 'b'],
        numbers: Float32Array.of(1, 2.5),
        none: new Uint32Array(0),
      })
    }
  })

  it('where tensors lie, aligned as the file says', async () => {
    const tensors = [
      tensor({ shape: [1, 3], bytes: new Uint8Array(12) }),
      tensor({ name: 'b', type: 8, bytes: new Uint8Array(68) }),
    ]
    for (const alignment of [32, 64]) {
      const metadata: Entry[] = alignment === 32 ? [] : [['general.alignment', U32, alignment]]
      const bytes = writeGguf({ alignment, metadata, tensors })
      const [a, b] = [...(await read(bytes)).tensors.values()]
      expect(a).toMatchObject({ name: 'a.weight', shape: [1, 3], type: { name: 'F32' }, end: a!.start + 12 })
      expect(b).toMatchObject({ name: 'b', type: { name: 'Q8_0' }, start: a!.start + alignment, end: bytes.length })
      expect(a!.start % alignment).toBe(0)
    }
  })

  it('a header in pieces, however long', async () => {
    const texts = Array.from({ length: 50_000 }, (_, i) => `token ${i} ${'x'.repeat(i % 100)}`)
    const inner = blobFile('model.gguf', new Blob([writeGguf({ metadata: [['texts', ARRAY, STRING, texts]] })]))
    let largest = 0
    const file = {
      ...inner,
      read: (start: number, end: number) => {
        largest = Math.max(largest, end - start)
        return inner.read(start, end)
      },
    }
    expect((await readGguf(file)).metadata.get('texts')).toEqual(texts)
    expect(largest).toBe(2 ** 20)
  })
})

describe('a model', () => {
  it('has the tensors that were written, whole and in pieces, in the order of rows of Hugging Face', async () => {
    const checkpoint = await openCheckpoint(folder(tinyGguf()))
    const expected = tinyGgufTensors()
    expect([...checkpoint.tensors.keys()].sort()).toEqual(expected.map(({ name }) => name).sort())
    for (const { name, shape, bytes } of expected) {
      const rows = shape[0]!
      expect(await checkpoint.read(name, 0, rows), name).toEqual(bytes)
      const rowBytes = bytes.length / rows
      for (const [first, count] of [
        [5, 7],
        [15, 2],
        [0, 0],
        [17, rows - 17],
      ] as const)
        expect(await checkpoint.read(name, first, count)).toEqual(
          bytes.slice(first * rowBytes, (first + count) * rowBytes),
        )
      await expect(checkpoint.read(name, 1, rows)).rejects.toThrow(`it has ${rows} rows, received 1 + ${rows}`)
    }
  })

  it('has a config and a tokenizer', async () => {
    const files = folder(tinyGguf())
    expect(files.id).toBe('tiny')
    const config = await readConfig(files)
    const { json, ...expected } = parseConfig(tinyGgufConfig)
    expect(config).toMatchObject(expected)
    expect(json).toBeDefined()
    const tokenizerConfig = await requireJson(files, 'tokenizer_config.json')
    const tokenizer = createTokenizer(await requireJson(files, 'tokenizer.json'), tokenizerConfig)
    const [abc, b] = [tokenizer.tokenId('▁abc')!, tokenizer.tokenId('b')!]
    expect(tokenizer.encode('abc')).toEqual([1, abc])
    // ab has a higher score than bc.
    expect(tokenizer.encode('cabc')).toEqual([1, ...['▁', 'c', 'ab', 'c'].map((piece) => tokenizer.tokenId(piece))])
    expect(tokenizer.encode('b!', { addSpecialTokens: false })).toEqual([tokenizer.tokenId('▁'), b, 3 + 0x21])
    expect(tokenizer.decode([abc, 3 + 0x21])).toBe('abc!')
    expect(tokenizerConfig).toMatchObject({ bos_token: '<s>', eos_token: '</s>', chat_template: expect.any(String) })
  })

  it('is read without more than the rows asked for', async () => {
    const metadata: Entry[] = tinyMetadata.filter(([key]) => !key.startsWith('tokenizer'))
    const tensors = ggufTensors(tinyGgufTensors()).map((tensor) =>
      tensor.shape.length === 2 && tensor.shape[1] === 64
        ? { ...tensor, type: 8, bytes: quanta(tensor.shape[0]! * 2 * 34) }
        : tensor,
    )
    const files = folder(writeGguf({ metadata, tensors }))
    const checkpoint = await openCheckpoint(files)
    checkTensors(describeModel(await readConfig(files)), checkpoint)
    const name = 'model.layers.0.self_attn.v_proj.weight'
    expect(checkpoint.tensors.get(name)).toMatchObject({ dtype: 'F32', shape: [32, 64] })
    const whole = await checkpoint.read(name, 0, 32)
    expect(await checkpoint.read(name, 3, 4)).toEqual(whole.slice(3 * 256, 7 * 256))
  })
})

it('a model behind a URL is read in ranges', async () => {
  const bytes = tinyGguf()
  const server = await fileServer(new Map([['tiny.gguf', bytes]]))
  try {
    const files = resolveModelFiles(`${server.url}/models/tiny.gguf`, { store: false })
    const checkpoint = await openCheckpoint(files)
    checkTensors(describeModel(await readConfig(files)), checkpoint)
    for (const { name, shape, bytes } of tinyGgufTensors())
      expect(await checkpoint.read(name, 0, shape[0]!), name).toEqual(bytes)
    expect(new Set(server.requests.map(({ path }) => path))).toEqual(new Set(['models/tiny.gguf']))
    expect(server.requests.every(({ range }) => range)).toBe(true)
    expect(server.sent).toBeLessThan(2 * bytes.length)
  } finally {
    await server.close()
  }
})

describe('a split model', () => {
  const parts = (count = 2) => {
    const tensors = ggufTensors(tinyGgufTensors())
    const split: Entry = ['split.count', U32, count]
    return {
      'big-00001-of-00002.gguf': new Blob([
        writeGguf({ metadata: [...tinyMetadata, split], tensors: tensors.slice(0, 4) }),
      ]),
      'big-00002-of-00002.gguf': new Blob([writeGguf({ metadata: [split], tensors: tensors.slice(4) })]),
    }
  }

  it('is one checkpoint', async () => {
    const files = resolveModelFiles(parts())
    expect(files.id).toBe('big')
    const checkpoint = await openCheckpoint(files)
    checkTensors(describeModel(await readConfig(files)), checkpoint)
    expect(new Set([...checkpoint.tensors.values()].map(({ file }) => file)).size).toBe(2)
    for (const { name, shape, bytes } of tinyGgufTensors())
      expect(await checkpoint.read(name, 0, shape[0]!), name).toEqual(bytes)
  })

  it('is refused where a part is missing, named first, or has what another has', async () => {
    const { 'big-00001-of-00002.gguf': first, 'big-00002-of-00002.gguf': second } = parts()
    const open = (files: Record<string, Blob>) => openCheckpoint(resolveModelFiles(files))
    await expect(open({ 'big-00001-of-00002.gguf': first })).rejects.toThrow(
      /^Cannot load big-00002-of-00002.gguf: local has no such file/,
    )
    await expect(open({ 'big-00002-of-00002.gguf': second })).rejects.toThrow(/it is a part of 2: the first one/)
    await expect(open({ 'big-00001-of-00002.gguf': first, 'big-00002-of-00002.gguf': first })).rejects.toThrow(
      /big-00002-of-00002.gguf: another part has the tensor "token_embd.weight" too/,
    )
  })
})

/** Bytes of blocks whose first two, the scale, are 1. */
function quanta(length: number): Uint8Array {
  const next = uniform(5)
  return Uint8Array.from({ length }, (_, i) => (i % 34 === 0 ? 0 : i % 34 === 1 ? 0x3c : next() * 256))
}

describe('blocks', () => {
  it('decode to all elements, from any place to any place', () => {
    const next = uniform(3)
    for (const { name, elements, bytes, decode } of ggufTypes.values()) {
      if (!decode) continue
      const block = Uint8Array.from({ length: bytes }, () => next() * 100)
      const [a, b] = [new Float32Array(elements).fill(Number.NaN), new Float32Array(elements + 9).fill(7)]
      decode(block, 0, a, 0)
      expect(a.every(Number.isFinite), name).toBe(true)
      const shifted = new Uint8Array(bytes + 5)
      shifted.set(block, 3)
      decode(shifted, 3, b, 4)
      expect(b.slice(4, -5), name).toEqual(a)
      expect([...b.slice(0, 4), ...b.slice(-5)].every((value) => value === 7)).toBe(true)
    }
  })

  it('of Q4_0, Q5_1 and Q8_0 by hand', () => {
    const decoded = (id: number, bytes: number[]) => {
      const { elements, bytes: size, decode } = ggufTypes.get(id)!
      const out = new Float32Array(elements)
      decode!(
        Uint8Array.from({ length: size }, (_, i) => bytes[i] ?? 0),
        0,
        out,
        0,
      )
      return out
    }
    const half = [0x00, 0x38] // 0.5
    const q4 = decoded(2, [...half, 0x9f])
    expect([q4[0], q4[16], q4[1]]).toEqual([3.5, 0.5, -4])
    const q5 = decoded(7, [...half, 0x00, 0x3c, 0b10, 0, 1, 0, 0x21, 0x43]) // offset 1, fifth bits of 1 and 16
    expect([q5[0], q5[1], q5[16], q5[17], q5[2]]).toEqual([1.5, 10.5, 10, 3, 1])
    const q8 = decoded(8, [...half, 0xff, 0x7f, 0x80])
    expect([q8[0], q8[1], q8[2], q8[31]]).toEqual([-0.5, 63.5, -64, 0])
  })
})

describe('refuses', () => {
  const cases: [name: string, bytes: Uint8Array<ArrayBuffer>, reason: RegExp][] = [
    [
      'another file',
      new Uint8Array(40).fill(0x40),
      /^Cannot load model.gguf: a GGUF file starts with the letters GGUF/,
    ],
    ['a stub', tinyGguf().slice(0, 12), /its header has 12 bytes, received a length that ends at 24/],
    ['an old version', writeGguf({ version: 1 }), /version must be 2 or 3, received 1/],
    ['a header that ends early', tinyGguf().slice(0, 700), /its header has 700 bytes, received a length that ends at/],
    ['data that ends early', tinyGguf().slice(0, -200), /is cut short: tensor "/],
    [
      'a key twice',
      writeGguf({
        metadata: [
          ['a', U32, 1],
          ['a', U32, 2],
        ],
      }),
      /has the key "a" twice/,
    ],
    ['an unknown type of value', writeGguf({ metadata: [['a', 13, 1]] }), /value of "a" has the unknown type 13/],
    ['lists in lists', writeGguf({ metadata: [['a', ARRAY, ARRAY, []]] }), /value of "a" has the unknown type 9/],
    [
      'an odd alignment',
      writeGguf({ metadata: [['general.alignment', U32, 24]] }),
      /must be a power of two, received 24/,
    ],
    ['a tensor twice', writeGguf({ tensors: [tensor(), tensor()] }), /has the tensor "a.weight" twice/],
    [
      'types that are not read',
      writeGguf({ tensors: [tensor({ type: 21 })] }),
      /"a.weight" is IQ3_S, which is not read/,
    ],
    ['unknown types', writeGguf({ tensors: [tensor({ type: 77 })] }), /is of the unknown type 77, .*Q4_K/],
    [
      'half blocks',
      writeGguf({ tensors: [tensor({ type: 2, shape: [2, 48] })] }),
      /must have rows of a multiple of 32/,
    ],
    ['no elements', writeGguf({ tensors: [tensor({ shape: [0, 32] })] }), /must not be empty, received \[0,32\]/],
    [
      'too many dimensions',
      writeGguf({ tensors: [tensor({ shape: [1, 1, 1, 1, 1] })] }),
      /1 to 4 dimensions, received 5/,
    ],
    ['odd starts', writeGguf({ tensors: [tensor({ start: 4 })] }), /must start at a multiple of 32, received 4/],
    [
      'overlap',
      writeGguf({ tensors: [tensor(), tensor({ name: 'b', start: 32 })] }),
      /tensor "b" overlaps the one before/,
    ],
    [
      'sizes beyond any file',
      writeGguf({ tensors: [tensor({ shape: [2 ** 52, 2 ** 52] })] }),
      /is cut short: tensor "a.weight" ends at byte/,
    ],
  ]
  it.each(cases)('%s', async (_, bytes, reason) => {
    await expect(read(bytes)).rejects.toThrow(ModelError)
    await expect(read(bytes)).rejects.toThrow(reason)
  })

  const models: [name: string, change: (metadata: Entry[]) => Entry[], reason: RegExp][] = [
    [
      'another architecture',
      (m) => put(m, ['general.architecture', STRING, 'rwkv7']),
      /architecture must be one of llama, .*"rwkv7"/,
    ],
    ['no architecture', (m) => m.slice(1), /general.architecture must be one of .* received nothing/],
    [
      'no layers',
      (m) => m.toSpliced(1, 1),
      /^Cannot load tiny.gguf: llama.block_count must be a number, received nothing/,
    ],
    [
      'heads that differ',
      (m) => put(m, ['llama.attention.head_count', ARRAY, U32, [4, 2]]),
      /must be a number, the same for all/,
    ],
    ['experts', (m) => put(m, ['llama.expert_count', U32, 8]), /num_experts: mixture of experts are not supported/],
    [
      'unknown scaling',
      (m) => put(put(m, ['llama.rope.scaling.type', STRING, 'yarn']), ['llama.rope.scaling.factor', F32, 4]),
      /rope_type must be/,
    ],
    [
      'another tokenizer',
      (m) => put(m, ['tokenizer.ggml.model', STRING, 'bert']),
      /tokenizer.ggml.model must be llama or gpt2, received "bert"/,
    ],
    [
      'few scores',
      (m) => put(m, ['tokenizer.ggml.scores', ARRAY, F32, [1]]),
      /tokenizer.ggml.scores must be a list of as many/,
    ],
    [
      'an unknown pre-tokenizer',
      (m) =>
        put(put(put(m, ['tokenizer.ggml.model', STRING, 'gpt2']), ['tokenizer.ggml.pre', STRING, 'x']), [
          'tokenizer.ggml.merges',
          ARRAY,
          STRING,
          ['a b'],
        ]),
      /tokenizer.ggml.pre names an unknown pre-tokenizer, received "x"/,
    ],
  ]
  it.each(models)('%s', async (_, change, reason) => {
    const bytes = writeGguf({ metadata: change([...tinyMetadata]), tensors: ggufTensors(tinyGgufTensors()) })
    await expect(loadAll(bytes)).rejects.toThrow(ModelError)
    await expect(loadAll(bytes)).rejects.toThrow(reason)
  })

  it('a missing file', async () => {
    const files = resolveModelFiles({ 'a.gguf': new Blob([]) })
    await expect(readConfig(files)).rejects.toThrow(/^Cannot load a.gguf: its header has 0 bytes/)
  })
})

const put = (metadata: Entry[], entry: Entry): Entry[] => [...metadata.filter(([key]) => key !== entry[0]), entry]

/** All that a model is loaded from. */
async function loadAll(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const files = folder(bytes)
  const spec = describeModel(await readConfig(files))
  createTokenizer(await requireJson(files, 'tokenizer.json'), await requireJson(files, 'tokenizer_config.json'))
  const checkpoint = await openCheckpoint(files)
  checkTensors(spec, checkpoint)
  for (const { name, shape } of checkpoint.tensors.values()) await checkpoint.read(name, 0, shape[0]!)
}
