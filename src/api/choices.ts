// Runs generations and gives the deltas of their choices as they come. Knows the engine's events; knows no response's shape.

import type { Generation } from '../engine/generation.ts'
import type { ChoiceDelta, ChoiceText } from './choice-text.ts'
import type { Metrics } from './metrics.ts'

export interface IndexedDelta extends ChoiceDelta {
  /** Which choice of the response. */
  readonly index: number
}

/** The deltas of one generation's choices, those that were read back together in one list. */
export async function* choiceDeltas(
  generation: Generation,
  texts: readonly ChoiceText[],
  promptTokens: number,
  metrics: Metrics,
): AsyncGenerator<readonly IndexedDelta[], void> {
  metrics.running++
  metrics.promptTokens += promptTokens
  try {
    let open = texts.filter((text) => !text.finish).length
    for await (const events of generation) {
      const deltas: IndexedDelta[] = []
      for (const event of events) {
        const text = texts[event.choice]!
        if (text.finish) continue
        metrics.completionTokens++
        const delta = text.push(event)
        if (!delta) continue
        deltas.push({ ...delta, index: event.choice })
        if (!delta.finish) continue
        open--
        if (!event.finishReason) generation.stop(event.choice)
      }
      if (deltas.length > 0) yield deltas
      if (open === 0) return
    }
    const rest = texts.flatMap((text, index) => (text.finish ? [] : [{ ...text.cut(), index }]))
    if (rest.length > 0) yield rest
  } finally {
    metrics.running--
  }
}
