import { afterAll, expect, it } from 'vitest'
import { StepData } from '../../src/webgpu/step-data.ts'
import { testGpu } from '../support/device.ts'
import { readU32 } from '../support/run-kernel.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

it('packs decode rows, then prefill rows; an output for each draw and wanted score; a pool for each chunk that pools', async () => {
  const data = new StepData(gpu, 40, 20, 8)
  const shape = data.write({
    decode: [
      { slot: 3, position: 17, draw: 5 },
      { slot: 1, position: 4, draw: 2 },
    ],
    prefill: [
      { slot: 0, start: 8, tokens: [101, 102, 103], targets: [102, -1, -1], draw: 0 },
      { slot: 2, start: 0, tokens: [7] },
      { slot: 4, start: 0, tokens: [8, 9], pool: 'sum' },
      { slot: 5, start: 3, tokens: [8, 9], pool: 'sum' },
      { slot: 6, start: 3, tokens: [8, 9], pool: 'last' },
    ],
  })
  expect(shape).toEqual({ rows: 12, decodeRows: 2, outputs: 4, maxKeys: 18, pools: 3 })
  const words = await readU32(gpu, data.step.buffer)
  const rowsAt = data.rows.offset! / 4
  const outputsAt = data.outputs.offset! / 4
  expect(data.rows.offset! % 256).toBe(0)
  expect(data.outputs.offset! % 256).toBe(0)
  expect([...words.subarray(0, 4)]).toEqual([12, 2, 4, 18])
  const ofSlot = 0xffffffff
  expect([...words.subarray(rowsAt, rowsAt + 24)]).toEqual(
    [
      [3, 17, ofSlot, 0],
      [1, 4, ofSlot, 0],
      [0, 8, 101, 0],
      [0, 9, 102, 0],
      [0, 10, 103, 0],
      [2, 0, 7, 0],
    ].flat(),
  )
  const sample = 0xffffffff
  expect([...words.subarray(outputsAt, outputsAt + 16)]).toEqual(
    [
      [0, 3, sample, 5],
      [1, 1, sample, 2],
      [2, 0, 102, 0],
      [4, 0, sample, 0],
    ].flat(),
  )
  const poolsAt = data.pools.offset! / 4
  expect(data.pools.offset! % 256).toBe(0)
  expect([...words.subarray(poolsAt, poolsAt + 12)]).toEqual([6, 2, 4, 0, 8, 2, 5, 3, 11, 1, 6, 0])
})
