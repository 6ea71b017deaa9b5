// Constrained requests through engine.fetch on a model of random weights, whose every token is as good as any other: only
// the masks make its answers right. Automata are walked on the GPU, grammars with recursion on the CPU.

import { expect, test } from 'vitest'
import { createEngine } from '../src/index.ts'
import { askConstrained, forms } from './support/constrained-requests.ts'
import { testGpu } from './support/device.ts'
import { tinyLlama } from './support/tiny-llama.ts'

test('answers of every form are right', async () => {
  const { device } = await testGpu()
  const engine = await createEngine({ device, model: tinyLlama(), selfTest: false })
  try {
    const { faults, answers, valid, cut } = await askConstrained(engine.fetch, engine.models[0]!.id, forms.length)
    expect(faults).toEqual([])
    expect(valid + cut).toBe(answers)
    expect(valid).toBeGreaterThan(forms.length)
    const { byRunner, byMask } = engine.info.models[0]!.engine.constrained
    expect(byRunner).toBeGreaterThan(forms.length)
    expect(byMask).toBeGreaterThan(0)
  } finally {
    await engine.close()
  }
})
