import { expect, it } from 'vitest'
import { type LoadProgress, meter } from '../../src/weights/progress.ts'

it('reports rate and time left, ten times a second at most, and the end', () => {
  const events: LoadProgress[] = []
  let time = 0
  const add = meter('download', 1000, (event) => events.push(event), { file: 'f', now: () => time })
  for (let i = 0; i < 100; i++) {
    time += 10
    add(10)
  }
  expect(events.length).toBe(10)
  expect(events[4]).toEqual({
    phase: 'download',
    file: 'f',
    loaded: 500,
    total: 1000,
    bytesPerSecond: 1000,
    secondsLeft: 0.5,
  })
  expect(events.at(-1)).toMatchObject({ loaded: 1000, secondsLeft: 0 })
})

it('rates the last seconds only, and not what was there before', () => {
  let last: LoadProgress | undefined
  let time = 0
  const add = meter(
    'download',
    0,
    (event) => {
      last = event
    },
    { loaded: 5000, now: () => time },
  )
  for (let i = 0; i < 200; i++) {
    time += 100
    add(i < 100 ? 1 : 100)
  }
  expect(last).toMatchObject({
    loaded: 5000 + 100 + 10000,
    total: 0,
    bytesPerSecond: expect.closeTo(1000),
    secondsLeft: undefined,
  })
})
