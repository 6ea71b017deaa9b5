// Real files with random damage through the readers of headers and tokenizers: read or refused by an error of our own, and no
// memory taken beyond what the file itself has. With the cases beside each reader's own tests: more than 20,000.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TextError } from '../../src/text/errors.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { blobFile } from '../../src/weights/files.ts'
import { readGguf } from '../../src/weights/gguf.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { BYTE_LEVEL_TOKENIZER_CONFIG, BYTE_LEVEL_TOKENIZER_JSON } from '../support/byte-level-tokenizer.ts'
import { tinyGguf } from '../support/tiny-gguf.ts'

const embedded = new URL('../../models/embedded/', import.meta.url)

/** The most bytes that any typed array or buffer is asked for while the work goes on. */
async function largestAllocation(work: () => Promise<unknown>): Promise<number> {
  let most = 0
  const scope = globalThis as unknown as Record<string, new (...args: unknown[]) => object>
  const names = [
    'ArrayBuffer',
    'Uint8Array',
    'Uint16Array',
    'Uint32Array',
    'Int32Array',
    'Float32Array',
    'Float64Array',
  ]
  const before = names.map((name) => scope[name]!)
  names.forEach((name, i) => {
    const bytes = (before[i] as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1
    scope[name] = new Proxy(before[i]!, {
      construct(target, args, newTarget) {
        if (typeof args[0] === 'number') most = Math.max(most, args[0] * bytes)
        if (most > 2 ** 26) throw new Error(`${name} of ${args[0]} asked for`)
        return Reflect.construct(target, args, newTarget)
      },
    })
  })
  try {
    await work()
  } finally {
    names.forEach((name, i) => {
      scope[name] = before[i]!
    })
  }
  return most
}

/** Bytes changed, most of them near the start; some files are cut short. */
function damage(valid: Uint8Array<ArrayBuffer>, header: number) {
  const place = fc.oneof({ weight: 3, arbitrary: fc.nat(Math.min(header, 400) - 1) }, fc.nat(header - 1))
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom([255, 255, 255, 255], [0, 0, 0, 128], [255, 255, 255, 255, 255, 255, 255, 127], [0, 0, 0, 0, 1]),
  )
  const edits = fc.array(fc.record({ at: place, bytes }), { minLength: 1, maxLength: 3 })
  return fc.tuple(edits, fc.nat(header * 8)).map(([edits, cut]) => {
    const damaged = valid.slice()
    for (const { at, bytes } of edits) damaged.set(Uint8Array.from(bytes).subarray(0, valid.length - at), at)
    return cut < header ? damaged.slice(0, cut) : damaged
  })
}

async function readsOrRefuses(bytes: Uint8Array<ArrayBuffer>, read: (file: ReturnType<typeof blobFile>) => unknown) {
  // Bytes are handed out without a copy: what is counted is what the reader itself asks for.
  const file = {
    ...blobFile('model', new Blob([bytes])),
    read: async (start: number, end: number) => {
      if (!(start >= 0 && end >= start && end <= bytes.length)) throw new Error(`read of ${start} to ${end}`)
      return bytes.subarray(start, end).slice()
    },
  }
  const most = await largestAllocation(async () => {
    try {
      await read(file)
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
    }
  })
  expect(most).toBeLessThanOrEqual(bytes.length + 4096)
}

it('headers of real safetensors, damaged', async () => {
  const whole = readFileSync(new URL('model.safetensors', embedded))
  const header = 8 + Number(whole.readBigUInt64LE(0))
  // The weights are left out; reading the header asks for none of them.
  const valid = new Uint8Array(whole.subarray(0, header))
  await fc.assert(
    fc.asyncProperty(damage(valid, header), (bytes) => readsOrRefuses(bytes, (file) => readSafetensors(file))),
    { numRuns: 1500 },
  )
})

it('headers of GGUF, damaged', async () => {
  const valid = tinyGguf()
  await fc.assert(
    fc.asyncProperty(damage(valid, valid.length >> 1), (bytes) => readsOrRefuses(bytes, (file) => readGguf(file))),
    { numRuns: 1500 },
  )
})

it('tokenizer.json, damaged, and what it then makes of a text', async () => {
  const hostile = fc.oneof(
    fc.constantFrom(null, -1, 0, 0.5, 2 ** 31, 1e300, '', '[', '\\p{', 'Ġ', [], {}, [[]], [null], { type: 'Sequence' }),
    fc
      .constantFrom('Replace', 'Metaspace', 'Split', 'WordPiece', 'Unigram', 'Precompiled', 'Lowercase', 'constructor')
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
    else inside[key] = value
  }
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.boolean(), (changes, inConfig) => {
      const json = structuredClone(BYTE_LEVEL_TOKENIZER_JSON)
      const config = structuredClone(BYTE_LEVEL_TOKENIZER_CONFIG)
      for (const { steps, value, removed } of changes) put(inConfig ? config : json, steps, value, removed)
      try {
        const tokenizer = createTokenizer(json, config)
        expect(tokenizer.vocabSize).toBeLessThanOrEqual(2 ** 24)
        tokenizer.decode(tokenizer.encode('the thin\n<s>😀'))
      } catch (error) {
        if (!(error instanceof TextError)) throw error
      }
    }),
    { numRuns: 2500 },
  )
})
