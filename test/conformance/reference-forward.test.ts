// The tests' own float64 forward pass against logits that others computed.

import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { checkTensors } from '../../src/model/spec.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { forward } from '../reference/llama.ts'
import { sharedData, sharedFloats, sharedJson } from '../support/shared-data.ts'
import { ZOO } from '../support/zoo.ts'

async function logitsOf(folder: string, tokens: readonly number[]) {
  const files = resolveModelFiles(`${sharedData}/${folder}`)
  const spec = describeModel(await readConfig(files))
  const checkpoint = await openCheckpoint(files)
  checkTensors(spec, checkpoint)
  return { spec, logits: forward(spec, await checkpointWeights(checkpoint), tokens) }
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let largest = 0
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

describe.skipIf(!sharedData)('float64 forward', () => {
  for (const name of ZOO) {
    it(name, async () => {
      const folder = `data/zoo/${name}`
      const reference = sharedJson(`${folder}/reference.json`)
      const expected = sharedFloats(`${folder}/logits.f32`)
      const tokens = [...reference.prompt_ids, ...reference.greedy_ids]
      const { spec, logits } = await logitsOf(folder, tokens)
      expect(expected.length).toBe(tokens.length * spec.vocabSize)
      const difference = largestDifference(logits, expected)
      console.log(`${name}: ${difference.toExponential(1)}`)
      expect(difference).toBeLessThan(1e-5)
    })
  }

  it('stories260K, 64 positions', async () => {
    const folder = 'data/models/stories260K-hf'
    const tokens = sharedJson(`${folder}/reference.json`).greedy_ids_from_bos.slice(0, 64)
    const expected = sharedFloats(`${folder}/ref_logits_first64.f32`)
    const { spec, logits } = await logitsOf(folder, tokens)
    expect(expected.length).toBe(64 * spec.vocabSize)
    expect(largestDifference(logits, expected)).toBeLessThan(1e-5)
  })
})
