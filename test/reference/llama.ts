// A forward pass in float64, plain and slow: what the runners are compared with. Knows only the spec and the weights by name.

import {
  frequenciesFor,
  type LayerSpec,
  type LinearRole,
  type MatrixRole,
  type ModelSpec,
  type NormRole,
  type RopeSpec,
  type TensorRole,
} from '../../src/model/spec.ts'

export type Weights = (name: string) => Float64Array

/** Logits [tokens, vocabSize] of one whole sequence. */
export function forward(spec: ModelSpec, weights: Weights, tokens: readonly number[]): Float64Array {
  const { vocabSize, logitScale = 1, logitSoftcap } = spec
  const head = linear(weights, { weight: spec.head ?? spec.embedding })
  const logits = new Float64Array(tokens.length * vocabSize)
  for (const [i, state] of hiddenStates(spec, weights, tokens).entries()) logits.set(head(state), i * vocabSize)
  return logits.map((logit) => softcapped(logit * logitScale, logitSoftcap))
}

/** What the last norm gives: [tokens][hiddenSize]. */
export function hiddenStates(spec: ModelSpec, weights: Weights, tokens: readonly number[]): Float64Array[] {
  const { hiddenSize, heads, kvHeads, headDim, embeddingScale = 1, residualScale = 1 } = spec
  const embedding = load(weights, spec.embedding)
  const rows = tokens.map((token) =>
    embedding.slice(token * hiddenSize, (token + 1) * hiddenSize).map((x) => x * embeddingScale),
  ) // [tokens][hidden]
  const queryRows = heads * headDim
  const kvRows = kvHeads * headDim

  for (const layer of spec.layers) {
    const inputNorm = norm(weights, spec, layer.inputNorm)
    const qkv = linear(weights, layer.qkv)
    const qkNorm = headNorms(weights, spec, layer)
    const keys: Float64Array[] = []
    const values: Float64Array[] = []
    const inputs = rows.map(inputNorm)
    const queries = inputs.map((x, position) => {
      const all = qkv(x)
      qkNorm(all)
      for (let head = 0; head < heads + kvHeads; head++)
        if (layer.rope)
          rotate(all.subarray(head * headDim, (head + 1) * headDim), position, layer.rope, spec.contextLength)
      keys.push(all.subarray(queryRows, queryRows + kvRows))
      values.push(all.subarray(queryRows + kvRows))
      return all.subarray(0, queryRows)
    })
    const output = linear(weights, layer.output)
    const outputNorm = norm(weights, spec, layer.outputNorm)
    for (const [position, x] of rows.entries())
      add(x, outputNorm(output(attend(queries[position]!, keys, values, position, spec, layer.window))), residualScale)

    const mlpNorm = norm(weights, spec, layer.mlpNorm)
    const mlp = layer.experts ? expertMlp(weights, spec, layer) : plainMlp(weights, spec, layer)
    const downNorm = norm(weights, spec, layer.downNorm)
    for (const [position, x] of rows.entries())
      add(x, downNorm(mlp(spec.parallel ? inputs[position]! : mlpNorm(x))), residualScale)
  }

  return rows.map(norm(weights, spec, spec.finalNorm))
}

function plainMlp(weights: Weights, spec: ModelSpec, layer: Pick<LayerSpec, 'gateUp' | 'down'>) {
  const gateUp = linear(weights, layer.gateUp)
  const down = linear(weights, layer.down)
  return (x: Float64Array) => {
    const both = gateUp(x)
    const size = both.length / 2
    const inner = new Float64Array(size)
    for (let i = 0; i < size; i++) inner[i] = activate(both[i]!, spec) * both[size + i]!
    return down(inner)
  }
}

function expertMlp(weights: Weights, spec: ModelSpec, { experts, gateUp, down }: LayerSpec) {
  const { count, chosen, normalised, router } = experts!
  const scores = linear(weights, { weight: router })
  const part = ({ names, rows, cols }: MatrixRole, from: number, to: number) => ({
    weight: { names: names.slice(from, to), rows: rows.slice(from, to), cols },
  })
  const mlps = Array.from({ length: count }, (_, i) =>
    plainMlp(weights, spec, {
      gateUp: part(gateUp.weight, 2 * i, 2 * i + 2),
      down: part(down.weight, i, i + 1),
    }),
  )
  return (x: Float64Array) => {
    const own = scores(x)
    const best = Array.from(own.keys())
      .sort((a, b) => own[b]! - own[a]! || a - b)
      .slice(0, chosen)
    const exps = own.map((score) => Math.exp(score - own[best[0]!]!))
    const total = (normalised ? best.map((i) => exps[i]!) : [...exps]).reduce((a, b) => a + b)
    const y = new Float64Array(x.length)
    for (const i of best) add(y, mlps[i]!(x), exps[i]! / total)
    return y
  }
}

/** The weights of a role's tensors, one after the other. */
export function load(weights: Weights, role: TensorRole): Float64Array {
  const { names, rows, cols = 1 } = role
  const plus = role.cols === undefined ? (role.plus ?? 0) : 0
  const all = new Float64Array(rows.reduce((sum, n) => sum + n, 0) * cols)
  let offset = 0
  names.forEach((name, i) => {
    const tensor = weights(name)
    if (tensor.length !== rows[i]! * cols)
      throw new Error(`Cannot use ${name}: ${rows[i]! * cols} elements expected, received ${tensor.length}`)
    all.set(tensor, offset)
    offset += tensor.length
  })
  return plus ? all.map((value) => value + plus) : all
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

function norm(weights: Weights, spec: ModelSpec, role: NormRole | undefined): (x: Float64Array) => Float64Array {
  if (!role) return (x) => x.slice()
  const weight = load(weights, role.weight)
  const bias = role.bias && load(weights, role.bias)
  return (x) => {
    const mean = spec.normKind === 'layer' ? x.reduce((a, b) => a + b) / x.length : 0
    const y = normalised(
      x.map((v) => v - mean),
      weight,
      spec.normEps,
    )
    return bias ? y.map((v, i) => v + bias[i]!) : y
  }
}

/** Of the queries and keys of a row, in place. */
function headNorms(weights: Weights, { heads, kvHeads, headDim, normEps }: ModelSpec, { qkNorm }: LayerSpec) {
  if (!qkNorm) return () => {}
  const both = load(weights, qkNorm)
  const sizes = qkNorm.rows
  return (row: Float64Array) => {
    const queries = heads * headDim
    for (let at = 0; at < queries + kvHeads * headDim; ) {
      const [size, weight] =
        at < queries ? [sizes[0]!, both.subarray(0, sizes[0])] : [sizes[1]!, both.subarray(sizes[0])]
      row.set(normalised(row.subarray(at, at + size), weight, normEps), at)
      at += size
    }
  }
}

function normalised(x: Float64Array, weight: Float64Array, eps: number): Float64Array {
  let squares = 0
  for (const v of x) squares += v * v
  const scale = 1 / Math.sqrt(squares / x.length + eps)
  return x.map((v, i) => v * scale * weight[i]!)
}

function activate(x: number, { activation }: ModelSpec): number {
  if (activation === 'silu') return x / (1 + Math.exp(-x))
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
}

const softcapped = (x: number, cap: number | undefined) => (cap ? cap * Math.tanh(x / cap) : x)

/** Turns the elements of each pair against each other. */
export function rotate(head: Float64Array, position: number, rope: RopeSpec, contextLength: number): void {
  const half = rope.rotaryDim / 2
  const frequencies = frequenciesFor(rope, contextLength)
  for (let i = 0; i < half; i++) {
    const angle = position * frequencies[i]!
    const [cos, sin] = [Math.cos(angle) * rope.attentionFactor, Math.sin(angle) * rope.attentionFactor]
    const [first, second] = rope.interleaved ? [2 * i, 2 * i + 1] : [i, i + half]
    const [a, b] = [head[first]!, head[second]!]
    head[first] = a * cos - b * sin
    head[second] = b * cos + a * sin
  }
}

function attend(
  query: Float64Array,
  keys: Float64Array[],
  values: Float64Array[],
  position: number,
  spec: ModelSpec,
  window = Infinity,
) {
  const { heads, kvHeads, headDim, attentionScale, attentionSoftcap } = spec
  const out = new Float64Array(heads * headDim)
  const start = Math.max(0, position + 1 - window)
  for (let head = 0; head < heads; head++) {
    const kv = Math.floor(head / (heads / kvHeads)) * headDim
    const scores = new Float64Array(position + 1 - start)
    for (let j = start; j <= position; j++) {
      let dot = 0
      for (let d = 0; d < headDim; d++) dot += query[head * headDim + d]! * keys[j]![kv + d]!
      scores[j - start] = softcapped(dot * attentionScale, attentionSoftcap)
    }
    const most = scores.reduce((a, b) => Math.max(a, b))
    const weights = scores.map((score) => Math.exp(score - most))
    const total = weights.reduce((a, b) => a + b)
    for (let j = start; j <= position; j++)
      for (let d = 0; d < headDim; d++) out[head * headDim + d]! += (weights[j - start]! / total) * values[j]![kv + d]!
  }
  return out
}

function add(x: Float64Array, y: Float64Array, scale: number): void {
  for (let i = 0; i < x.length; i++) x[i]! += y[i]! * scale
}
