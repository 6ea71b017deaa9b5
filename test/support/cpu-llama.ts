// A Llama a token at a time on the CPU, in float64, for CpuRunner.

import type { LinearRole, ModelSpec } from '../../src/model/spec.ts'
import { load, rotate, type Weights } from '../reference/llama.ts'
import type { StepModel } from './cpu-runner.ts'

/** Keys and values of a token, a layer each: [kvHeads * headDim]. */
export interface LayerStates {
  readonly keys: readonly Float64Array[]
  readonly values: readonly Float64Array[]
}

type Vector = Float64Array

export function cpuLlama(spec: ModelSpec, weights: Weights): StepModel<LayerStates> {
  const embedding = load(weights, spec.embedding)
  const layers = spec.layers.map((layer) => ({
    inputNorm: load(weights, layer.inputNorm!.weight),
    qkv: linear(weights, layer.qkv),
    output: linear(weights, layer.output),
    mlpNorm: load(weights, layer.mlpNorm!.weight),
    gateUp: linear(weights, layer.gateUp),
    down: linear(weights, layer.down),
  }))
  const finalNorm = load(weights, spec.finalNorm.weight)
  const head = linear(weights, { weight: spec.head ?? spec.embedding })
  const { hiddenSize, heads, kvHeads, headDim, intermediateSize } = spec

  return {
    vocabSize: spec.vocabSize,
    step(before, token) {
      const x = embedding.slice(token * hiddenSize, (token + 1) * hiddenSize)
      const keys: Vector[] = []
      const values: Vector[] = []
      layers.forEach((layer, l) => {
        const qkv = layer.qkv(norm(x, layer.inputNorm, spec.normEps))
        for (let h = 0; h < heads + kvHeads; h++)
          rotate(qkv.subarray(h * headDim, (h + 1) * headDim), before.length, spec.layers[l]!.rope!, spec.contextLength)
        keys.push(qkv.slice(heads * headDim, (heads + kvHeads) * headDim))
        values.push(qkv.slice((heads + kvHeads) * headDim))
        const all = (kind: 'keys' | 'values', own: Vector) => [...before.map((state) => state[kind][l]!), own]
        add(x, layer.output(attend(qkv, all('keys', keys[l]!), all('values', values[l]!), spec)))
        const both = layer.gateUp(norm(x, layer.mlpNorm, spec.normEps))
        const inner = new Float64Array(intermediateSize)
        for (let i = 0; i < intermediateSize; i++)
          inner[i] = (both[i]! / (1 + Math.exp(-both[i]!))) * both[intermediateSize + i]!
        add(x, layer.down(inner))
      })
      const hidden = norm(x, finalNorm, spec.normEps)
      return { state: { keys, values }, hidden, logits: head(hidden) }
    },
  }
}

function attend(query: Vector, keys: readonly Vector[], values: readonly Vector[], spec: ModelSpec): Vector {
  const { heads, kvHeads, headDim, attentionScale } = spec
  const out = new Float64Array(heads * headDim)
  for (let h = 0; h < heads; h++) {
    const kv = Math.floor((h * kvHeads) / heads) * headDim
    const scores = keys.map((key) => {
      let dot = 0
      for (let d = 0; d < headDim; d++) dot += query[h * headDim + d]! * key[kv + d]!
      return dot * attentionScale
    })
    const most = Math.max(...scores)
    const shares = scores.map((s) => Math.exp(s - most))
    const total = shares.reduce((a, b) => a + b)
    shares.forEach((share, j) => {
      for (let d = 0; d < headDim; d++) out[h * headDim + d]! += (share / total) * values[j]![kv + d]!
    })
  }
  return out
}

function linear(weights: Weights, { weight, bias }: LinearRole): (x: Vector) => Vector {
  const w = Float32Array.from(load(weights, weight)) // checkpoints hold no more than that, and memory is what takes the time
  const b = bias && load(weights, bias)
  const { cols } = weight
  return (x) => {
    const y = b ? b.slice() : new Float64Array(w.length / cols)
    for (let row = 0; row < y.length; row++) {
      // Four sums, so that an addition need not wait for the one before: three times as fast.
      const at = row * cols
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      let col = 0
      for (; col + 3 < cols; col += 4) {
        a += w[at + col]! * x[col]!
        b += w[at + col + 1]! * x[col + 1]!
        c += w[at + col + 2]! * x[col + 2]!
        d += w[at + col + 3]! * x[col + 3]!
      }
      for (; col < cols; col++) a += w[at + col]! * x[col]!
      y[row]! += a + b + (c + d)
    }
    return y
  }
}

function norm(x: Vector, weight: Vector, eps: number): Vector {
  let squares = 0
  for (const v of x) squares += v * v
  const scale = 1 / Math.sqrt(squares / x.length + eps)
  return x.map((v, i) => v * scale * weight[i]!)
}

function add(x: Vector, y: Vector): void {
  for (let i = 0; i < x.length; i++) x[i]! += y[i]!
}
