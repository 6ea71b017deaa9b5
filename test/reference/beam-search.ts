// Beam search as a plain loop over whole sequences: the log-probabilities of every token after every beam, in full. The
// rules are those of Hugging Face's `generate`, written out step by step.

import type { BeamOptions } from '../../src/engine/generation.ts'

export interface BeamQuestion extends BeamOptions {
  readonly prompt: readonly number[]
  readonly n: number
  readonly maxTokens: number
  readonly stops?: readonly number[]
  readonly minTokens?: number
}

export interface Hypothesis {
  readonly ids: readonly number[]
  /** Sum over the ids. */
  readonly logprob: number
  readonly score: number
  readonly stopped: boolean
}

/** `logprobs`: of every token of the vocabulary after some ids. Best first. */
export function searchBeams(
  { prompt, n, maxTokens, width, lengthPenalty, earlyStopping, stops = [], minTokens = 0 }: BeamQuestion,
  logprobs: (ids: readonly number[]) => ArrayLike<number>,
): Hypothesis[] {
  const ended: Hypothesis[] = []
  const score = (sum: number, length: number) => sum / length ** lengthPenalty
  const worst = () => ended.reduce((worst, one) => (one.score <= worst.score ? one : worst))
  const end = (ids: number[], logprob: number, stopped: boolean) => {
    const hypothesis = { ids, logprob, score: score(logprob, ids.length), stopped }
    if (ended.length < width) ended.push(hypothesis)
    else if (hypothesis.score > worst().score) {
      ended.splice(ended.indexOf(worst()), 1)
      ended.push(hypothesis)
    }
  }

  let beams = [{ ids: [] as number[], logprob: 0 }]
  for (let length = 1; length <= maxTokens; length++) {
    const all: { ids: number[]; logprob: number; beam: number; token: number }[] = []
    beams.forEach(({ ids, logprob }, beam) => {
      Array.from(logprobs([...prompt, ...ids])).forEach((more, token) => {
        if (length <= minTokens && stops.includes(token)) return
        all.push({ ids: [...ids, token], logprob: logprob + more, beam, token })
      })
    })
    all.sort((a, b) => b.logprob - a.logprob || a.beam - b.beam || a.token - b.token)
    const best = all.slice(0, Math.max(2, 1 + stops.length) * width)
    best.slice(0, width).forEach(({ ids, logprob, token }) => {
      if (stops.includes(token)) end(ids, logprob, true)
    })
    beams = best.filter(({ token }) => !stops.includes(token)).slice(0, width)

    if (ended.length === width && beams[0]) {
      const longest = earlyStopping === 'never' && lengthPenalty > 0 ? maxTokens : length
      if (earlyStopping === true || worst().score >= score(beams[0].logprob, longest)) break
    }
    if (beams.length === 0) break
    if (length === maxTokens) for (const { ids, logprob } of beams) end(ids, logprob, false)
  }
  return ended.sort((a, b) => b.score - a.score).slice(0, n)
}
