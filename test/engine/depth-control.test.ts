import { describe, expect, it } from 'vitest'
import { DepthControl } from '../../src/engine/depth-control.ts'

/**
 * A runner that needs `stepMs` for a step and whose results are seen `delayMs` later, at the next multiple of `pollMs`.
 * Submits as many as the control allows. Returns the depth after each result, and the time that the steps took.
 */
function simulate(control: DepthControl, steps: number, { stepMs = 1, delayMs = 0, pollMs = 0, from = 0 }) {
  let now = from
  let freeAt = from
  const inFlight: { submitted: number; lone: boolean; due: number }[] = []
  const limits: number[] = []
  for (let done = 0; done < steps; done++) {
    while (inFlight.length < control.limit) {
      freeAt = Math.max(freeAt, now) + stepMs
      const seen = freeAt + delayMs
      const due = pollMs > 0 ? Math.ceil(seen / pollMs + 1e-9) * pollMs : seen
      inFlight.push({ submitted: now, lone: done > 0 && inFlight.length === 0, due })
    }
    const step = inFlight.shift()!
    now = Math.max(now, step.due)
    control.arrived(step, now)
    limits.push(control.limit)
  }
  return { limits, ms: now - from }
}

describe('DepthControl', () => {
  it('keeps two steps in flight where results come at once', () => {
    const control = new DepthControl(8)
    const { limits } = simulate(control, 100, { stepMs: 10, delayMs: 0.1 })
    expect(limits.slice(20).every((limit) => limit === 2 || limit === 3)).toBe(true)
  })

  it('keeps enough in flight to hide a delay of two steps', () => {
    const control = new DepthControl(8)
    const { limits, ms } = simulate(control, 400, { stepMs: 1, delayMs: 2 })
    expect(limits.slice(30).every((limit) => limit === 4)).toBe(true)
    expect(ms).toBeLessThan(400 * 1.1)
  })

  it('goes to its bound where results are seen every 100 ms', () => {
    const control = new DepthControl(8)
    const { limits, ms } = simulate(control, 300, { stepMs: 3, pollMs: 100 })
    expect(limits.slice(60).every((limit) => limit === 8)).toBe(true)
    expect(ms).toBeLessThan((300 / 8) * 100 * 1.4)
  })

  it('needs no more than the steps that fit in 100 ms', () => {
    const control = new DepthControl(8)
    const { limits } = simulate(control, 300, { stepMs: 40, pollMs: 100 })
    expect(Math.max(...limits.slice(60))).toBeLessThanOrEqual(5)
    expect(Math.min(...limits.slice(60))).toBeGreaterThanOrEqual(3)
  })

  it('follows a change', () => {
    const control = new DepthControl(8)
    simulate(control, 700, { stepMs: 10 })
    expect(control.depth).toBe(2)
    simulate(control, 2000, { stepMs: 10, delayMs: 60, from: 1e5 })
    expect(control.depth).toBe(8)
    simulate(control, 2000, { stepMs: 10, from: 1e6 })
    expect(control.depth).toBe(2)
  })

  it('never exceeds its bound', () => {
    for (const max of [1, 2, 3]) {
      const { limits } = simulate(new DepthControl(max), 200, { stepMs: 1, delayMs: 50 })
      expect(Math.max(...limits)).toBe(max)
    }
  })
})
