import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { encode, type TinyModel, tinyLlama } from '../support/tiny-llama.ts'

const INDEX = 'model.safetensors.index.json'
const open = (model: TinyModel) => openCheckpoint(resolveModelFiles(model))

it('reads rows of a matrix and elements of a vector, into memory of their own', async () => {
  const model = tinyLlama()
  const checkpoint = await open(model)
  const name = 'model.layers.1.mlp.down_proj.weight'
  expect(checkpoint.tensors.get(name)!.shape).toEqual([64, 96])
  const stored = (await resolveModelFiles(model).open('model.safetensors'))!
  const { start } = (await readSafetensors(stored)).get(name)!
  const rows = await checkpoint.read(name, 5, 2)
  expect(rows).toEqual(model.bytes.get('model.safetensors')!.slice(start + 5 * 384, start + 7 * 384))
  expect(rows.byteOffset).toBe(0)
  expect(rows.buffer.byteLength).toBe(2 * 384)
  expect((await checkpoint.read('model.norm.weight', 60, 4)).length).toBe(16)
  await expect(checkpoint.read(name, 63, 2)).rejects.toThrow('it has 64 rows, received 63 + 2')
  await expect(checkpoint.read('x', 0, 1)).rejects.toThrow('no tensor "x"')
})

it('reads shards as one checkpoint', async () => {
  const [one, three] = [await open(tinyLlama()), await open(tinyLlama({ shards: 3 }))]
  expect(new Set([...three.tensors.values()].map(({ file }) => file)).size).toBe(3)
  expect([...three.tensors.keys()].sort()).toEqual([...one.tensors.keys()].sort())
  for (const [name, { shape }] of one.tensors)
    expect(Buffer.compare(await three.read(name, 0, shape[0]!), await one.read(name, 0, shape[0]!))).toBe(0)
})

describe('refuses', () => {
  const cases: [name: string, change: (bytes: TinyModel['bytes']) => void, reason: RegExp][] = [
    ['no weights', (bytes) => bytes.delete(INDEX), /^Cannot load model\.safetensors: tiny-llama has neither it nor/],
    [
      'a missing shard',
      (bytes) => bytes.delete('model-00002-of-00002.safetensors'),
      /^Cannot load model-00002-of-00002\.safetensors: .*index.json names it/,
    ],
    [
      'a tensor that its shard lacks',
      (bytes) => change(bytes, (map) => ({ ...map, extra: 'model-00001-of-00002.safetensors' })),
      /00001-of-00002\.safetensors: .* says it has tensor "extra"/,
    ],
    [
      'a tensor in another shard',
      (bytes) => change(bytes, (map) => ({ ...map, 'model.norm.weight': 'model-00001-of-00002.safetensors' })),
      /says it has tensor "model.norm.weight"/,
    ],
    [
      'a path as shard',
      (bytes) => change(bytes, () => ({ a: '../secret.safetensors' })),
      /weight_map.a must be a plain file name, received "..\/secret/,
    ],
    ['a URL as shard', (bytes) => change(bytes, () => ({ a: 'https://elsewhere/x' })), /must be a plain file name/],
    ['a number as shard', (bytes) => change(bytes, () => ({ a: 1 })), /weight_map.a must be a file name, received 1/],
    ['an index without map', (bytes) => bytes.set(INDEX, encode({})), /weight_map must be an object, received nothing/],
    ['an index that is no JSON', (bytes) => bytes.set(INDEX, encode({}).slice(1)), /index.json: it is not valid JSON/],
    [
      'a shard cut short',
      (bytes) => truncate(bytes, 'model-00001-of-00002.safetensors'),
      /model-00001-of-00002\.safetensors: it is cut short/,
    ],
  ]
  it.each(cases)('%s', async (_, change, reason) => {
    const model = tinyLlama({ shards: 2 })
    change(model.bytes)
    const error = await open(model).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(ModelError)
    expect((error as Error).message).toMatch(reason)
  })
})

function change(bytes: TinyModel['bytes'], edit: (map: Record<string, unknown>) => Record<string, unknown>): void {
  const { weight_map } = JSON.parse(new TextDecoder().decode(bytes.get(INDEX)))
  bytes.set(INDEX, encode({ weight_map: edit(weight_map) }))
}

function truncate(bytes: TinyModel['bytes'], name: string): void {
  bytes.set(name, bytes.get(name)!.slice(0, -100))
}
