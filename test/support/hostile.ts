// What tests with damaged files share: the damage, a watch on what a reader allocates, and a count of the cases.

import fc from 'fast-check'
import { expect } from 'vitest'
import { TextError } from '../../src/text/errors.ts'
import { ModelError } from '../../src/weights/errors.ts'
import { blobFile, type ModelFile, type ModelFiles } from '../../src/weights/files.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Runs cases and counts them; no case may take long. */
export class Fuzz {
  total = 0

  async over<T>(name: string, cases: fc.Arbitrary<T>, numRuns: number, check: (value: T) => unknown): Promise<void> {
    const start = performance.now()
    let count = 0
    let slowest = 0
    const counted = fc.asyncProperty(cases, async (value) => {
      const begun = performance.now()
      count++
      await check(value)
      slowest = Math.max(slowest, performance.now() - begun)
    })
    await fc.assert(counted, { numRuns })
    this.total += count
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${name}: ${count} cases in ${seconds} s, the slowest ${slowest.toFixed(0)} ms`)
    expect(slowest).toBeLessThan(5000)
  }
}

/** Bytes changed, most of them near the start; some files are cut short. */
export function damage(valid: Bytes, header = valid.length): fc.Arbitrary<Bytes> {
  const place = fc.oneof({ weight: 3, arbitrary: fc.nat(Math.min(header, 400) - 1) }, fc.nat(header - 1))
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom([255, 255, 255, 255], [0, 0, 0, 128], [255, 255, 255, 255, 255, 255, 255, 127], [0, 0, 0, 0, 1]),
    fc.constantFrom(...'"\\{}[],:-0123456789eE.'.split('').map((c) => [c.charCodeAt(0)])),
  )
  const edits = fc.array(fc.record({ at: place, bytes }), { minLength: 1, maxLength: 3 })
  return fc.tuple(edits, fc.nat(header * 8)).map(([edits, cut]) => {
    const damaged = valid.slice()
    for (const { at, bytes } of edits) damaged.set(Uint8Array.from(bytes).subarray(0, valid.length - at), at)
    return cut < header ? damaged.slice(0, cut) : damaged
  })
}

/** The bytes as a file whose reads are held against its size. */
export const watchedFile = (name: string, bytes: Bytes): ModelFile => ({
  ...blobFile(name, new Blob([bytes])),
  async read(start, end) {
    if (!(start >= 0 && end >= start && end <= bytes.length)) throw new Error(`read of ${start} to ${end}`)
    return bytes.slice(start, end)
  },
})

export const watchedFolder = (files: Readonly<Record<string, Bytes>>): ModelFiles => ({
  id: 'hostile',
  open: async (name) => (files[name] ? watchedFile(name, files[name]) : undefined),
})

/** Work that ends well or with an error of our own, and asks for no more memory at once than `size` bytes, and a little. */
export async function endsWell(size: number, work: () => unknown): Promise<void> {
  const most = await largestAllocation(async () => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ModelError || error instanceof TextError)) throw error
    }
  })
  expect(most).toBeLessThanOrEqual(size + 4096)
}

const LISTS = ['ArrayBuffer', 'Uint8Array', 'Uint16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array']

/** The most bytes that a typed array or buffer, or elements that an array, is asked for while the work goes on. */
async function largestAllocation(work: () => Promise<void>): Promise<number> {
  let most = 0
  const scope = globalThis as unknown as Record<string, new (...args: unknown[]) => object>
  const names = [...LISTS, 'Array']
  const before = names.map((name) => scope[name]!)
  names.forEach((name, i) => {
    const { BYTES_PER_ELEMENT = 1 } = before[i] as { BYTES_PER_ELEMENT?: number }
    const note = (args: readonly unknown[]) => {
      if (typeof args[0] === 'number') most = Math.max(most, args[0] * BYTES_PER_ELEMENT)
      if (most > 2 ** 26) throw new Error(`${name} of ${args[0]} asked for`)
    }
    scope[name] = new Proxy(before[i]!, {
      construct(target, args, newTarget) {
        note(args)
        return Reflect.construct(target, args, newTarget)
      },
      apply(target, self, args) {
        note(args)
        return Reflect.apply(target as unknown as () => object, self, args)
      },
    })
  })
  try {
    await work()
  } finally {
    names.forEach((name, i) => {
      scope[name] = before[i]!
    })
  }
  return most
}
