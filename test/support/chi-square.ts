// Pearson's test of drawn tokens against their exact probabilities.

import type { Candidate } from '../reference/sampling.ts'

/** Log of the gamma function of a multiple of 1/2. */
function logGamma(x: number): number {
  let log = x % 1 === 0 ? 0 : Math.log(Math.PI) / 2
  for (let y = x % 1 === 0 ? 1 : 0.5; y < x; y++) log += Math.log(y)
  return log
}

/** Probability that a chi-square variable of that many degrees of freedom is at least `x`. */
export function chiSquareTail(x: number, degrees: number): number {
  const a = degrees / 2
  const half = x / 2
  if (half <= 0) return 1
  const scale = Math.exp(a * Math.log(half) - half - logGamma(a))
  let term = 1 / a
  let lower = term
  for (let n = 1; n < 1000 && term > lower * 1e-15; n++) {
    term *= half / (a + n)
    lower += term
  }
  return Math.max(0, 1 - scale * lower)
}

/**
 * The p-value of `tokens` under `kept`. Neighbours in order of probability share a bin until at least 5 of the tokens, and
 * a `bins`-th part of them, are expected in it. 0 where a token was drawn that cannot be.
 */
export function pValue(tokens: readonly number[], kept: readonly Candidate[], bins = 24): number {
  const counts = new Map<number, number>()
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1)
  const least = Math.max(5, tokens.length / bins)
  const pooled: { expected: number; observed: number }[] = []
  let open = { expected: 0, observed: 0 }
  let known = 0
  for (const { token, probability } of kept) {
    const observed = counts.get(token) ?? 0
    known += observed
    open = { expected: open.expected + probability * tokens.length, observed: open.observed + observed }
    if (open.expected < least) continue
    pooled.push(open)
    open = { expected: 0, observed: 0 }
  }
  if (known !== tokens.length) return 0
  const last = pooled.pop() ?? { expected: 0, observed: 0 }
  pooled.push({ expected: last.expected + open.expected, observed: last.observed + open.observed })
  if (pooled.length === 1) return 1
  const statistic = pooled.reduce((sum, { expected, observed }) => sum + (observed - expected) ** 2 / expected, 0)
  return chiSquareTail(statistic, pooled.length - 1)
}
