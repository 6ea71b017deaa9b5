// A model as a list of launches over fixed buffers, made once at load: what one step runs. Knows no sequence.

import { type ExpertsRole, frequenciesFor, type ModelSpec, type RopeSpec } from '../model/spec.ts'
import type { Gpu, Launch, StepShape } from './gpu.ts'
import type { KvCache } from './kv-cache.ts'
import { attention, partialsBytes, rotates } from './launchers/attention.ts'
import { embedding } from './launchers/embedding.ts'
import { CHOICE_WORDS, expertsDown, expertsGateUp, route } from './launchers/experts.ts'
import { type InputNorm, type NextNorm, squareStride } from './launchers/fused-norm.ts'
import { logitsStride } from './launchers/logits-edit.ts'
import { type Matmul, matmul, xStride } from './launchers/matmul.ts'
import { type Norm, norm } from './launchers/norm.ts'
import { pool } from './launchers/pool.ts'
import { qkNorm } from './launchers/qk-norm.ts'
import { bytesStride } from './launchers/quantize-bytes.ts'
import { type Rotation, ropeAppend, ropeTable } from './launchers/rope-append.ts'
import type { Matrix } from './matrix.ts'
import type { LayerWeights, LinearWeights, ModelWeights, NormWeights } from './model-weights.ts'
import type { ActivationFormat } from './plan.ts'
import type { StepData } from './step-data.ts'

export interface ProgramOptions {
  readonly spec: ModelSpec
  readonly weights: ModelWeights
  readonly cache: KvCache
  readonly step: StepData
  /** u32 [maxSequences]: the token last sampled into each slot. */
  readonly slotTokens: GPUBuffer
  readonly activations: ActivationFormat
  readonly contextLength: number
  readonly maxRows: number
  readonly maxOutputs: number
}

/** What a program is made by; others may stand in, to see what it asks of them. */
export const launchers = {
  embedding,
  norm,
  matmul,
  qkNorm,
  ropeAppend,
  attention,
  route,
  expertsGateUp,
  expertsDown,
  pool,
}
export type Launchers = typeof launchers

export interface Program {
  readonly launches: readonly Launch[]
  /** f32 [maxOutputs, logitsStride(vocabSize)] of the last step. */
  readonly logits: GPUBuffer
  /** f32 [maxSequences, hiddenSize]: what the slots' steps pooled. */
  readonly pooled: GPUBuffer
}

export function modelProgram(gpu: Gpu, options: ProgramOptions, make: Launchers = launchers): Program {
  const { spec, weights, cache, step, slotTokens, activations, contextLength, maxRows, maxOutputs } = options
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim, vocabSize, residualScale } = spec
  const queryDim = heads * headDim
  const kvDim = kvHeads * headDim
  const qkvDim = queryDim + 2 * kvDim
  const stride = xStride(hiddenSize)
  const buffer = (label: string, elements: number) => gpu.createBuffer(label, elements * 4)

  // What pads a row of a product's input is never written and stays zero.
  const residual = buffer('residual', maxRows * stride)
  const normed = buffer('normed', maxRows * stride)
  const squares = buffer('squares', maxRows * squareStride(hiddenSize))
  const qkv = buffer('qkv', maxRows * qkvDim)
  const q = buffer('q', maxRows * queryDim)
  const attended = buffer('attended', maxRows * xStride(queryDim))
  const inner = buffer('inner', maxRows * xStride(intermediateSize))
  const widest = Math.max(hiddenSize, queryDim, intermediateSize)
  /** What goes into the product that runs. */
  const quantized =
    activations === 'q8' ? buffer('quantized', Math.max(maxRows, maxOutputs) * bytesStride(widest)) : undefined
  // What experts are: alike in all layers that have some.
  const experts = spec.layers.find((layer) => layer.experts)?.experts
  const perRow = experts ? experts.chosen * xStride(experts.intermediateSize) : 0
  const scores = buffer('expert scores', experts ? maxRows * experts.count : 0)
  const choices = buffer('expert choices', experts ? maxRows * experts.chosen * CHOICE_WORDS : 0)
  const expertsInner = buffer('experts inner', maxRows * perRow)
  const outputNormed = buffer('output normed', maxOutputs * stride)
  const logits = buffer('logits', maxOutputs * logitsStride(vocabSize))
  const pooled = buffer('pooled', cache.maxSequences * hiddenSize)
  const partials = gpu.createBuffer('attention partials', partialsBytes(cache, heads, cache.maxSequences))
  const ropes = new Map<RopeSpec | undefined, GPUBuffer>()
  for (const { rope } of spec.layers)
    if (!ropes.has(rope)) {
      const table = rope && ropeTable(frequenciesFor(rope, contextLength), contextLength, rope.attentionFactor)
      ropes.set(rope, gpu.createBufferWith('rope', table ?? new Float32Array(4)))
    }

  const norm = (
    { weight, bias }: NormWeights,
    x: GPUBuffer,
    out: GPUBuffer,
    more?: Pick<Norm, 'added' | 'ofOutputs'>,
  ) =>
    make.norm(gpu, {
      kind: spec.normKind,
      hidden: hiddenSize,
      stride,
      eps: spec.normEps,
      outputs: step.outputs,
      x,
      weight,
      bias,
      out,
      ...more,
    })
  const linear = (
    { matrix, bias }: LinearWeights,
    x: GPUBuffer,
    y: GPUBuffer,
    yStride: number,
    epilogue: Matmul['epilogue'],
    more?: Pick<Matmul, 'scale' | 'input' | 'next'>,
  ) => make.matmul(gpu, { matrix, bias, x, y, yStride, epilogue, quantized, step: step.step, ...more })
  /** How the residual stream is handed over to a norm that needs no launch of its own; undefined where it needs one. */
  const fused = (next: NormWeights | undefined): NextNorm | undefined =>
    next && !next.bias && spec.normKind === 'rms'
      ? { weight: next.weight, size: hiddenSize, normed, stride, squares }
      : undefined
  const handedOver: InputNorm = { size: hiddenSize, eps: spec.normEps, squares }
  /** A product added to the residual stream, normalised before where the layer says so. */
  const contribution = (weights: LinearWeights, x: GPUBuffer, after: NormWeights | undefined, next?: NextNorm) =>
    after
      ? [...linear(weights, x, normed, stride, 'store'), norm(after, normed, residual, { added: residualScale ?? 1 })]
      : linear(weights, x, residual, stride, 'add', { scale: residualScale, next })
  const gated = ({ 'gelu-tanh': 'geglu', silu: 'swiglu' } as const)[spec.activation]

  const mlp = ({ gateUp, down, downNorm }: LayerWeights, x: GPUBuffer, input?: InputNorm, next?: NextNorm) => [
    ...linear(gateUp, x, inner, xStride(intermediateSize), gated, { input }),
    ...contribution(down, inner, downNorm, next),
  ]
  const mlpOfExperts = (
    { gateUp, down }: LayerWeights,
    router: Matrix,
    { count, chosen, normalised, intermediateSize }: ExpertsRole,
    x: GPUBuffer,
  ) => {
    const shared = { count, chosen, choices, step: step.step }
    return [
      ...make.matmul(gpu, { matrix: router, x, y: scores, yStride: count, epilogue: 'store', step: step.step }),
      make.route(gpu, { count, chosen, normalised, scores, choices }),
      ...make.expertsGateUp(gpu, {
        ...shared,
        matrix: gateUp.matrix,
        activation: gated,
        x,
        y: expertsInner,
        yStride: xStride(intermediateSize),
      }),
      ...make.expertsDown(gpu, {
        ...shared,
        matrix: down.matrix,
        scale: residualScale,
        x: expertsInner,
        y: residual,
        yStride: stride,
      }),
    ]
  }

  /** Whether a layer's last change of the residual stream can be fused with the norm after it. */
  const handsOver = (i: number) => !spec.layers[i]!.downNorm && !spec.layers[i]!.experts

  const rotated = rotates(gpu)
  const layer = (weights: LayerWeights, i: number): Launch[] => {
    const { rope, window, qkNorm: qkNormRole, experts } = spec.layers[i]!
    const { inputNorm, mlpNorm } = weights
    const mlpX = mlpNorm || spec.parallel ? normed : residual
    const input = fused(inputNorm) && (i === 0 || handsOver(i - 1)) ? handedOver : undefined
    // After the last layer for nobody, so that its kernel is that of the others.
    const next = handsOver(i)
      ? fused((options.weights.layers[i + 1] ?? options.weights.layers[0]!).inputNorm)
      : undefined
    const mlpNext = weights.outputNorm || experts ? undefined : fused(mlpNorm)
    // A parallel layer's gate and up read what attention read.
    const mlpInput = mlpNext ? handedOver : spec.parallel ? input : undefined
    const rotation: Rotation = {
      rotaryDim: rope?.rotaryDim ?? 0,
      interleaved: rope?.interleaved,
      rope: ropes.get(rope)!,
      qkv,
    }
    return [
      ...(inputNorm && !input ? [norm(inputNorm, residual, normed)] : []),
      ...linear(weights.qkv, inputNorm ? normed : residual, qkv, qkvDim, 'store', { input }),
      ...(weights.qkNorm
        ? [
            make.qkNorm(gpu, {
              queries: queryDim,
              keys: kvDim,
              sizes: qkNormRole!.rows as [number, number],
              eps: spec.normEps,
              weight: weights.qkNorm,
              qkv,
            }),
          ]
        : []),
      make.ropeAppend(gpu, {
        cache,
        layer: i,
        heads,
        ...rotation,
        step: step.step,
        rows: step.rows,
        q,
        ofPrefill: rotated,
      }),
      ...make.attention(gpu, {
        cache,
        layer: i,
        heads,
        scale: spec.attentionScale,
        softcap: spec.attentionSoftcap,
        window,
        step: step.step,
        rows: step.rows,
        q,
        raw: rotated ? rotation : undefined,
        partials,
        out: attended,
      }),
      ...contribution(weights.output, attended, weights.outputNorm, mlpNext),
      ...(mlpNorm && !mlpNext ? [norm(mlpNorm, residual, normed)] : []),
      ...(experts ? mlpOfExperts(weights, weights.router!, experts, mlpX) : mlp(weights, mlpX, mlpInput, next)),
    ]
  }
  const statesNorm = norm(weights.finalNorm, residual, normed)
  const launches = [
    ...make.embedding(gpu, {
      matrix: weights.embedding,
      rows: step.rows,
      slotTokens,
      scale: spec.embeddingScale,
      stride,
      out: residual,
      next: fused(weights.layers[0]?.inputNorm),
    }),
    ...weights.layers.flatMap(layer),
    { ...statesNorm, workgroups: (step: StepShape) => (step.pools > 0 ? statesNorm.workgroups(step) : undefined) },
    make.pool(gpu, { hidden: hiddenSize, stride, pools: step.pools, x: normed, pooled }),
    norm(weights.finalNorm, residual, outputNormed, { ofOutputs: true }),
    ...make.matmul(gpu, {
      matrix: weights.head,
      x: outputNormed,
      y: logits,
      yStride: logitsStride(vocabSize),
      bests: true,
      epilogue: 'store',
      scale: spec.logitScale,
      softcap: spec.logitSoftcap,
      ofOutputs: true,
      quantized,
      step: step.step,
    }),
  ]
  return { launches, logits, pooled }
}
