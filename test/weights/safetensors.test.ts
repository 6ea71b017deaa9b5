import { describe, expect, it } from 'vitest'
import { ModelError } from '../../src/weights/errors.ts'
import { blobFile } from '../../src/weights/files.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { withHeader, writeSafetensors } from '../support/tiny-llama.ts'

const read = (bytes: Uint8Array<ArrayBuffer>) => readSafetensors(blobFile('model.safetensors', new Blob([bytes])))
const tensor = (dtype: string, shape: number[], data_offsets: number[]) => ({ dtype, shape, data_offsets })
const file = (header: unknown, dataBytes = 16, length?: bigint) =>
  withHeader(typeof header === 'string' ? header : JSON.stringify(header), new Uint8Array(dataBytes), length)

it('gives every tensor with its place in the file', async () => {
  const bytes = writeSafetensors([
    { name: 'a', dtype: 'F32', shape: [2, 2], bytes: new Uint8Array(16) },
    { name: 'empty', dtype: 'U8', shape: [0, 3], bytes: new Uint8Array(0) },
    { name: 'b', dtype: 'BF16', shape: [3], bytes: new Uint8Array(6).fill(9) },
    { name: 'scalar', dtype: 'I64', shape: [], bytes: new Uint8Array(8) },
  ])
  const tensors = await read(bytes)
  expect([...tensors.keys()]).toEqual(['a', 'empty', 'b', 'scalar'])
  const { start, end, ...rest } = tensors.get('b')!
  expect(rest).toEqual({ name: 'b', dtype: 'BF16', shape: [3], file: 'model.safetensors' })
  expect([...bytes.slice(start, end)]).toEqual([9, 9, 9, 9, 9, 9])
  expect(tensors.get('scalar')!.end).toBe(bytes.length)
})

describe('refuses', () => {
  const good = { a: tensor('F32', [2], [0, 8]), b: tensor('F16', [4], [8, 16]) }
  const cases: [name: string, bytes: Uint8Array<ArrayBuffer>, reason: RegExp][] = [
    ['an empty file', new Uint8Array(0), /starts with 8 bytes of header length, received 0/],
    ['a file of 7 bytes', new Uint8Array(7), /received 7 bytes/],
    [
      'a header longer than the file',
      file(good, 16, 5000n),
      /header must have at most \d+ bytes, received a length of 5000/,
    ],
    ['a header of 2^63 bytes', file(good, 16, 2n ** 63n), /received a length of 922337203685477\d+$/],
    ['a header of no bytes', file(good, 16, 0n), /not valid JSON/],
    ['a header cut short by its length', file(good, 16, 20n), /not valid JSON/],
    ['a header that is no text', withHeader('', new Uint8Array([0xff, 0xfe]), 2n), /not valid UTF-8/],
    ['a list as header', file('[1, 2]'), /must be an object, received \[1,2\]/],
    ['a number as tensor', file({ a: 3 }), /tensor "a" must have dtype, shape and data_offsets, received 3/],
    ['a tensor without offsets', file({ a: { dtype: 'F32', shape: [4] } }), /tensor "a" data_offsets must be two/],
    [
      'an unknown dtype',
      file({ a: tensor('F33', [4], [0, 16]) }),
      /tensor "a" dtype must be one of .*, received "F33"/,
    ],
    ['an inherited name as dtype', file({ a: tensor('toString', [4], [0, 16]) }), /received "toString"/],
    ['a negative size', file({ a: tensor('F32', [-4], [0, 16]) }), /shape.0 must not be negative, received -4/],
    [
      'a size with a fraction',
      file({ a: tensor('F32', [1.5], [0, 6]) }),
      /shape.0 must be a whole number, received 1.5/,
    ],
    [
      'a size beyond 2^53',
      file('{"a":{"dtype":"U8","shape":[1e300],"data_offsets":[0,16]}}'),
      /whole number, received 1e\+300/,
    ],
    ['a size that overflows', file({ a: tensor('F32', [2 ** 40, 2 ** 40], [0, 16]) }), /has 4.8\d+e\+24 bytes/],
    [
      'an infinite size',
      file('{"a":{"dtype":"U8","shape":[1e999],"data_offsets":[0,16]}}'),
      /shape.0 must be .* received Infinity/,
    ],
    ['nine dimensions', file({ a: tensor('U8', [1, 1, 1, 1, 1, 1, 1, 1, 16], [0, 16]) }), /at most 8 sizes/],
    [
      'offsets unlike the shape',
      file({ a: tensor('F32', [3], [0, 16]) }),
      /of F32 \[3\] has 12 bytes, received offsets 0–16/,
    ],
    ['offsets that go back', file({ a: tensor('F32', [2], [8, 0]) }), /has 8 bytes, received offsets 8–0/],
    [
      'a negative offset',
      file({ a: tensor('F32', [4], [-16, 0]) }),
      /data_offsets.0 must not be negative, received -16/,
    ],
    ['three offsets', file({ a: tensor('F32', [4], [0, 8, 16]) }), /data_offsets must be two byte offsets/],
    ['tensors beyond the end', file(good, 12), /cut short: tensor "b" ends at byte \d+, received \d+ bytes/],
    ['tensors that overlap', file({ a: tensor('F32', [3], [0, 12]), b: tensor('F32', [2], [8, 16]) }), /"b" overlaps/],
    ['a gap', file({ a: tensor('F32', [1], [0, 4]), b: tensor('F32', [2], [8, 16]) }), /no tensor has the bytes/],
    ['bytes left over', file(good, 20), /tensors end at byte \d+, received \d+ bytes/],
    [
      'a tensor named twice',
      file('{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]},"\\u0061":{}}'),
      /key "a" twice/,
    ],
    [
      'a dtype given twice',
      file('{"a":{"dtype":"F32","dtype":"U8","shape":[16],"data_offsets":[0,16]}}'),
      /key "dtype" twice/,
    ],
    ['an unknown key', file({ a: { ...tensor('U8', [16], [0, 16]), strides: [1] } }), /tensor "a" must have dtype/],
    [
      'metadata that is no text',
      file({ __metadata__: { a: 1 }, a: tensor('U8', [16], [0, 16]) }),
      /__metadata__ a must be text/,
    ],
  ]
  it.each(cases)('%s', async (_, bytes, reason) => {
    const error = await read(bytes).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(ModelError)
    expect((error as ModelError).message).toMatch(/^Cannot load model\.safetensors: /)
    expect((error as ModelError).message).toMatch(reason)
    expect((error as ModelError).message.length).toBeLessThan(400)
    expect((error as ModelError).file).toBe('model.safetensors')
  })
})

it('reads no more than the header, and never asks beyond the file', async () => {
  const bytes = file({ a: tensor('U8', [1e6], [0, 1e6]) }, 1e6)
  const asked: number[] = []
  const inner = blobFile('f', new Blob([bytes]))
  const read = (start: number, end: number) => {
    asked.push(end)
    return inner.read(start, end)
  }
  await readSafetensors({ ...inner, read })
  expect(Math.max(...asked)).toBeLessThan(200)
})
