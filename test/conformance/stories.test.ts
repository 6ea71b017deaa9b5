// stories260K, a real trained Llama, against what others computed from it. In Node and in pages.

import { describe, expect, inject, it } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import { GREEDY } from '../../src/engine/sampling-params.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { forward, hiddenStates } from '../reference/llama.ts'
import { testGpu } from '../support/device.ts'
import { gpuWeights, largestDifference, loadRunner, prefillLogits } from '../support/load-runner.ts'

const shared = inject('shared')
const folder = `${shared}/data/models/stories260K-hf`
const REFERENCE_TOKENS = 64
const gpu = await testGpu()

async function reference(): Promise<{ ids: number[]; logits: Float32Array }> {
  const files = resolveModelFiles(folder)
  const bytes = async (name: string) => {
    const file = (await files.open(name))!
    return file.read(0, file.size)
  }
  const { greedy_ids_from_bos: ids } = JSON.parse(new TextDecoder().decode(await bytes('reference.json')))
  return { ids, logits: new Float32Array((await bytes('ref_logits_first64.f32')).buffer) }
}

describe.skipIf(!shared)('stories260K', () => {
  it('f32: logits of 64 positions and 180 greedy tokens are the reference', async () => {
    const { ids, logits } = await reference()
    const loaded = await loadRunner(gpu, folder)
    const difference = largestDifference(await prefillLogits(loaded, ids.slice(0, REFERENCE_TOKENS)), logits)
    console.log(`stories260K f32: largest difference of logits ${difference.toExponential(1)}`)
    expect(difference).toBeLessThan(1e-3)

    const engine = new Engine(loaded.runner)
    const tokens: number[] = []
    for await (const events of engine.generate({ prompt: [1], sampling: GREEDY, maxTokens: 180, n: 1 }))
      tokens.push(...events.map(({ token }) => token))
    expect(tokens).toEqual(ids.slice(1, 181))

    const states = hiddenStates(loaded.spec, await gpuWeights(loaded), ids.slice(0, 150))
    for (const pool of ['last', 'sum'] as const) {
      const pooling = engine.generate({ prompt: ids.slice(0, 150), pool, sampling: GREEDY, maxTokens: 0, n: 1 })
      for await (const _ of pooling);
      const taken = pool === 'sum' ? states : states.slice(-1)
      const exact = taken.reduce((sum, state) => sum.map((x, i) => x + state[i]!))
      const dot = exact.reduce((sum, x, i) => sum + x * pooling.pooled![i]!, 0)
      const cosine = dot / Math.hypot(...exact) / Math.hypot(...pooling.pooled!)
      console.log(`stories260K f32: pooled ${pool}, 1 − cosine to float64 ${(1 - cosine).toExponential(1)}`)
      expect(cosine).toBeGreaterThan(0.9999)
    }
    engine.close()
    expect(loaded.gpu.bytesInUse).toBe(0)
  })

  for (const [weights, tolerance] of [
    ['f16', 2e-3],
    ['q8', 2e-3],
    ['q4', 2e-3],
  ] as const)
    it(`${weights}: logits equal a float64 forward on the weights as held`, async () => {
      const { ids, logits } = await reference()
      const tokens = ids.slice(0, REFERENCE_TOKENS)
      const loaded = await loadRunner(gpu, folder, { weights })
      const got = await prefillLogits(loaded, tokens)
      const exact = forward(loaded.spec, await gpuWeights(loaded), tokens)
      const difference = largestDifference(got, exact)
      const fromF32 = largestDifference(got, logits)
      console.log(
        `stories260K ${weights}: ${difference.toExponential(1)} from float64 on the same weights, ${fromF32.toFixed(3)} from the f32 checkpoint`,
      )
      expect(difference).toBeLessThan(tolerance)
      loaded.runner.close()
    })
})
