// Every reference model with logits that others computed, through the WebGPU runner in f32: architectures as folders and as
// GGUF, packed and quantized formats, all GGUF types that are read. The logits of a prefill, and the tokens of a greedy
// generation. Weights are random and tiny, but any feature left out moves the logits by far more than the tolerance. In
// Node, and a third of the folders and of the GGUF files in pages.

import { describe, expect, inject, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { GREEDY } from '../../src/engine/sampling-params.ts'
import type { LoadProgress } from '../../src/weights/progress.ts'
import { testGpu } from '../support/device.ts'
import { largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'
import { GGUF_FILES, HUB_GGUFS, HUB_MODELS, QUANTIZED_MODELS, type ZooModel } from '../support/zoo.ts'

const shared = inject('shared')
const inPage = 'window' in globalThis
const gpu = await testGpu()

/** Of those that have the same shapes as others, one from each file type: kernels are compiled once a shape. */
const picked = (models: readonly ZooModel[], names: RegExp) => models.filter(({ path }) => names.test(path))
const models: readonly ZooModel[] = inPage
  ? [
      ...HUB_MODELS.filter((_, i) => i % 3 === 0),
      ...picked(HUB_GGUFS, /llama-mha|llama-9h3kv|mistral/),
      ...picked(QUANTIZED_MODELS, /mlx4|quant-llama.*Q4_K_M/),
      ...picked(GGUF_FILES, /stories.*(F16|Q4_1|Q5_0|Q8_0|IQ4_NL)/),
    ]
  : [...HUB_MODELS, ...HUB_GGUFS, ...QUANTIZED_MODELS, ...GGUF_FILES]

const argmax = (row: Float32Array) => row.indexOf(row.reduce((a, b) => Math.max(a, b)))

describe.skipIf(!shared)('reference logits', () => {
  for (const model of models)
    it(model.path, { timeout: 300_000 }, async () => {
      const { prompt, greedy, logits } = await model.reference(shared!)
      const phases = new Set<string>()
      const onProgress = ({ phase }: LoadProgress) => phases.add(phase)
      const loaded = await loadRunner(gpu, `${shared}/data/${model.path}`, { onProgress })
      expect([...phases]).toContain(/Q\d|mlx|gptq|awq/.test(model.path) ? 'convert' : 'upload')
      const { vocabSize } = loaded.spec
      const got = await prefillLogits(loaded, [...prompt, ...greedy])
      expect(got.length).toBe(logits.length)
      const difference = largestDifference(got, logits)
      console.log(`${model.path}: largest difference of logits ${difference.toExponential(1)}`)
      expect(difference).toBeLessThan(1e-3)

      // Of each position, on the reference's own text: the same best token.
      const best = (of: Float32Array) =>
        greedy.map((_, i) => argmax(of.subarray((prompt.length - 1 + i) * vocabSize, (prompt.length + i) * vocabSize)))
      expect(best(got)).toEqual(best(logits))
      if (HUB_MODELS.includes(model)) {
        const engine = new Engine(loaded.runner)
        const tokens: number[] = []
        for await (const events of engine.generate({ prompt, sampling: GREEDY, maxTokens: greedy.length, n: 1 }))
          tokens.push(...events.map(({ token }) => token))
        engine.close()
        expect(tokens).toEqual(greedy)
      } else loaded.runner.close()
      if (model.path.startsWith('zoo')) expect(best(got)).toEqual(greedy)
    })
})
