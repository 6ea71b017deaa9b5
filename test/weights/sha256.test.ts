import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { Sha256, sha256, sha256Hasher } from '../../src/weights/sha256.ts'
import { uniform } from '../support/random.ts'

it('all ways give what the platform gives', async () => {
  const next = uniform(1)
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100_000]) {
    const bytes = Uint8Array.from({ length }, () => next() * 256)
    const expected = createHash('sha256').update(bytes).digest('hex')
    expect(await sha256(bytes)).toBe(expected)
    for (const hasher of [new Sha256(), sha256Hasher()]) {
      for (let at = 0; at < length; ) {
        const count = Math.ceil(next() * 200)
        hasher.update(bytes.subarray(at, at + count))
        at += count
      }
      expect(hasher.digest()).toBe(expected)
    }
  }
})
