// Stop strings against a plain oracle that sees the text a character at a time.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StopStrings } from '../../src/text/stop-strings.ts'

/** The text up to where a stop string is first complete, and that stop string: of several the longest. */
function oracle(text: string, stops: readonly string[], includeStop: boolean) {
  for (let end = 1; end <= text.length; end++) {
    const complete = stops.filter((stop) => text.slice(0, end).endsWith(stop))
    if (complete.length === 0) continue
    const stop = complete.reduce((a, b) => (b.length > a.length ? b : a))
    return { text: text.slice(0, includeStop ? end : end - stop.length), stop }
  }
  return { text, stop: undefined }
}

/** What the scanner gives out for pieces: each part as it came, and the stop string. */
function scan(pieces: readonly string[], stops: readonly string[], includeStop: boolean) {
  const scanner = new StopStrings(stops, { includeStop })
  const given: string[] = []
  for (const piece of pieces) {
    const { text, stop } = scanner.push(piece)
    given.push(text)
    if (stop !== undefined) return { given, stop }
  }
  return { given: [...given, scanner.end()], stop: undefined }
}

// Few letters, so that stop strings come, overlap and begin each other.
const letters = fc.constantFrom('a', 'b', '😀')
const text = (maxLength: number, minLength = 0) =>
  fc.array(letters, { minLength, maxLength }).map((list) => list.join(''))

test('any pieces give what the oracle gives, and never any of a stop string before', () => {
  fc.assert(
    fc.property(
      fc.array(text(4), { maxLength: 12 }),
      fc.array(text(4, 1), { maxLength: 4 }),
      fc.boolean(),
      (pieces, stops, include) => {
        const whole = pieces.join('')
        const expected = oracle(whole, stops, include)
        const { given, stop } = scan(pieces, stops, include)
        expect({ text: given.join(''), stop }).toEqual(expected)
      },
    ),
    { numRuns: 2000 },
  )
})

test('what is held is no more than what could still begin a stop string', () => {
  fc.assert(
    fc.property(
      fc.array(text(4), { maxLength: 8 }),
      fc.array(text(4, 1), { minLength: 1, maxLength: 4 }),
      (pieces, stops) => {
        const scanner = new StopStrings(stops)
        let pushed = ''
        let given = ''
        for (const piece of pieces) {
          pushed += piece
          const { text, stop } = scanner.push(piece)
          given += text
          if (stop !== undefined) return
          const held = pushed.slice(given.length)
          expect(held === '' || stops.some((stop) => stop.startsWith(held))).toBe(true)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

describe('in particular', () => {
  test.each<[string, string[], string[], string, string | undefined]>([
    ['no stop strings hold nothing', ['ab', 'c'], [], 'abc', undefined],
    ['of two in one piece the first', ['xay'], ['y', 'a'], 'x', 'a'],
    ['across pieces', ['at ', 's', 'at'], ['at sat'], '', 'at sat'],
    ['one that begins again inside itself', ['a', 'a', 'ab'], ['aab'], 'a', 'aab'],
  ])('%s', (_, pieces, stops, text, stop) => {
    const { given, stop: found } = scan(pieces, stops, false)
    expect([given.join(''), found]).toEqual([text, stop])
  })

  test('pieces that cannot begin one are given at once', () => {
    expect(scan(['a', 'b', 'c'], ['xyz'], false).given).toEqual(['a', 'b', 'c', ''])
  })
})
