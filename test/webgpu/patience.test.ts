import { describe, expect, it } from 'vitest'
import { patiently } from '../../src/webgpu/patience.ts'

it('gives what the work gives', async () => {
  expect(await patiently(Promise.resolve(7))).toBe(7)
  await expect(patiently(Promise.reject(new Error('lost')))).rejects.toThrow('lost')
})

// Pages have no such turns.
describe.runIf('setImmediate' in globalThis && !globalThis.document)('the event loop', () => {
  it('turns once a millisecond at most while work lasts', async () => {
    let turns = 0
    const start = performance.now()
    const work = new Promise<number>((resolve) => {
      const turn = () => {
        turns++
        if (performance.now() - start > 100) resolve(turns)
        else setImmediate(turn)
      }
      turn()
    })
    expect(await patiently(work)).toBeLessThan(130)
  })

  it('is not held up by work that is done', async () => {
    const start = performance.now()
    for (let i = 0; i < 2000; i++) await patiently(Promise.resolve())
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
