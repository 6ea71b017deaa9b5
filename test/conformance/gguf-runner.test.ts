// GGUF and quantized checkpoints with logits that others computed, through the WebGPU runner in f32.

import { describe, expect, it } from 'vitest'
import { testGpu } from '../support/device.ts'
import { largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'
import { sharedData, sharedFloats, sharedJson } from '../support/shared-data.ts'

const gpu = await testGpu()

describe.skipIf(!sharedData)('reference logits of quantized llamas', () => {
  const models = [
    ['quant-llama/model-Q4_K_M.gguf', 'logits-Q4_K_M.f32'],
    ['format-mlx4', 'logits.f32'],
    ['format-awq', 'logits.f32'],
  ] as const
  it.each(models)('%s', async (path, logitsFile) => {
    const [folder, file = ''] = path.split('/') as [string, string?]
    const reference = sharedJson(`data/zoo/${folder}/reference.json`)
    const { prompt_ids, greedy_ids } = reference.files?.[file] ?? reference
    const loaded = await loadRunner(gpu, `${sharedData}/data/zoo/${path}`)
    const logits = await prefillLogits(loaded, [...prompt_ids, ...greedy_ids])
    const difference = largestDifference(logits, sharedFloats(`data/zoo/${folder}/${logitsFile}`))
    expect(difference).toBeLessThan(1e-3)
    const { vocabSize } = loaded.spec
    const greedy = (greedy_ids as number[]).map((_, i) => {
      const row = logits.subarray((prompt_ids.length - 1 + i) * vocabSize, (prompt_ids.length + i) * vocabSize)
      return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
    })
    expect(greedy).toEqual(greedy_ids)
    loaded.runner.close()
  })
})
