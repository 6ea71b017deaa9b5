import { afterAll, describe, expect, it } from 'vitest'
import { autotune, tunerFor } from '../../src/webgpu/autotune.ts'
import { Gpu } from '../../src/webgpu/gpu.ts'
import { halfKernelFiles } from '../../src/webgpu/half-kernel-sources.ts'
import { matmul, prefillKey, streamsKey, tuningKey } from '../../src/webgpu/launchers/matmul.ts'
import { createMatrix } from '../../src/webgpu/matrix.ts'
import type { ModelWeights } from '../../src/webgpu/model-weights.ts'
import { listCached } from '../../src/weights/kept-models.ts'
import { testGpu } from '../support/device.ts'
import { type MemoryStore, memoryStore } from '../support/memory-store.ts'

const { device } = await testGpu({ floor: true, features: ['shader-f16'] })
const halves = device.features.has('shader-f16')
afterAll(() => device.destroy())

/** Of a model whose matrices are all of a kind. */
function weightsOn(gpu: Gpu): ModelWeights {
  const linear = () => ({ matrix: createMatrix(gpu, 'matrix', { format: 'q4', rows: 64, cols: 64 }) })
  const layer = { qkv: linear(), output: linear(), gateUp: linear(), down: linear() }
  const { matrix: head } = linear()
  return { embedding: head, layers: [layer], finalNorm: { weight: gpu.createBuffer('norm', 256) }, head }
}

it('takes the fastest of what it tried, and launches follow', async () => {
  for (const [software, tried] of [
    [true, ['tall 8', 'tall 16', 'tall 32']],
    [false, ['wide 32', 'wide 64', 'wide 96', 'mixed 32', ...(halves ? ['halves 32'] : [])]],
  ] as const) {
    const gpu = new Gpu(device, { software })
    gpu.addSources(halfKernelFiles)
    const weights = weightsOn(gpu)
    const before = gpu.bytesInUse
    const { choices } = await autotune(gpu, weights, { budget: 60_000 })
    expect(gpu.bytesInUse).toBe(before)
    const matrix = weights.head
    const { taken, tried: times } = choices[tuningKey(matrix)]!
    expect(Object.keys(times).sort()).toEqual([...tried].sort())
    expect(times[taken]).toBe(Math.min(...Object.values(times)))
    const prefill = Object.keys(choices[prefillKey(matrix)]?.tried ?? {})
    expect(prefill).toEqual(halves && !software ? ['wide 32', 'halves 32'] : [])

    gpu.tuned.set(tuningKey(matrix), { kernels: 'tall', width: 24 })
    const streams = choices[streamsKey(matrix)]
    expect(Object.keys(streams!.tried)).toEqual([taken, `${taken} by 8`])
    const tileOf = () => /const TILE: u32 = (\d)u/.exec(made(8)[0]!.kernel.source)![1]

    const buffer = gpu.createBuffer('any', 4096, GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM)
    const op = { matrix, epilogue: 'store', step: buffer, x: buffer, y: gpu.createBuffer('y', 4096) } as const
    const made = (rows: number) => matmul(gpu, { ...op, yStride: matrix.rows, minRows: rows, maxRows: rows })
    const width = () => made(1)[0]!.kernel.workgroupSize[0]
    expect(width()).toBe(24)
    expect(tileOf()).toBe(streams!.taken.endsWith(' by 8') ? '8' : '4')
    gpu.tuned.set(streamsKey(matrix), { kernels: 'tall', width: 24, tile: 8 })
    expect(tileOf()).toBe('8')
    gpu.distrust('matmul-tall')
    expect(width()).not.toBe(24)
    expect(tileOf()).toBe('4')
    gpu.destroyAllBuffers()
  }
})

it('leaves the usual variants where there is no time', async () => {
  const gpu = new Gpu(device, { software: true })
  const { choices } = await autotune(gpu, weightsOn(gpu), { budget: -1 })
  expect(choices).toEqual({})
  expect(gpu.tuned.size).toBe(0)
  gpu.destroyAllBuffers()
})

describe('with a store', () => {
  const choices = async (store: MemoryStore, budget = 60_000) => {
    const gpu = new Gpu(device, { software: true })
    const weights = weightsOn(gpu)
    const report = await autotune(gpu, weights, { budget, store })
    gpu.destroyAllBuffers()
    const [key, choice] = Object.entries(report.choices)[0] ?? []
    return { key, choice, tuned: key && gpu.tuned.get(key) }
  }

  it('does not time again what an earlier load found', async () => {
    const store = memoryStore()
    const first = await choices(store)
    expect(Object.keys(first.choice!.tried)).toHaveLength(3)
    expect(await listCached(store)).toEqual([])
    const again = await choices(store, -1)
    expect(again.choice).toEqual({ taken: first.choice!.taken, tried: {} })
    expect(again.tuned).toEqual(first.tuned)
  })

  it('recalls it before there are weights', async () => {
    const store = memoryStore()
    const { key, tuned } = await choices(store)
    const gpu = new Gpu(device, { software: true })
    const weights = weightsOn(gpu)
    ;(await tunerFor(gpu, { store: memoryStore() })).recall(weights)
    expect(gpu.tuned.size).toBe(0)
    ;(await tunerFor(gpu, { store })).recall(weights)
    expect(gpu.tuned.get(key!)).toEqual(tuned)
    gpu.destroyAllBuffers()
  })

  it('times again what is damaged or no variant any more', async () => {
    const store = memoryStore()
    const { key } = await choices(store)
    const file = [...store.bytes.keys()][0]!
    for (const text of ['{', 'null', `{"${key}":{"kernels":"tall","width":7}}`, `{"${key}":"tall 8"}`]) {
      store.bytes.set(file, new TextEncoder().encode(text))
      expect(Object.keys((await choices(store)).choice!.tried)).toHaveLength(3)
    }
  })

  it('a full store is no failure', async () => {
    expect((await choices(memoryStore(0))).tuned).toBeDefined()
  })
})
