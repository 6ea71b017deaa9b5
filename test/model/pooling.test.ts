// What a folder says of how it makes vectors.

import { expect, test } from 'vitest'
import { readPooling } from '../../src/model/pooling.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { tinyMetadata, U32, writeGguf } from '../support/tiny-gguf.ts'

const module = (kind: string, path = '') => ({ idx: 0, name: '0', path, type: `sentence_transformers.models.${kind}` })
const modules = (...more: object[]) => [module('Transformer'), module('Pooling', '1_Pooling'), ...more]

const cases: [name: string, files: Record<string, unknown>, pooling: string | undefined][] = [
  ['a folder that says nothing', {}, 'sum'],
  ['the mean', { 'modules.json': modules(), '1_Pooling/config.json': { pooling_mode_mean_tokens: true } }, 'sum'],
  [
    'the last token',
    {
      'modules.json': modules(module('Normalize', '2_Normalize')),
      '1_Pooling/config.json': {
        word_embedding_dimension: 64,
        pooling_mode_cls_token: false,
        pooling_mode_lasttoken: true,
        include_prompt: true,
      },
    },
    'last',
  ],
  ['the newer words', { 'modules.json': modules(), '1_Pooling/config.json': { pooling_mode: 'lasttoken' } }, 'last'],
  ['another one', { 'modules.json': modules(), '1_Pooling/config.json': { pooling_mode_cls_token: true } }, undefined],
  [
    'two',
    {
      'modules.json': modules(),
      '1_Pooling/config.json': { pooling_mode_mean_tokens: true, pooling_mode_lasttoken: true },
    },
    undefined,
  ],
  [
    'a layer after it',
    { 'modules.json': modules(module('Dense', '2_Dense')), '1_Pooling/config.json': { pooling_mode: 'mean' } },
    undefined,
  ],
  ['no file of it', { 'modules.json': modules() }, undefined],
  ['a path that leads out', { 'modules.json': [module('Pooling', '../..')] }, undefined],
  ['nonsense', { 'modules.json': { a: 1 } }, undefined],
]

test.each(cases)('%s', async (_, files, pooling) => {
  const blob = (value: unknown) => new Blob([JSON.stringify(value)])
  const folder = { 'config.json': new Blob(['{}']) }
  const all = Object.fromEntries(Object.entries(files).map(([name, value]) => [name, blob(value)]))
  expect(await readPooling(resolveModelFiles({ ...folder, ...all }))).toBe(pooling)
})

test.each([
  [undefined, 'sum'],
  [1, 'sum'],
  [2, undefined],
  [3, 'last'],
])('a GGUF of pooling type %s', async (type, pooling) => {
  const metadata = type === undefined ? tinyMetadata : [...tinyMetadata, ['llama.pooling_type', U32, type] as const]
  const file = new File([writeGguf({ metadata, tensors: [] })], 'tiny.gguf')
  expect(await readPooling(resolveModelFiles([file]))).toBe(pooling)
})
