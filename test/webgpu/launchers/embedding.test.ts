import { afterAll, describe, expect, it } from 'vitest'
import { embedding } from '../../../src/webgpu/launchers/embedding.ts'
import { type WeightFormat, weightLayouts } from '../../../src/weights/layouts.ts'
import { testGpu } from '../../support/device.ts'
import { matrixValues, randomMatrix } from '../../support/matrices.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const OF_SLOT = 0xffffffff
const SCALE = 2.5

describe('embedding', () => {
  for (const format of Object.keys(weightLayouts) as WeightFormat[]) {
    for (const hidden of [64, 33, 100, 1152, 31, 6]) {
      it(`${format}, hidden ${hidden}, tokens at the edges of parts and of slots`, async () => {
        const groups = Math.ceil(hidden / 32)
        const maxBinding = 16 * groups * weightLayouts[format].groupBytes
        const vocabulary = 40 // parts of 16, 16 and 8 rows
        const matrix = randomMatrix(gpu, { format, rows: vocabulary, cols: hidden }, hidden, maxBinding)
        expect(matrix.parts.map((part) => part.rows)).toEqual([16, 16, 8])
        const tokens = [0, 15, 16, OF_SLOT, 31, 32, 39, OF_SLOT, 7]
        const slotTokens = Uint32Array.of(5, 39, 16)
        const rows = Uint32Array.from(tokens.flatMap((token, i) => [i % 3, i, token, 0]))
        const stride = groups * 32
        const out = gpu.createBuffer('out', (tokens.length + 1) * stride * 4)
        const launches = embedding(gpu, {
          matrix,
          out,
          scale: SCALE,
          stride,
          rows: gpu.createBufferWith('rows', rows),
          slotTokens: gpu.createBufferWith('slot_tokens', slotTokens),
        })
        await run(gpu, launches, { rows: tokens.length })
        const values = await matrixValues(gpu, matrix)
        const got = await readF32(gpu, out)
        const expected = tokens.flatMap((token, i) => {
          const id = token === OF_SLOT ? slotTokens[i % 3]! : token
          const row = Array.from(values.subarray(id * hidden, (id + 1) * hidden), (value) => value * SCALE)
          return [...row, ...Array<number>(stride - hidden).fill(0)]
        })
        for (const [i, value] of expected.entries())
          expect(Math.abs(got[i]! - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)))
        expect(got.subarray(expected.length)).toEqual(new Float32Array(got.length - expected.length))
        gpu.destroyAllBuffers()
      })
    }
  }
})
