import { afterAll, expect, it } from 'vitest'
import { autotune } from '../../src/webgpu/autotune.ts'
import { Gpu } from '../../src/webgpu/gpu.ts'
import { matmul, tuningKey } from '../../src/webgpu/launchers/matmul.ts'
import { createMatrix } from '../../src/webgpu/matrix.ts'
import type { ModelWeights } from '../../src/webgpu/model-weights.ts'
import { testGpu } from '../support/device.ts'

const { device } = await testGpu({ floor: true })
afterAll(() => device.destroy())

/** Of a model of nothing but a head. */
function weightsOn(gpu: Gpu): ModelWeights {
  const head = createMatrix(gpu, 'head', { format: 'q4', rows: 64, cols: 64 })
  return { embedding: head, layers: [], finalNorm: { weight: gpu.createBuffer('norm', 256) }, head }
}

it('takes the fastest of what it tried, and launches follow', async () => {
  for (const [software, tried] of [
    [true, ['tall 8', 'tall 16', 'tall 32']],
    [false, ['wide 32', 'wide 64', 'wide 96', 'tall 32']],
  ] as const) {
    const gpu = new Gpu(device, { software })
    const weights = weightsOn(gpu)
    const before = gpu.bytesInUse
    const { choices } = await autotune(gpu, weights, 60_000)
    expect(gpu.bytesInUse).toBe(before)
    const matrix = weights.head
    const { taken, tried: times } = choices[tuningKey(matrix)]!
    expect(Object.keys(times).sort()).toEqual([...tried].sort())
    expect(times[taken]).toBe(Math.min(...Object.values(times)))

    gpu.tuned.set(tuningKey(matrix), { kernels: 'tall', width: 24 })
    const buffer = gpu.createBuffer('any', 4096, GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM)
    const op = { matrix, epilogue: 'store', step: buffer, x: buffer, y: gpu.createBuffer('y', 4096) } as const
    const made = () => matmul(gpu, { ...op, yStride: matrix.rows, maxRows: 1 })[0]!.kernel.workgroupSize[0]
    expect(made()).toBe(24)
    gpu.distrust('matmul-tall')
    expect(made()).not.toBe(24)
    gpu.destroyAllBuffers()
  }
})

it('leaves the usual variants where there is no time', async () => {
  const gpu = new Gpu(device, { software: true })
  const { choices } = await autotune(gpu, weightsOn(gpu), -1)
  expect(choices).toEqual({})
  expect(gpu.tuned.size).toBe(0)
  gpu.destroyAllBuffers()
})
