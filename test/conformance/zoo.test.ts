// Every architecture with reference logits that others computed, through the WebGPU runner in f32: the logits of a prefill,
// and the tokens of a greedy generation. The folders' weights are random and tiny, but any feature left out moves the logits
// by far more than the tolerance.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { testGpu } from '../support/device.ts'
import { largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'
import { sharedData, sharedFloats, sharedJson } from '../support/shared-data.ts'
import { ZOO } from '../support/zoo.ts'

const gpu = await testGpu()

const GREEDY = {
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  temperature: 0,
  minP: 0,
  topK: 0,
  topP: 1,
  seed: 0,
  stopTokenIds: [],
  minTokens: 0,
}

describe.skipIf(!sharedData)('reference logits of the zoo', () => {
  for (const name of ZOO)
    it(name, { timeout: 300_000 }, async () => {
      const folder = `data/zoo/${name}`
      const { prompt_ids, greedy_ids } = sharedJson(`${folder}/reference.json`)
      const loaded = await loadRunner(gpu, `${sharedData}/${folder}`)
      const logits = await prefillLogits(loaded, [...prompt_ids, ...greedy_ids])
      const difference = largestDifference(logits, sharedFloats(`${folder}/logits.f32`))
      console.log(`${name}: largest difference of logits ${difference.toExponential(1)}`)
      expect(difference).toBeLessThan(1e-3)

      const engine = new Engine(loaded.runner)
      const tokens: number[] = []
      for await (const events of engine.generate({
        prompt: prompt_ids,
        sampling: GREEDY,
        maxTokens: greedy_ids.length,
        n: 1,
      }))
        tokens.push(...events.map(({ token }) => token))
      engine.close()
      expect(tokens).toEqual(greedy_ids)
    })
})
