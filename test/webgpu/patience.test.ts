import { describe, expect, it } from 'vitest'
import { Patience, Turns } from '../../src/webgpu/patience.ts'

it('gives what the work gives', async () => {
  const patience = new Patience()
  expect(await patience.until(async () => 7)).toBe(7)
  await expect(patience.until(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
})

// Pages have no such turns.
describe.runIf('setImmediate' in globalThis && !globalThis.document)('the event loop', () => {
  /** Turns of the loop until then. */
  const turnsUntil = (end: number) =>
    new Promise<number>((resolve) => {
      let turns = 0
      const turn = () => {
        turns++
        if (performance.now() > end) resolve(turns)
        else setImmediate(turn)
      }
      turn()
    })

  it('turns once a millisecond at most while work lasts', async () => {
    const end = performance.now() + 100
    expect(await new Patience().until(() => turnsUntil(end))).toBeLessThan(130)
  })

  it('is left alone for most of a wait like the one before', async () => {
    const patience = new Patience()
    await patience.until(() => turnsUntil(performance.now() + 100))
    const end = performance.now() + 100
    expect(await patience.until(() => turnsUntil(end))).toBeLessThan(40)
  })

  it('turns no slower for several waits at once', async () => {
    const turns = new Turns()
    const end = performance.now() + 100
    const waits = await Promise.all(Array.from({ length: 8 }, () => turns.until(turnsUntil(end))))
    for (const wait of waits) expect(wait).toBeGreaterThan(20)
    expect(Math.max(...waits)).toBeLessThan(130)
    const start = performance.now()
    expect(await turnsUntil(start + 100), 'and as fast as ever when they are over').toBeGreaterThan(500)
  })

  it('is not held up by work that is done', async () => {
    const patience = new Patience()
    const start = performance.now()
    for (let i = 0; i < 2000; i++) await patience.until(async () => {})
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
