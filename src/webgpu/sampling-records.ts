// What the sampling kernels tell the CPU of each output of a step: token, log-probability, likeliest tokens.

import type { SampledToken } from '../engine/model-runner.ts'
import { MAX_TOP_LOGPROBS } from '../engine/sampling-params.ts'

/** Words of u32: token, log-probability as f32 bits (NaN: not asked), number of likeliest tokens, then (id, log-probability) each; last the rank, 0 for none. */
export const RECORD_WORDS = 4 + 2 * MAX_TOP_LOGPROBS

/** The first `count` records of a copy of SamplingState.records. */
export function decodeRecords(bytes: ArrayBuffer, count: number): SampledToken[] {
  const words = new Uint32Array(bytes)
  const floats = new Float32Array(bytes)
  return Array.from({ length: count }, (_, output) => {
    const start = output * RECORD_WORDS
    const top = Array.from({ length: words[start + 2]! }, (_, n) => ({
      token: words[start + 3 + 2 * n]!,
      logprob: floats[start + 4 + 2 * n]!,
    }))
    const rank = words[start + RECORD_WORDS - 1] || undefined
    return { token: words[start]!, logprob: floats[start + 1]!, top, rank }
  })
}
