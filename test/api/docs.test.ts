// docs/api.md says what the rows say.

import { expect, test } from 'vitest'
import written from '../../docs/api.md?raw'
import { apiDocs } from '../../tools/api-docs.ts'

test('docs/api.md is up to date: node tools/run.mjs tools/api-docs.ts', () => {
  expect(written).toBe(apiDocs())
})
