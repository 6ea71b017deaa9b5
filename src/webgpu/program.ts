// A model as a list of launches over fixed buffers, made once at load: what one step runs. Knows no sequence.

import type { ModelSpec } from '../model/spec.ts'
import type { Gpu, Launch } from './gpu.ts'
import type { KvCache } from './kv-cache.ts'
import { attention, partialsBytes } from './launchers/attention.ts'
import { embedding } from './launchers/embedding.ts'
import { matmul, xStride } from './launchers/matmul.ts'
import { rmsNorm } from './launchers/rms-norm.ts'
import { ropeAppend, ropeTable } from './launchers/rope-append.ts'
import type { LinearWeights, ModelWeights } from './model-weights.ts'
import type { StepData } from './step-data.ts'

export interface ProgramOptions {
  readonly spec: ModelSpec
  readonly weights: ModelWeights
  readonly cache: KvCache
  readonly step: StepData
  /** u32 [maxSequences]: the token last sampled into each slot. */
  readonly slotTokens: GPUBuffer
  readonly contextLength: number
  readonly maxRows: number
  readonly maxOutputs: number
}

export interface Program {
  readonly launches: readonly Launch[]
  /** f32 [maxOutputs, vocabSize] of the last step. */
  readonly logits: GPUBuffer
}

export function modelProgram(gpu: Gpu, options: ProgramOptions): Program {
  const { spec, weights, cache, step, slotTokens, contextLength, maxRows, maxOutputs } = options
  const { hiddenSize, intermediateSize, heads, headDim, vocabSize, rmsNormEps, rope } = spec
  const queryDim = heads * headDim
  const qkvDim = queryDim + 2 * spec.kvHeads * headDim
  const buffer = (label: string, elements: number) => gpu.createBuffer(label, elements * 4)

  // What pads a row of a product's input is never written and stays zero.
  const residual = buffer('residual', maxRows * hiddenSize)
  const normed = buffer('normed', maxRows * xStride(hiddenSize))
  const qkv = buffer('qkv', maxRows * qkvDim)
  const q = buffer('q', maxRows * queryDim)
  const attended = buffer('attended', maxRows * xStride(queryDim))
  const inner = buffer('inner', maxRows * xStride(intermediateSize))
  const outputNormed = buffer('output normed', maxOutputs * xStride(hiddenSize))
  const logits = buffer('logits', maxOutputs * vocabSize)
  const partials = gpu.createBuffer('attention partials', partialsBytes(cache, heads, cache.maxSequences))
  const ropeData = gpu.createBufferWith('rope', ropeTable(rope.inverseFrequencies, contextLength, rope.attentionFactor))

  const norm = (weight: GPUBuffer) =>
    rmsNorm(gpu, {
      hidden: hiddenSize,
      stride: xStride(hiddenSize),
      eps: rmsNormEps,
      outputs: step.outputs,
      x: residual,
      weight,
      out: normed,
    })
  const linear = (
    { matrix, bias }: LinearWeights,
    x: GPUBuffer,
    y: GPUBuffer,
    stride: number,
    epilogue: 'store' | 'add' | 'swiglu',
  ) => matmul(gpu, { matrix, bias, x, y, yStride: stride, epilogue, step: step.step })

  const launches = [
    embedding(gpu, { matrix: weights.embedding, rows: step.rows, slotTokens, out: residual }),
    ...weights.layers.map((layer, i) => [
      norm(layer.inputNorm),
      linear(layer.qkv, normed, qkv, qkvDim, 'store'),
      ropeAppend(gpu, { cache, layer: i, heads, rotaryDim: rope.rotaryDim, rows: step.rows, rope: ropeData, qkv, q }),
      attention(gpu, {
        cache,
        layer: i,
        heads,
        scale: spec.attentionScale,
        step: step.step,
        rows: step.rows,
        q,
        partials,
        out: attended,
      }),
      linear(layer.output, attended, residual, hiddenSize, 'add'),
      norm(layer.postNorm),
      linear(layer.gateUp, normed, inner, xStride(intermediateSize), 'swiglu'),
      linear(layer.down, inner, residual, hiddenSize, 'add'),
    ]),
    rmsNorm(gpu, {
      hidden: hiddenSize,
      stride: xStride(hiddenSize),
      eps: rmsNormEps,
      ofOutputs: true,
      outputs: step.outputs,
      x: residual,
      weight: weights.finalNorm,
      out: outputNormed,
    }),
    matmul(gpu, {
      matrix: weights.head,
      x: outputNormed,
      y: logits,
      yStride: vocabSize,
      epilogue: 'store',
      ofOutputs: true,
      step: step.step,
    }),
  ].flat(2)
  return { launches, logits }
}
