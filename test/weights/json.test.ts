import fc from 'fast-check'
import { expect, it } from 'vitest'
import { duplicateKey } from '../../src/weights/json.ts'

it.each([
  ['{}', undefined],
  ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}', undefined],
  ['{"a":1,"b":2,"a":3}', 'a'],
  ['[{"x":{"k":"k","k" \n:1}}]', 'k'],
  ['{"a\\"":1,"b":"\\\\","a\\u0022":2}', 'a"'],
  ['{"a":"b","b":"a:","c":"\\":"}', undefined],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('%s', (text, key) => {
  expect(duplicateKey(text)).toBe(key)
})

it('finds none in what JSON.stringify wrote, and one where a key is put in again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value, object) => {
      expect(duplicateKey(JSON.stringify(value))).toBeUndefined()
      const key = Object.keys(object).at(-1)!
      const text = `{${JSON.stringify(key)}:0,${JSON.stringify({ v: object }).slice(1)}`
      expect(duplicateKey(text)).toBe(key === 'v' ? 'v' : undefined)
      expect(duplicateKey(`{${JSON.stringify(key)}:0,${JSON.stringify(object).slice(1)}`)).toBe(key)
    }),
  )
})
