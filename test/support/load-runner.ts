// A runner over a model source, without engine and API: what tests of logits need. Works in a page too.

import type { Spellings } from '../../src/engine/token-constraint.ts'
import { readConfig } from '../../src/model/config.ts'
import { describeModel } from '../../src/model/registry.ts'
import type { LinearRole, ModelSpec, NormRole, TensorRole, VectorRole } from '../../src/model/spec.ts'
import { byteKernelFiles } from '../../src/webgpu/byte-kernel-sources.ts'
import type { Gpu } from '../../src/webgpu/gpu.ts'
import { type LinearWeights, loadWeights, type ModelWeights, type NormWeights } from '../../src/webgpu/model-weights.ts'
import { type PlanOptions, planRunner } from '../../src/webgpu/plan.ts'
import { WebGpuRunner } from '../../src/webgpu/runner.ts'
import { openCheckpoint } from '../../src/weights/checkpoint.ts'
import type { OnProgress } from '../../src/weights/progress.ts'
import { type ModelSource, resolveModelFiles } from '../../src/weights/source.ts'
import type { Weights } from '../reference/llama.ts'
import { matrixValues } from './matrices.ts'
import { readF32 } from './run-kernel.ts'

export interface LoadedRunner {
  readonly gpu: Gpu
  readonly spec: ModelSpec
  readonly weights: ModelWeights
  readonly runner: WebGpuRunner
}

/** Give all runners of a file one `gpu`: kernels of equal shapes are then compiled once. */
export async function loadRunner(
  gpu: Gpu,
  source: ModelSource,
  options: Partial<PlanOptions> & {
    readonly vocabulary?: Spellings
    readonly workPerSubmit?: number
    readonly onProgress?: OnProgress
  } = {},
): Promise<LoadedRunner> {
  const { weights: format = 'f32', kvCache = 'f32', vocabulary, workPerSubmit, onProgress } = options
  const files = resolveModelFiles(source)
  const spec = describeModel(await readConfig(files))
  const checkpoint = await openCheckpoint(files)
  const plan = planRunner(gpu, spec, checkpoint, { ...options, weights: format, kvCache })
  if (plan.activations === 'q8') gpu.addSources(byteKernelFiles)
  const weights = await loadWeights(gpu, spec, checkpoint, { format: plan.weightFormat, onProgress })
  const runner = new WebGpuRunner(gpu, { ...plan, spec, weights, vocabulary, workPerSubmit })
  await gpu.ready()
  return { gpu, spec, weights, runner }
}

/** Raw logits [tokens, vocabSize] of one sequence in slot 0, prefilled in chunks. */
export async function prefillLogits(
  { runner }: LoadedRunner,
  tokens: readonly number[],
  chunk = 64,
): Promise<Float32Array> {
  const blocks = Math.ceil(tokens.length / runner.blockSize)
  runner.setBlocks(
    0,
    0,
    Array.from({ length: blocks }, (_, i) => (i * 7 + 3) % runner.blockCount),
  )
  const all = new Float32Array(tokens.length * runner.vocabSize)
  for (let start = 0; start < tokens.length; start += chunk) {
    const part = tokens.slice(start, start + chunk)
    // Any targets do: they only say of which rows logits are wanted.
    const logits = await runner.logits({ decode: [], prefill: [{ slot: 0, start, tokens: part, targets: part }] })
    all.set(logits, start * runner.vocabSize)
  }
  return all
}

/** The weights as the GPU holds them, by checkpoint name: rounding and quantization included. */
export async function gpuWeights({ gpu, spec, weights }: Omit<LoadedRunner, 'runner'>): Promise<Weights> {
  const byName = new Map<string, Float64Array>()
  const put = ({ names, rows, cols = 1 }: TensorRole, values: Float64Array) => {
    let row = 0
    names.forEach((name, i) => {
      byName.set(name, values.slice(row * cols, (row + rows[i]!) * cols))
      row += rows[i]!
    })
  }
  const vector = async (role: VectorRole, buffer: GPUBuffer) => {
    const values = Float64Array.from(await readF32(gpu, buffer))
    put(
      role,
      values.map((value) => value - (role.plus ?? 0)),
    )
  }
  const norm = async (role: NormRole | undefined, held: NormWeights | undefined) => {
    if (role) await vector(role.weight, held!.weight)
    if (role?.bias) await vector(role.bias, held!.bias!)
  }
  const linear = async (role: LinearRole, { matrix, bias }: LinearWeights, block?: number) => {
    put(role.weight, await matrixValues(gpu, matrix, block))
    if (role.bias) await vector(role.bias, bias!)
  }
  put(spec.embedding, await matrixValues(gpu, weights.embedding))
  if (spec.head) put(spec.head, await matrixValues(gpu, weights.head))
  await norm(spec.finalNorm, weights.finalNorm)
  for (const [i, role] of spec.layers.entries()) {
    const layer = weights.layers[i]!
    for (const part of ['inputNorm', 'outputNorm', 'mlpNorm', 'downNorm'] as const) await norm(role[part], layer[part])
    if (role.qkNorm) await vector(role.qkNorm, layer.qkNorm!)
    await linear(role.qkv, layer.qkv)
    await linear(role.output, layer.output)
    if (role.experts) put(role.experts.router, await matrixValues(gpu, layer.router!))
    await linear(role.gateUp, layer.gateUp, role.experts && 2 * role.experts.intermediateSize)
    await linear(role.down, layer.down)
  }
  return (name) => byName.get(name)!
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (!(difference <= largest)) largest = difference // NaN too
  }
  return largest
}
