// A forward pass in float64, plain and slow: what the runners are compared with. Knows only the spec and the weights by name.

import type { LinearRole, ModelSpec, TensorRole } from '../../src/model/spec.ts'

export type Weights = (name: string) => Float64Array

/** Logits [tokens, vocabSize] of one whole sequence. */
export function forward(spec: ModelSpec, weights: Weights, tokens: readonly number[]): Float64Array {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabSize } = spec
  const embedding = load(weights, spec.embedding)
  const rows = tokens.map((token) => embedding.slice(token * hiddenSize, (token + 1) * hiddenSize)) // [tokens][hidden]
  const queryRows = heads * headDim
  const kvRows = kvHeads * headDim

  for (const layer of spec.layers) {
    const inputNorm = load(weights, layer.inputNorm)
    const qkv = linear(weights, layer.qkv)
    const keys: Float64Array[] = []
    const values: Float64Array[] = []
    const queries = rows.map((x, position) => {
      const all = qkv(rmsNorm(x, inputNorm, spec.rmsNormEps))
      for (let head = 0; head < heads + kvHeads; head++)
        rotate(all.subarray(head * headDim, (head + 1) * headDim), position, spec)
      keys.push(all.subarray(queryRows, queryRows + kvRows))
      values.push(all.subarray(queryRows + kvRows))
      return all.subarray(0, queryRows)
    })
    const output = linear(weights, layer.output)
    for (const [position, x] of rows.entries()) add(x, output(attend(queries[position]!, keys, values, position, spec)))

    const postNorm = load(weights, layer.postNorm)
    const gateUp = linear(weights, layer.gateUp)
    const down = linear(weights, layer.down)
    for (const x of rows) {
      const both = gateUp(rmsNorm(x, postNorm, spec.rmsNormEps))
      const inner = new Float64Array(intermediateSize)
      for (let i = 0; i < intermediateSize; i++) {
        const gate = both[i]!
        inner[i] = (gate / (1 + Math.exp(-gate))) * both[intermediateSize + i]!
      }
      add(x, down(inner))
    }
  }

  const finalNorm = load(weights, spec.finalNorm)
  const head = linear(weights, { weight: spec.head ?? spec.embedding })
  const logits = new Float64Array(tokens.length * vocabSize)
  for (const [i, x] of rows.entries()) logits.set(head(rmsNorm(x, finalNorm, spec.rmsNormEps)), i * vocabSize)
  return logits
}

/** The weights of a role's tensors, one after the other. */
export function load(weights: Weights, { names, rows, cols = 1 }: TensorRole): Float64Array {
  const all = new Float64Array(rows.reduce((sum, n) => sum + n, 0) * cols)
  let offset = 0
  names.forEach((name, i) => {
    const tensor = weights(name)
    if (tensor.length !== rows[i]! * cols)
      throw new Error(`Cannot use ${name}: ${rows[i]! * cols} elements expected, received ${tensor.length}`)
    all.set(tensor, offset)
    offset += tensor.length
  })
  return all
}

function linear(weights: Weights, { weight, bias }: LinearRole): (x: Float64Array) => Float64Array {
  const w = load(weights, weight)
  const b = bias && load(weights, bias)
  const { cols } = weight
  return (x) => {
    const y = new Float64Array(w.length / cols)
    for (let row = 0; row < y.length; row++) {
      let sum = b ? b[row]! : 0
      for (let col = 0; col < cols; col++) sum += w[row * cols + col]! * x[col]!
      y[row] = sum
    }
    return y
  }
}

function rmsNorm(x: Float64Array, weight: Float64Array, eps: number): Float64Array {
  let squares = 0
  for (const v of x) squares += v * v
  const scale = 1 / Math.sqrt(squares / x.length + eps)
  return x.map((v, i) => v * scale * weight[i]!)
}

/** Turns element i against element i + rotaryDim / 2. */
function rotate(head: Float64Array, position: number, { rope }: ModelSpec): void {
  const half = rope.rotaryDim / 2
  for (let i = 0; i < half; i++) {
    const angle = position * rope.inverseFrequencies[i]!
    const [cos, sin] = [Math.cos(angle) * rope.attentionFactor, Math.sin(angle) * rope.attentionFactor]
    const [a, b] = [head[i]!, head[i + half]!]
    head[i] = a * cos - b * sin
    head[i + half] = b * cos + a * sin
  }
}

function attend(query: Float64Array, keys: Float64Array[], values: Float64Array[], position: number, spec: ModelSpec) {
  const { heads, kvHeads, headDim, attentionScale } = spec
  const out = new Float64Array(heads * headDim)
  for (let head = 0; head < heads; head++) {
    const kv = Math.floor(head / (heads / kvHeads)) * headDim
    const scores = new Float64Array(position + 1)
    for (let j = 0; j <= position; j++) {
      let dot = 0
      for (let d = 0; d < headDim; d++) dot += query[head * headDim + d]! * keys[j]![kv + d]!
      scores[j] = dot * attentionScale
    }
    const most = scores.reduce((a, b) => Math.max(a, b))
    const weights = scores.map((score) => Math.exp(score - most))
    const total = weights.reduce((a, b) => a + b)
    for (let j = 0; j <= position; j++)
      for (let d = 0; d < headDim; d++) out[head * headDim + d]! += (weights[j]! / total) * values[j]![kv + d]!
  }
  return out
}

function add(x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i]! += y[i]!
}
