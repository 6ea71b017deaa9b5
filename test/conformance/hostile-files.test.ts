// Real checkpoints and vocabularies with damage: read or refused by an error of our own, with no memory beyond the file's.

import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { createTokenizer } from '../../src/text/tokenizer.ts'
import { readGguf } from '../../src/weights/gguf.ts'
import { ggufCheckpoint } from '../../src/weights/gguf-checkpoint.ts'
import { ggufConfig } from '../../src/weights/gguf-config.ts'
import { ggufTokenizer } from '../../src/weights/gguf-tokenizer.ts'
import { readSafetensors } from '../../src/weights/safetensors.ts'
import { damage, endsWell, Fuzz, watchedFile, watchedFolder } from '../support/hostile.ts'
import { sharedData } from '../support/shared-data.ts'

type Bytes = Uint8Array<ArrayBuffer>

const folders = sharedData
  ? readdirSync(`${sharedData}/data/zoo`, { withFileTypes: true }).filter((e) => e.isDirectory())
  : []
const files = (pattern: RegExp) =>
  folders.flatMap(({ name }) =>
    readdirSync(`${sharedData}/data/zoo/${name}`)
      .filter((file) => pattern.test(file))
      .map((file) => `data/zoo/${name}/${file}`),
  )
const bytesOf = (path: string): Bytes => new Uint8Array(readFileSync(`${sharedData}/${path}`))
const fuzz = new Fuzz()

/** Enough for the zoo's metadata. */
const HEADER = 64 * 1024

/** Any of the files, damaged in its header. */
const damaged = (paths: readonly string[], headerOf: (bytes: Bytes) => number = ({ length }) => length) =>
  fc.constantFrom(...paths.map(bytesOf)).chain((bytes) => damage(bytes, Math.min(bytes.length, headerOf(bytes))))

describe.skipIf(!sharedData)('damaged', () => {
  it('configs', () =>
    fuzz.over('configs of the zoo', damaged(files(/^config\.json$/)), 2000, (bytes) =>
      endsWell(2 ** 16, async () => describeModel(await readConfig(watchedFolder({ 'config.json': bytes })))),
    ))

  it('safetensors', () => {
    const header = (bytes: Bytes) => 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    return fuzz.over('safetensors of the zoo', damaged(files(/\.safetensors$/), header), 1000, (bytes) =>
      endsWell(bytes.length, () => readSafetensors(watchedFile('model', bytes))),
    )
  })

  it('GGUF', () =>
    fuzz.over(
      'GGUF of the zoo',
      damaged(files(/\.gguf$/), () => HEADER),
      1000,
      (bytes) =>
        endsWell(bytes.length, async () => {
          const gguf = await readGguf(watchedFile('model.gguf', bytes))
          await ggufConfig(gguf)
          ggufTokenizer(gguf)
          ggufCheckpoint(gguf)
        }),
    ))

  it('vocabularies', () =>
    fuzz.over('a vocabulary as GGUF', damaged(['data/tokenizers/vectors/ggml-vocab-phi-3.gguf']), 15, (bytes) =>
      endsWell(bytes.length, async () => {
        const gguf = await readGguf(watchedFile('model.gguf', bytes))
        createTokenizer(JSON.parse(JSON.stringify(ggufTokenizer(gguf)))).encode('Hello')
      }),
    ))
})
