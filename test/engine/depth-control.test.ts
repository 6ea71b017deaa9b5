import { describe, expect, it } from 'vitest'
import { DepthControl } from '../../src/engine/depth-control.ts'

/**
 * A runner that needs `stepMs` for a step and whose results are seen `delayMs` later, at the next multiple of `pollMs`.
 * Submits as many as the control allows. Returns the depth after each result, the most in flight, and the time that all took.
 */
function simulate(control: DepthControl, steps: number, { stepMs = 1, delayMs = 0, pollMs = 0, from = 0 }) {
  let now = from
  let freeAt = from
  const inFlight: { submitted: number; lone: boolean; due: number }[] = []
  const depths: number[] = []
  let most = 0
  for (let done = 0; done < steps; done++) {
    while (inFlight.length < control.limit) {
      freeAt = Math.max(freeAt, now) + stepMs
      const seen = freeAt + delayMs
      const due = pollMs > 0 ? Math.ceil(seen / pollMs + 1e-9) * pollMs : seen
      inFlight.push({ submitted: now, lone: done > 0 && inFlight.length === 0, due })
    }
    most = Math.max(most, inFlight.length)
    const step = inFlight.shift()!
    now = Math.max(now, step.due)
    control.arrived(step, now)
    depths.push(control.depth)
  }
  return { depths, most, ms: now - from }
}

describe('DepthControl', () => {
  it('keeps two steps in flight where results come at once', () => {
    const control = new DepthControl(8)
    const { depths } = simulate(control, 100, { stepMs: 10, delayMs: 0.1 })
    expect(depths.slice(20).every((depth) => depth === 2 || depth === 3)).toBe(true)
  })

  it('keeps enough in flight to hide a delay of two steps', () => {
    const control = new DepthControl(8)
    const { depths, ms } = simulate(control, 400, { stepMs: 1, delayMs: 2 })
    expect(depths.slice(30).every((depth) => depth === 4)).toBe(true)
    expect(ms).toBeLessThan(400 * 1.1)
  })

  it('goes to its bound where results are seen every 100 ms', () => {
    const control = new DepthControl(8)
    const { depths, ms } = simulate(control, 300, { stepMs: 3, pollMs: 100 })
    expect(depths.slice(60).every((depth) => depth === 8)).toBe(true)
    expect(ms).toBeLessThan((300 / 8) * 100 * 1.4)
  })

  it('needs no more than the steps that fit in 100 ms', () => {
    const control = new DepthControl(8)
    const { depths } = simulate(control, 300, { stepMs: 40, pollMs: 100 })
    expect(Math.max(...depths.slice(60))).toBeLessThanOrEqual(5)
    expect(Math.min(...depths.slice(60))).toBeGreaterThanOrEqual(3)
  })

  it('follows a change', () => {
    const control = new DepthControl(8)
    simulate(control, 700, { stepMs: 10 })
    expect(control.depth).toBe(2)
    simulate(control, 2000, { stepMs: 10, delayMs: 60, from: 1e5 }) // after a long pause
    expect(control.depth).toBe(8)
    simulate(control, 2000, { stepMs: 10, from: 1e6 })
    expect(control.depth).toBe(2)
  })

  it('is not misled by a sample taken from larger steps', () => {
    const control = new DepthControl(8)
    simulate(control, 10, { stepMs: 100, delayMs: 2 })
    simulate(control, 90, { stepMs: 10, delayMs: 2, from: 1e5 })
    expect(control.depth).toBeLessThanOrEqual(3)
  })

  it('never exceeds its bound', () => {
    for (const max of [1, 2, 3]) {
      const { most } = simulate(new DepthControl(max), 200, { stepMs: 1, delayMs: 50 })
      expect(most).toBe(max)
    }
  })
})
