import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nodeStore } from '../../src/weights/node-store.ts'
import { memoryStore } from '../support/memory-store.ts'
import { storeContract } from '../support/store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'infetch-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a folder', () => storeContract(async () => nodeStore(join(folder, 'store'))))

describe('memory, as tests use it', () => {
  const store = memoryStore()
  storeContract(async () => store)
})

it('leaves no drafts behind', async () => {
  const place = join(folder, 'drafts')
  const store = nodeStore(place)
  await Promise.all(Array.from({ length: 20 }, (_, i) => store.put('a/b', Uint8Array.of(i))))
  expect(readdirSync(join(place, 'a'))).toEqual(['b'])
  await store.put('c', Uint8Array.of(1))
  await expect(store.put('c/d', Uint8Array.of(1))).rejects.toThrow()
  expect(readdirSync(place).sort()).toEqual(['a', 'c'])
})
