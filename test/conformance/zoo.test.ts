// Every architecture with reference logits that others computed, through the WebGPU runner in f32: the logits of a prefill,
// and the tokens of a greedy generation. The folders' weights are random and tiny, but any feature left out moves the logits
// by far more than the tolerance. In Node, and a third of them in pages.

import { describe, expect, inject, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { GREEDY } from '../../src/engine/sampling-params.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { testGpu } from '../support/device.ts'
import { largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'
import { ZOO } from '../support/zoo.ts'

const shared = inject('shared')
const folders = 'window' in globalThis ? ZOO.filter((_, i) => i % 3 === 0) : ZOO
const gpu = await testGpu()

async function reference(folder: string): Promise<{ prompt: number[]; greedy: number[]; logits: Float32Array }> {
  const files = resolveModelFiles(folder)
  const bytes = async (name: string) => {
    const file = (await files.open(name))!
    return file.read(0, file.size)
  }
  const { prompt_ids, greedy_ids } = JSON.parse(new TextDecoder().decode(await bytes('reference.json')))
  return { prompt: prompt_ids, greedy: greedy_ids, logits: new Float32Array((await bytes('logits.f32')).buffer) }
}

describe.skipIf(!shared)('reference logits of the zoo', () => {
  for (const name of folders)
    it(name, { timeout: 300_000 }, async () => {
      const folder = `${shared}/data/zoo/${name}`
      const { prompt, greedy, logits } = await reference(folder)
      const loaded = await loadRunner(gpu, folder)
      const difference = largestDifference(await prefillLogits(loaded, [...prompt, ...greedy]), logits)
      console.log(`${name}: largest difference of logits ${difference.toExponential(1)}`)
      expect(difference).toBeLessThan(1e-3)

      const engine = new Engine(loaded.runner)
      const tokens: number[] = []
      for await (const events of engine.generate({ prompt, sampling: GREEDY, maxTokens: greedy.length, n: 1 }))
        tokens.push(...events.map(({ token }) => token))
      engine.close()
      expect(tokens).toEqual(greedy)
    })
})
