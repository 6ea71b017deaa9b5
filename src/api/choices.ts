// Runs generations and gives the deltas of their choices as they come. Knows the engine's events; knows no response's shape.

import type { Generation } from '../engine/generation.ts'
import type { ChoiceDelta, ChoiceText } from './choice-text.ts'
import type { Metrics } from './metrics.ts'

export interface IndexedDelta extends ChoiceDelta {
  /** Which choice of the response. */
  readonly index: number
}

export type Deltas = AsyncGenerator<readonly IndexedDelta[], void>

export interface Run {
  readonly generation: Generation
  /** One a choice. */
  readonly texts: readonly ChoiceText[]
  readonly promptTokens: number
}

/**
 * The deltas of one generation's choices, those that were read back together in one list. Aborting the signal ends them
 * whether anyone is reading or not.
 */
export function choiceDeltas(run: Run, metrics: Metrics, signal: AbortSignal): Deltas {
  const deltas = read(run, metrics)
  signal.addEventListener('abort', () => void deltas.return().catch(() => {}), { once: true })
  return deltas
}

async function* read({ generation, texts, promptTokens }: Run, metrics: Metrics): Deltas {
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
