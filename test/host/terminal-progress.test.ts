// The line that shows loading on a terminal, and what is written where there is none.

import { expect, it } from 'vitest'
import { line, terminalProgress } from '../../src/host/terminal-progress.ts'

const MEBIBYTE = 2 ** 20
const event = {
  phase: 'download',
  file: 'model.safetensors',
  loaded: 25 * MEBIBYTE,
  total: 100 * MEBIBYTE,
  bytesPerSecond: 10 * MEBIBYTE,
  secondsLeft: 7.5,
} as const

function written(isTTY: boolean) {
  const texts: string[] = []
  const out = { isTTY, write: (text: string) => texts.push(text) } as unknown as NodeJS.WriteStream
  return { texts, progress: terminalProgress(out) }
}

it('has phase, bar, share, bytes, rate, time left and file', () => {
  expect(line(event)).toBe(
    'download ██████░░░░░░░░░░░░░░░░░░  25%  25.0 of 100.0 MB  10.0 MB/s  8 s left  model.safetensors',
  )
  expect(line({ phase: 'compile', loaded: 30, total: 30 })).toBe('compile  ████████████████████████ 100%')
  expect(line({ phase: 'download', loaded: 3 * MEBIBYTE, total: 0 })).toBe(
    'download ░░░░░░░░░░░░░░░░░░░░░░░░       3.0 MB',
  )
})

it('is one line that is written over, and cleared at the end', () => {
  const { texts, progress } = written(true)
  progress.update(event)
  progress.update({ ...event, phase: 'verify' })
  progress.done()
  expect(texts.map((text) => text.startsWith('\r\x1b[K'))).toEqual([true, true, true])
  expect(texts.at(-1)).toBe('\r\x1b[K')
})

it('is a line a phase where the output is no terminal', () => {
  const { texts, progress } = written(false)
  for (const phase of ['download', 'download', 'upload'] as const) progress.update({ ...event, phase })
  progress.done()
  expect(texts).toEqual(['download …\n', 'upload …\n'])
})
