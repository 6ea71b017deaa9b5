// Runs the generations of a request and gives the deltas of their choices as they come. Knows the engine's events; knows no
// response's shape.

import type { GenerateRequest, Generation, PromptScore } from '../engine/generation.ts'
import { type ChoiceDelta, ChoiceText, type ChoiceTextOptions, type Finish } from './choice-text.ts'
import type { Context } from './context.ts'
import type { ServedModel } from './host.ts'
import { type Usage, usage } from './usage.ts'

export interface RunRequest {
  readonly model: ServedModel
  /** One generation each. Choices are numbered prompt-major. */
  readonly prompts: readonly Pick<GenerateRequest, 'prompt' | 'maxTokens'>[]
  /** Choices of each prompt. */
  readonly n: number
  readonly sampling: GenerateRequest['sampling']
  readonly beams?: GenerateRequest['beams']
  readonly constraint?: GenerateRequest['constraint']
  readonly scorePrompt: boolean
  readonly text: ChoiceTextOptions
}

export interface IndexedDelta extends ChoiceDelta {
  /** Which choice of the whole run. */
  readonly index: number
}

/** Those that were read back together in one list. */
export type Deltas = AsyncGenerator<readonly IndexedDelta[], void>

export interface Run {
  readonly request: RunRequest
  readonly deltas: Deltas
  /** Known for a prompt with its first delta. */
  promptScores(prompt: number): readonly PromptScore[]
  usage(completionTokens: number, reasoningTokens?: number): Usage
}

/** Generations of one request that are open at once; the others wait here rather than fill the engine's queue. */
export const MAX_OPEN = 32

/** Nothing runs before the first delta is asked for. An abort of the call ends the run whether anyone reads or not. */
export function startRun(request: RunRequest, { call, metrics }: Pick<Context, 'call' | 'metrics'>): Run {
  const { model, prompts, n, sampling, beams, constraint, scorePrompt, text } = request
  const generations: Generation[] = []

  async function* one(i: number): Deltas {
    const { prompt, maxTokens } = prompts[i]!
    const texts = Array.from({ length: n }, () => new ChoiceText(model.tokenizer, text))
    const indexed = (delta: ChoiceDelta, choice: number): IndexedDelta => ({ ...delta, index: i * n + choice })
    let open = n
    metrics.running++
    metrics.promptTokens += prompt.length
    try {
      const generation = model.engine.generate({
        prompt,
        maxTokens,
        n,
        sampling,
        beams,
        constraint,
        scorePrompt,
        signal: call.signal,
      })
      generations[i] = generation
      for await (const events of generation) {
        const deltas: IndexedDelta[] = []
        for (const event of events) {
          const choice = texts[event.choice]!
          if (choice.finish) continue
          metrics.completionTokens++
          const delta = choice.push(event)
          if (!delta) continue
          deltas.push(indexed(delta, event.choice))
          if (!delta.finish) continue
          open--
          if (!event.finishReason) generation.stop(event.choice)
        }
        if (deltas.length > 0) yield deltas
        if (open === 0) return
      }
      const { finishReasons } = generation
      const rest = texts.flatMap((choice, c) => (choice.finish ? [] : [indexed(choice.cut(finishReasons[c]), c)]))
      if (rest.length > 0) yield rest
    } finally {
      metrics.running--
    }
  }

  const deltas = prompts.length === 1 ? one(0) : merge(prompts.length, one)
  call.signal.addEventListener('abort', () => void deltas.return().catch(() => {}), { once: true })
  const promptTokens = prompts.reduce((sum, { prompt }) => sum + prompt.length, 0)
  return {
    request,
    deltas,
    promptScores: (prompt) => generations[prompt]?.promptScores ?? [],
    usage: (completionTokens, reasoningTokens = 0) => {
      const cached = generations.reduce((sum, { cachedTokens }) => sum + cachedTokens, 0)
      return usage(promptTokens, completionTokens, cached, reasoningTokens)
    },
  }
}

/** What several sources give, as it comes. Leaving it leaves them all. */
async function* merge(count: number, open: (i: number) => Deltas): Deltas {
  const pending = new Map<Deltas, Promise<{ source: Deltas; result: Awaited<ReturnType<Deltas['next']>> }>>()
  const advance = (source: Deltas) =>
    pending.set(
      source,
      source.next().then((result) => ({ source, result })),
    )
  let next = 0
  try {
    for (;;) {
      while (next < count && pending.size < MAX_OPEN) advance(open(next++))
      if (pending.size === 0) return
      const { source, result } = await Promise.race(pending.values())
      pending.delete(source) // and to the end again, so that each has its turn
      if (result.done) continue
      advance(source)
      yield result.value
    }
  } finally {
    for (const [source, last] of pending) {
      last.catch(() => {})
      void source.return().catch(() => {})
    }
  }
}

/** A choice that ended. */
export interface WholeChoice {
  readonly text: string
  readonly tokens: ChoiceDelta['tokens']
  readonly ids: readonly number[]
  readonly finish: Finish
  /** What it was put together from. */
  readonly deltas: readonly ChoiceDelta[]
}

/** All choices of a run, in order, when they have ended. */
export async function wholeChoices(run: Run): Promise<WholeChoice[]> {
  const all: IndexedDelta[] = []
  for await (const list of run.deltas) all.push(...list)
  return joinDeltas(all, run)
}

/** The choices that all deltas of a run make. */
export function joinDeltas(all: readonly IndexedDelta[], { request }: Pick<Run, 'request'>): WholeChoice[] {
  const parts = Array.from({ length: request.prompts.length * request.n }, (): IndexedDelta[] => [])
  for (const delta of all) parts[delta.index]!.push(delta)
  return parts.map((deltas) => ({
    text: deltas.map(({ text }) => text).join(''),
    tokens: deltas.flatMap(({ tokens }) => tokens),
    ids: deltas.flatMap(({ ids }) => ids),
    finish: deltas.at(-1)!.finish!,
    deltas,
  }))
}

export function countIds(choices: readonly Pick<ChoiceDelta, 'ids'>[]): number {
  return choices.reduce((sum, { ids }) => sum + ids.length, 0)
}

/** Of each prompt's choices the `best` with the greatest mean log-probability, best first. */
export function bestChoices(choices: readonly WholeChoice[], draws: number, best: number): WholeChoice[] {
  if (draws === best) return [...choices]
  const mean = ({ tokens, finish: { hidden } }: WholeChoice) => {
    const all = hidden ? [...tokens, hidden] : tokens
    return all.reduce((sum, { logprob }) => sum + logprob, 0) / Math.max(1, all.length)
  }
  return Array.from({ length: choices.length / draws }, (_, prompt) =>
    choices
      .slice(prompt * draws, (prompt + 1) * draws)
      .sort((a, b) => mean(b) - mean(a))
      .slice(0, best),
  ).flat()
}
