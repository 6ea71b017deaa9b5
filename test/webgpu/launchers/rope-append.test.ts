import { afterAll, describe, expect, it } from 'vitest'
import { KvCache } from '../../../src/webgpu/kv-cache.ts'
import { ropeAppend, ropeTable } from '../../../src/webgpu/launchers/rope-append.ts'
import { rotate } from '../../reference/attention.ts'
import { testGpu } from '../../support/device.ts'
import { normals } from '../../support/random.ts'
import { readF32, run } from '../../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const CONTEXT = 131072
const BLOCK = 16

async function check(
  heads: number,
  kvHeads: number,
  headDim: number,
  rotaryDim: number,
  factor = 1,
  interleaved = false,
) {
  // Rows at such positions of two slots; only the blocks they need exist.
  const positions = [0, 1, 15, 16, 255, 256, 4095, 131071]
  const maxBlocksPerSequence = CONTEXT / BLOCK
  const blockCount = 2 * positions.length
  const cache = new KvCache(gpu, {
    layers: 2,
    kvHeads,
    headDim,
    blockSize: BLOCK,
    blockCount,
    maxSequences: 2,
    maxBlocksPerSequence,
    format: 'f32',
  })
  const blockOf = (slot: number, position: number) => {
    const entries = [...new Set(positions.map((p) => Math.floor(p / BLOCK)))]
    return blockCount - 1 - (entries.indexOf(Math.floor(position / BLOCK)) * 2 + slot)
  }
  const rows = positions.flatMap((position) => [0, 1].map((slot) => ({ slot, position })))
  for (const { slot, position } of rows) cache.setBlocks(slot, Math.floor(position / BLOCK), [blockOf(slot, position)])

  const invFreq = Float32Array.from({ length: rotaryDim / 2 }, (_, i) => 10000 ** ((-2 * i) / rotaryDim))
  const [nq, nkv] = [heads * headDim, kvHeads * headDim]
  const width = nq + 2 * nkv
  const qkv = normals(rows.length * width, headDim)
  const q = gpu.createBuffer('q', rows.length * nq * 4)
  const launch = ropeAppend(gpu, {
    cache,
    layer: 1,
    heads,
    rotaryDim,
    interleaved,
    q,
    step: gpu.createBuffer('step', 16, GPUBufferUsage.UNIFORM),
    rows: gpu.createBufferWith('rows', Uint32Array.from(rows.flatMap(({ slot, position }) => [slot, position, 0, 0]))),
    rope: gpu.createBufferWith('rope', rotaryDim ? ropeTable(invFreq, CONTEXT, factor) : new Float32Array(4)),
    qkv: gpu.createBufferWith('qkv', qkv),
  })
  await run(gpu, [launch], { rows: rows.length })

  const gotQ = await readF32(gpu, q)
  const gotK = await readF32(gpu, cache.keys[1]!)
  const gotV = await readF32(gpu, cache.values[1]!)
  let worst = 0
  const compare = (got: Float32Array, at: (d: number) => number, expected: ArrayLike<number>) => {
    for (let d = 0; d < headDim; d++) {
      const error = Math.abs(got[at(d)]! - expected[d]!)
      worst = Math.max(worst, Number.isNaN(error) ? Infinity : error)
    }
  }
  for (const [row, { slot, position }] of rows.entries()) {
    const at = (head: number) => qkv.subarray(row * width + head * headDim, row * width + (head + 1) * headDim)
    for (let head = 0; head < heads; head++)
      compare(gotQ, (d) => row * nq + head * headDim + d, rotate(at(head), position, invFreq, factor, interleaved))
    for (let head = 0; head < kvHeads; head++) {
      const base = (blockOf(slot, position) * kvHeads + head) * headDim * BLOCK
      const token = position % BLOCK
      const rotated = rotate(at(heads + head), position, invFreq, factor, interleaved)
      compare(gotK, (d) => base + (Math.floor(d / 4) * BLOCK + token) * 4 + (d % 4), rotated)
      compare(gotV, (d) => base + token * headDim + d, at(heads + kvHeads + head))
    }
  }
  cache.destroy()
  expect(worst).toBeLessThan(3e-6)
}

describe('rope-append', () => {
  for (const [heads, kvHeads, headDim, rotaryDim] of [
    [9, 3, 64, 64],
    [4, 4, 8, 8],
    [14, 2, 24, 24],
    [2, 1, 48, 48],
    [2, 1, 80, 32],
    [3, 1, 12, 12],
    [2, 2, 20, 6],
    [16, 1, 256, 256],
  ] as const)
    it(`${heads} heads on ${kvHeads}, ${rotaryDim} of ${headDim} rotated`, () =>
      check(heads, kvHeads, headDim, rotaryDim))

  it('scales by the attention factor', () => check(4, 2, 16, 16, 1.2))
  it('turns neighbours', async () => {
    await check(4, 2, 16, 16, 1, true)
    await check(2, 1, 24, 10, 1.2, true)
  })
  it('without rotation', () => check(4, 2, 16, 0))
})
