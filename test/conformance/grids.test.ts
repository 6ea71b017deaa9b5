// Quantized checkpoints held in as many bits: the quanta of the file, none quantized again.

import { afterAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { loadWeights } from '../../src/webgpu/model-weights.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { packMatrix, unpackMatrix, type WeightFormat } from '../../src/weights/layouts.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { testGpu } from '../support/device.ts'
import { gpuWeights } from '../support/load-runner.ts'
import { sharedData } from '../support/shared-data.ts'

const gpu = await testGpu()
afterAll(() => gpu.device.destroy())

describe.skipIf(!sharedData)('held as they are', () => {
  it.each<[path: string, format: WeightFormat, worst: number]>([
    ['gguf/stories260K-ffn192-Q4_0.gguf', 'q4', 0],
    ['gguf/stories260K-ffn192-Q4_1.gguf', 'q4', 0],
    ['gguf/stories260K-ffn192-Q5_0.gguf', 'q8', 0],
    ['gguf/stories260K-ffn192-Q5_1.gguf', 'q8', 0],
    ['gguf/stories260K-ffn192-Q8_0.gguf', 'q8', 0],
    ['zoo/format-mlx4', 'q4', 1e-3],
    ['zoo/format-mlx8', 'q8', 1e-3],
    ['zoo/format-gptq', 'q4', 1e-3],
    ['zoo/format-awq', 'q4', 1e-3],
  ])('%s in %s', async (path, format, worst) => {
    const files = resolveModelFiles(`${sharedData}/data/${path}`)
    const spec = describeModel(await readConfig(files))
    const checkpoint = await openCheckpoint(files)
    const weights = await loadWeights(gpu, spec, checkpoint, { format })
    const got = await gpuWeights({ gpu, spec, weights })
    const expected = await checkpointWeights(checkpoint)
    gpu.destroyAllBuffers()
    const top = { q4: 15, q8: 255, f16: 0, f32: 0 }[format]
    let tried = 0
    let [largest, fitted] = [0, 0] // relative to the largest value of a row
    for (const { name, shape, gridTop = Infinity } of checkpoint.tensors.values()) {
      if (gridTop > top) continue
      tried++
      const [rows, cols] = shape as [number, number]
      const [a, b] = [got(name), expected(name)]
      const again = unpackMatrix(packMatrix(format, rows, cols, b))
      for (let row = 0; row < rows; row++) {
        const part = (of: Float64Array) => of.subarray(row * cols, (row + 1) * cols)
        const size = part(b).reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30)
        part(b).forEach((value, i) => {
          largest = Math.max(largest, Math.abs(part(a)[i]! - value) / size)
          fitted = Math.max(fitted, Math.abs(part(again)[i]! - value) / size)
        })
      }
    }
    console.log(
      `${path} in ${format}: off by ${largest.toExponential(1)} of a row's largest, ` +
        `quantized again it would be ${fitted.toExponential(1)}; ${tried} matrices`,
    )
    expect(tried).toBeGreaterThan(5)
    expect(largest).toBeLessThanOrEqual(worst)
  })
})
