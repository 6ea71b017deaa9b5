// Trials of the sampling kernels: one output each, greedy with edits, drawn with every filter, drawn with none.

import { GREEDY, type SamplingParams } from '../../engine/sampling-params.ts'
import type { Gpu } from '../gpu.ts'
import { logitsStride } from '../launchers/logits-edit.ts'
import { decodeRecords, RECORD_WORDS } from '../sampling-records.ts'
import type { SamplingState } from '../sampling-state.ts'
import { type Bench, slice, type Trial, testValues, worse, write } from './trial.ts'

/** Tokens that have nearly all the probability. */
const LIKELY = 300
const DRAW = { ...GREEDY, temperature: 0.7, seed: 11 }

export const SAMPLING_TRIALS: readonly SamplingParams[] = [
  { ...GREEDY, repetitionPenalty: 1.5, frequencyPenalty: 0.5, presencePenalty: 0.25, topLogprobs: 5 },
  { ...DRAW, minP: 0.001, topK: 40, topP: 0.9, topLogprobs: 5 },
  DRAW,
]

/** Writes a row of logits and the best of every four of it, as the head's product does. */
export function writeLogits(gpu: Gpu, logits: GPUBuffer, row: number, values: Float32Array<ArrayBuffer>): void {
  const stride = logitsStride(values.length)
  const all = new Float32Array(stride).fill(-3e38)
  all.set(values)
  values.forEach((value, i) => {
    const best = values.length + (i >> 2)
    if (value > all[best]!) all[best] = Math.min(value, 1e38)
  })
  write(gpu, { buffer: logits, offset: row * stride * 4 }, all)
}

/** The kernels run on one output that draws for slot 0; `logits` is the buffer they read. */
export function samplingTrial(
  { gpu }: Bench,
  state: SamplingState,
  logits: GPUBuffer,
  vocabSize: number,
  params: SamplingParams,
): Trial {
  const likely = Math.min(LIKELY, vocabSize)
  const values = testValues(vocabSize, 12)
  const places = Array.from({ length: likely }, (_, i) => Math.floor(((i + 0.5) * vocabSize) / likely))
  for (let i = 0; i < vocabSize; i++) values[i]! -= 30
  // No two the same: what is drawn then depends on nothing but order and mass.
  places.forEach((token, i) => {
    values[token] = -((i * 37) % likely) / 32
  })
  writeLogits(gpu, logits, 0, values)
  const said = [places[0]!, places[0]!, places[1 % likely]!]
  state.open(0, params, said.slice(2), said.slice(0, 2))
  state.prepare([{ slot: 0 }], false)
  const edited = Float64Array.from(values)
  if (params.repetitionPenalty !== 1) {
    for (const id of new Set(said))
      edited[id]! *= edited[id]! > 0 ? 1 / params.repetitionPenalty : params.repetitionPenalty
    edited[said[0]!]! -= 2 * params.frequencyPenalty + params.presencePenalty
  }
  return {
    reads: [slice(state.records, 0, RECORD_WORDS * 4)],
    error: ([bytes]) => {
      const record = decodeRecords(bytes!, 1)[0]!
      const expected = drawn(edited, places, params)
      if (!expected.includes(record.token)) return Infinity
      if (params.topLogprobs === undefined) return 0
      const sum = values.reduce((total, value) => total + Math.exp(value), 0)
      const best = places.toSorted((a, b) => values[b]! - values[a]!).slice(0, params.topLogprobs)
      if (best.length !== record.top.length) return Infinity
      let worst = Math.abs(record.logprob - (values[record.token]! - Math.log(sum))) / 1e-3
      best.forEach((token, i) => {
        const { token: got, logprob } = record.top[i]!
        worst = worse(worst, got === token ? Math.abs(logprob - (values[token]! - Math.log(sum))) / 1e-3 : Infinity)
      })
      return worst
    },
  }
}

/** The token that a draw of counter 0 gives; its neighbours too where rounding may decide. */
function drawn(
  edited: Float64Array,
  likely: readonly number[],
  { temperature, minP, topK, topP, seed }: SamplingParams,
): number[] {
  const best = edited.reduce((a, b) => Math.max(a, b))
  if (temperature === 0) return [edited.indexOf(best)]
  let kept = likely
    .map((token) => ({ token, mass: Math.exp((edited[token]! - best) / temperature) }))
    .filter(({ mass }) => mass > minP)
    .sort((a, b) => b.mass - a.mass || a.token - b.token)
  if (topK > 0) kept = kept.slice(0, topK)
  const total = (of: typeof kept) => of.reduce((sum, { mass }) => sum + mass, 0)
  if (topP < 1) {
    const enough = topP * total(kept)
    let sum = 0
    kept = kept.filter(({ mass }) => {
      const before = sum
      sum += mass
      return before < enough
    })
  }
  const goal = (philox(0, seed) / 2 ** 32) * total(kept)
  const tolerance = 1e-4 * total(kept)
  let sum = 0
  return kept.flatMap(({ token, mass }) => {
    const before = sum
    sum += mass
    return before - tolerance <= goal && goal < sum + tolerance ? [token] : []
  })
}

/** First word of Philox4x32-10 (Salmon et al. 2011) of counter (draw, 0, 0, 0) and key (seed, 0). */
function philox(draw: number, seed: number): number {
  const low = 0xffffffffn
  let [c0, c1, c2, c3] = [BigInt(draw), 0n, 0n, 0n]
  let [k0, k1] = [BigInt(seed), 0n]
  for (let round = 0; round < 10; round++) {
    const [a, b] = [0xd2511f53n * c0, 0xcd9e8d57n * c2]
    ;[c0, c1, c2, c3] = [(b >> 32n) ^ c1 ^ k0, b & low, (a >> 32n) ^ c3 ^ k1, a & low]
    k0 = (k0 + 0x9e3779b9n) & low
    k1 = (k1 + 0xbb67ae85n) & low
  }
  return Number(c0)
}
