import { afterAll, describe, expect, it } from 'vitest'
import { KvCache, type KvCacheOptions } from '../../src/webgpu/kv-cache.ts'
import { testGpu } from '../support/device.ts'
import { readU32 } from '../support/run-kernel.ts'

const gpu = await testGpu({ floor: true })
afterAll(() => gpu.device.destroy())

const options: KvCacheOptions = {
  layers: 2,
  kvHeads: 2,
  headDim: 12,
  blockSize: 4,
  blockCount: 9,
  maxSequences: 3,
  maxBlocksPerSequence: 5,
  format: 'f16',
}
const words = (2 * 12 * 4) / 2 // of a block

async function filled() {
  const cache = new KvCache(gpu, options)
  await gpu.ready()
  const buffers = [...cache.keys, ...cache.values]
  buffers.forEach((buffer, n) => {
    const data = Uint32Array.from(
      { length: 9 * words },
      (_, i) => Math.floor(i / words) * 1000 + n * 100000 + (i % words),
    )
    gpu.device.queue.writeBuffer(buffer, 0, data)
  })
  return { cache, buffers }
}

describe('KvCache', () => {
  it('copies blocks of every layer, pair after pair', async () => {
    const { cache, buffers } = await filled()
    cache.copyBlocks([
      { from: 0, to: 5 },
      { from: 0, to: 7 },
      { from: 1, to: 0 },
      { from: 5, to: 1 },
      { from: 8, to: 5 },
    ])
    const holds = [1, 0, 2, 3, 4, 8, 6, 0, 8] // whose content each block has now
    for (const [n, buffer] of buffers.entries()) {
      const got = await readU32(gpu, buffer)
      const expected = Uint32Array.from(
        { length: 9 * words },
        (_, i) => holds[Math.floor(i / words)]! * 1000 + n * 100000 + (i % words),
      )
      expect(got).toEqual(expected)
    }
    cache.destroy()
  })

  it('sets parts of block tables', async () => {
    const cache = new KvCache(gpu, options)
    cache.setBlocks(1, 0, [4, 5, 6])
    cache.setBlocks(1, 2, [7, 8])
    expect([...(await readU32(gpu, cache.blockTables))]).toEqual([0, 0, 0, 0, 0, 4, 5, 7, 8, 0, 0, 0, 0, 0, 0])
    expect(() => cache.setBlocks(1, 4, [1, 2])).toThrow('Cannot set blocks')
    expect(() => cache.setBlocks(3, 0, [1])).toThrow('Cannot set blocks')
    cache.destroy()
  })

  it('says its size and gives it back', () => {
    const before = gpu.bytesInUse
    const cache = new KvCache(gpu, options)
    expect(gpu.bytesInUse - before).toBe(KvCache.bytes(options))
    cache.destroy()
    expect(gpu.bytesInUse).toBe(before)
  })

  it('refuses impossible shapes', () => {
    expect(() => new KvCache(gpu, { ...options, headDim: 10 })).toThrow('headDim must be a multiple of 4, received 10')
    expect(() => new KvCache(gpu, { ...options, blockSize: 12 })).toThrow('blockSize must be a power of two')
    expect(() => new KvCache(gpu, { ...options, blockCount: 1e6 })).toThrow('received 1000000 blocks of 192')
  })
})
