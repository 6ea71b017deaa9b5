// Llama-style checkpoints with reference logits that others computed, through the WebGPU runner in f32.

import { describe, expect, it } from 'vitest'
import { testGpu } from '../support/device.ts'
import { largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'
import { sharedData, sharedFloats, sharedJson } from '../support/shared-data.ts'

const gpu = await testGpu()

describe.skipIf(!sharedData)('reference logits of small llamas', () => {
  const folders = [
    'llama-mha',
    'llama-gqa-rope3',
    'llama-headdim80',
    'llama-9h3kv',
    'format-bf16',
    'format-f16-sharded',
  ]
  for (const name of folders)
    it(name, async () => {
      const folder = `data/zoo/${name}`
      const { prompt_ids, greedy_ids } = sharedJson(`${folder}/reference.json`)
      const loaded = await loadRunner(gpu, `${sharedData}/${folder}`)
      const logits = await prefillLogits(loaded, [...prompt_ids, ...greedy_ids])
      expect(largestDifference(logits, sharedFloats(`${folder}/logits.f32`))).toBeLessThan(1e-3)
      const { vocabSize } = loaded.spec
      const greedy = (greedy_ids as number[]).map((_, i) => {
        const row = logits.subarray((prompt_ids.length - 1 + i) * vocabSize, (prompt_ids.length + i) * vocabSize)
        return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
      })
      expect(greedy).toEqual(greedy_ids)
      loaded.runner.close()
    })
})
