// The next token's exact distribution in float64, and the draw from it: what the sampling kernels are compared with.

import { GREEDY, type SamplingParams } from '../../src/engine/sampling-params.ts'

export const NEUTRAL: SamplingParams = { ...GREEDY, temperature: 1 }

export interface Said {
  readonly prompt?: readonly number[]
  readonly completion?: readonly number[]
  /** Whether a token is allowed. */
  readonly mask?: (token: number) => boolean
}

/** Logits after penalties, bias and mask; −Infinity where there is no probability. */
export function edit(logits: ArrayLike<number>, params: SamplingParams, said: Said = {}): Float64Array {
  const { prompt = [], completion = [], mask } = said
  const drawn = new Map<number, number>()
  for (const id of completion) drawn.set(id, (drawn.get(id) ?? 0) + 1)
  const seen = new Set([...prompt, ...completion])
  return Float64Array.from({ length: logits.length }, (_, id) => {
    let x = logits[id]!
    if (Number.isNaN(x)) return -Infinity
    if (seen.has(id)) x = x > 0 ? x / params.repetitionPenalty : x * params.repetitionPenalty
    const count = drawn.get(id) ?? 0
    x -= params.frequencyPenalty * count + (count > 0 ? params.presencePenalty : 0)
    x += params.logitBias?.get(id) ?? 0
    if (mask && !mask(id)) return -Infinity
    if (completion.length < params.minTokens && params.stopTokenIds.includes(id)) return -Infinity
    return x
  })
}

export interface Candidate {
  readonly token: number
  readonly probability: number
}

/** What temperature, min_p, top_k and top_p leave of edited logits, likeliest first, renormalised. */
export function candidates(edited: Float64Array, params: SamplingParams): Candidate[] {
  const order = Uint32Array.from(edited.keys())
  order.sort((a, b) => edited[b]! - edited[a]! || a - b)
  const best = edited[order[0]!]!
  if (params.temperature === 0) return [{ token: order[0]!, probability: 1 }]
  let kept: { token: number; weight: number }[] = []
  for (const token of order) {
    const weight = Math.exp((edited[token]! - best) / params.temperature)
    if (edited[token] === -Infinity || weight < params.minP) break
    kept.push({ token, weight })
  }
  if (params.topK > 0) kept = kept.slice(0, params.topK)
  if (params.topP < 1) {
    const enough = params.topP * kept.reduce((sum, { weight }) => sum + weight, 0)
    // Rounding may not decide: a sum short of `enough` by 1e-7 of it is enough.
    let last = 0
    for (let sum = kept[0]!.weight; sum < enough * (1 - 1e-7) && last < kept.length - 1; sum += kept[last]!.weight)
      last++
    kept = kept.slice(0, last + 1)
  }
  const total = kept.reduce((sum, { weight }) => sum + weight, 0)
  return kept.map(({ token, weight }) => ({ token, probability: weight / total }))
}

/** Philox4x32-10. */
export function philox(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint]
  let [k0, k1] = key.map(BigInt) as [bigint, bigint]
  const low = 0xffffffffn
  for (let round = 0; round < 10; round++) {
    const a = 0xd2511f53n * c0
    const b = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & low, (a >> 32n) ^ c3 ^ k1, a & low]
    k0 = (k0 + 0x9e3779b9n) & low
    k1 = (k1 + 0xbb67ae85n) & low
  }
  return [c0, c1, c2, c3].map(Number)
}

/** The uniform number of a draw, in [0, 1). */
export const uniformOf = (seed: number, draw: number): number => philox([draw, 0, 0, 0], [seed, 0])[0]! / 2 ** 32

/** Every token that a draw may give when cumulative probabilities are known within `error`: mostly one. */
export function tokensAt(kept: readonly Candidate[], uniform: number, error = 1e-5): number[] {
  const tokens: number[] = []
  let before = 0
  for (const { token, probability } of kept) {
    if (before - error <= uniform && uniform <= before + probability + error) tokens.push(token)
    before += probability
  }
  return tokens
}

/** Log of the softmax. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  let best = -Infinity
  for (let i = 0; i < logits.length; i++) best = Math.max(best, logits[i]!)
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - best)
  return Float64Array.from({ length: logits.length }, (_, i) => logits[i]! - best - Math.log(sum))
}
