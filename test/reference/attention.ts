// Rotary embedding and attention in float64, as plain as they can be said. Knows no cache.

/** Rotates the first 2 * invFreq.length elements of x in pairs: (i, i + invFreq.length), or neighbours. */
export function rotate(
  x: ArrayLike<number>,
  position: number,
  invFreq: ArrayLike<number>,
  factor = 1,
  interleaved = false,
): Float64Array {
  const y = Float64Array.from(x)
  const half = invFreq.length
  for (let i = 0; i < half; i++) {
    const cos = factor * Math.cos(position * invFreq[i]!)
    const sin = factor * Math.sin(position * invFreq[i]!)
    const [a, b] = interleaved ? [2 * i, 2 * i + 1] : [i, i + half]
    y[a] = x[a]! * cos - x[b]! * sin
    y[b] = x[b]! * cos + x[a]! * sin
  }
  return y
}

export interface AttentionShape {
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly scale: number
  readonly window?: number
  readonly softcap?: number
}

/** One row's output [heads * headDim]: q [heads * headDim], keys and values [≥ position + 1, kvHeads * headDim]. */
export function attend(
  { heads, kvHeads, headDim, scale, window = 0, softcap = 0 }: AttentionShape,
  position: number,
  q: ArrayLike<number>,
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(heads * headDim)
  const first = window > 0 ? Math.max(0, position - window + 1) : 0
  for (let head = 0; head < heads; head++) {
    const kvHead = Math.floor(head / (heads / kvHeads))
    const scores: number[] = []
    for (let j = first; j <= position; j++) {
      let dot = 0
      for (let d = 0; d < headDim; d++) dot += q[head * headDim + d]! * keys[(j * kvHeads + kvHead) * headDim + d]!
      scores.push(softcap > 0 ? softcap * Math.tanh((dot * scale) / softcap) : dot * scale)
    }
    const top = scores.reduce((a, b) => Math.max(a, b))
    const weights = scores.map((score) => Math.exp(score - top))
    const sum = weights.reduce((a, b) => a + b)
    weights.forEach((weight, n) => {
      const at = ((first + n) * kvHeads + kvHead) * headDim
      for (let d = 0; d < headDim; d++) out[head * headDim + d]! += (weight / sum) * values[at + d]!
    })
  }
  return out
}
