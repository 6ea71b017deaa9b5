// MLX, GPTQ and AWQ checkpoints with logits that others computed on the dequantized weights, through the float64 forward.

import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import { checkTensors } from '../../src/model/spec.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import { resolveModelFiles } from '../../src/weights/source.ts'
import { checkpointWeights } from '../reference/floats.ts'
import { forward } from '../reference/llama.ts'
import { largestDifference } from '../support/load-runner.ts'
import { sharedData, sharedFloats, sharedJson } from '../support/shared-data.ts'

describe.skipIf(!sharedData)('quantized safetensors through a float64 forward', () => {
  it.each(['format-mlx4', 'format-mlx8', 'format-gptq', 'format-awq'])('%s', async (name) => {
    const folder = `data/zoo/${name}`
    const { prompt_ids, greedy_ids } = sharedJson(`${folder}/reference.json`)
    const files = resolveModelFiles(`${sharedData}/${folder}`)
    const spec = describeModel(await readConfig(files))
    const checkpoint = await openCheckpoint(files)
    checkTensors(spec, checkpoint)
    const logits = forward(spec, await checkpointWeights(checkpoint), [...prompt_ids, ...greedy_ids])
    expect(largestDifference(logits, sharedFloats(`${folder}/logits.f32`))).toBeLessThan(1e-5)
  })
})
