// Finds out which variant of its matrix products this device runs fastest: candidates on the model's own weights, for a row
// of decode, for several, and for rows of prefill. What fits a device best is not told by its features. Knows no step and no request.

import type { BlobStore } from '../weights/files.ts'
import { encode, type Gpu, type Launch, type StepShape, type Variant } from './gpu.ts'
import {
  type MatmulVariant,
  matmul,
  matmulVariants,
  prefillKey,
  prefillVariants,
  streamsKey,
  streamsVariants,
  tuningKey,
  xStride,
} from './launchers/matmul.ts'
import { bytesStride } from './launchers/quantize-bytes.ts'
import type { Matrix } from './matrix.ts'
import type { ModelWeights } from './model-weights.ts'
import type { ActivationFormat } from './plan.ts'
import { keepTuned, readTuned, type Tuned, tuningFile } from './tuning-store.ts'

/** What was found, for `engine.info`. */
export interface TuningReport {
  /**
   * Of each kind of matrix: the variant taken, and the milliseconds of one product by each that was tried; none where the
   * choice was known from an earlier load.
   */
  readonly choices: Readonly<
    Record<string, { readonly taken: string; readonly tried: Readonly<Record<string, number>> }>
  >
  readonly milliseconds: number
}

/** Most matrices of a kind that are timed together: several, so that no cache holds them. */
const TOGETHER = 8
/** Milliseconds that a sample should take at least: more than it takes to hear of its end. */
const SAMPLE = 4
const ROUNDS = 2
const DECODE: StepShape = { rows: 1, decodeRows: 1, outputs: 1, maxKeys: 1, pools: 0 }
const STREAMS: StepShape = { rows: 8, decodeRows: 8, outputs: 8, maxKeys: 1, pools: 0 }
const PREFILL: StepShape = { rows: 128, decodeRows: 0, outputs: 1, maxKeys: 128, pools: 0 }

/** Variants that do the same. */
interface Contest {
  readonly key: string
  readonly matrices: readonly Matrix[]
  readonly variants: readonly MatmulVariant[]
  readonly shape: StepShape
}

export interface AutotuneOptions {
  /** About how many milliseconds it may take, compiling aside; 300 unless given. */
  readonly budget?: number
  readonly activations?: ActivationFormat
  /** Where choices are kept between loads; nowhere unless given. */
  readonly store?: BlobStore
}

export interface Tuner {
  /** Leaves in `gpu.tuned` what need not be timed, by an earlier load. The weights' shapes will do. */
  recall(weights: ModelWeights): void
  /**
   * Leaves the fastest variants in `gpu.tuned`, for launchers made later; kinds whose turn has not come within the budget keep
   * the usual variant.
   */
  tune(weights: ModelWeights): Promise<TuningReport>
}

/** What is kept counts for the kernels that the device has by now. */
export async function tunerFor(gpu: Gpu, options: AutotuneOptions = {}): Promise<Tuner> {
  const { store, activations = 'f32' } = options
  const file = store && (await tuningFile(gpu.device, gpu.sources))
  const known = file ? await readTuned(store, file) : new Map()
  return {
    recall(weights) {
      take(gpu, contestsOf(gpu, weights, activations), known)
      take(gpu, contestsOfStreams(gpu, weights), known)
    },
    async tune(weights) {
      const report = await timeVariants(gpu, weights, options, known)
      const timed = Object.values(report.choices).some(({ tried }) => Object.keys(tried).length > 0)
      if (file && timed) await keepTuned(store, file, gpu.tuned)
      return report
    },
  }
}

/** All at once, where there are weights. */
export const autotune = async (gpu: Gpu, weights: ModelWeights, options?: AutotuneOptions): Promise<TuningReport> =>
  (await tunerFor(gpu, options)).tune(weights)

async function timeVariants(
  gpu: Gpu,
  weights: ModelWeights,
  { budget = 300, activations = 'f32' }: AutotuneOptions,
  known: Tuned,
): Promise<TuningReport> {
  const one = await hold(gpu, contestsOf(gpu, weights, activations), { budget, activations, known })
  const left = { budget: budget - one.milliseconds, activations, known }
  const several = await hold(gpu, contestsOfStreams(gpu, weights), left)
  return {
    choices: { ...one.choices, ...several.choices },
    milliseconds: one.milliseconds + several.milliseconds,
  }
}

type Choices = Record<string, { taken: string; tried: Record<string, number> }>

/** Takes what is known, and tells what is not. */
function take(gpu: Gpu, contests: readonly Contest[], known: Tuned): { choices: Choices; open: Contest[] } {
  const choices: Choices = {}
  const open: Contest[] = []
  for (const contest of contests) {
    const choice = known.get(contest.key)
    const taken = contest.variants.find((variant) => choice && nameOf(variant) === nameOf(choice))
    if (!taken) {
      open.push(contest)
      continue
    }
    gpu.tuned.set(contest.key, taken)
    choices[contest.key] = { taken: nameOf(taken), tried: {} }
  }
  return { choices, open }
}

async function hold(
  gpu: Gpu,
  contests: readonly Contest[],
  { budget, activations, known }: { budget: number; activations: ActivationFormat; known: Tuned },
): Promise<TuningReport> {
  const { choices, open } = take(gpu, contests, known)
  if (open.length === 0) return { choices, milliseconds: 0 }
  return gpu.temporarily(async () => {
    const { UNIFORM, COPY_DST } = GPUBufferUsage
    const all = open.flatMap(({ matrices, shape }) => matrices.map((matrix) => ({ ...matrix, count: shape.rows })))
    const most = (elements: (of: (typeof all)[number]) => number) => Math.max(...all.map(elements)) * 4
    const x = gpu.createBuffer(
      'x',
      most(({ cols, count }) => xStride(cols) * count),
    )
    const y = gpu.createBuffer(
      'y',
      most(({ rows, count }) => rows * count),
    )
    const bytes = most(({ cols, count }) => bytesStride(cols) * count)
    const quantized = activations === 'q8' ? gpu.createBuffer('quantized', bytes) : undefined
    const launchesOf = ({ matrices, shape }: Contest, variant: MatmulVariant): Launch[] => {
      const words = Uint32Array.of(shape.rows, shape.decodeRows, shape.outputs, shape.maxKeys)
      const step = gpu.createBufferWith('step', words, UNIFORM | COPY_DST)
      return matrices.flatMap((matrix) =>
        matmul(gpu, {
          matrix,
          epilogue: matrix.paired ? 'swiglu' : 'store',
          ...variant,
          minRows: shape.decodeRows,
          maxRows: Math.max(1, shape.decodeRows),
          step,
          x,
          y,
          yStride: matrix.rows,
          quantized,
        }),
      )
    }
    const candidates = open.map((contest) => ({
      ...contest,
      launches: contest.variants.map((variant) => launchesOf(contest, variant)),
    }))
    await gpu.ready()
    const start = performance.now()
    for (const { key, matrices, variants, launches, shape } of candidates) {
      if (performance.now() - start > budget) break
      const best = variants.map(() => Infinity)
      const once = await time(gpu, launches[0]!, shape, 1) // clocks rise meanwhile
      const repeats = Math.max(1, Math.ceil(SAMPLE / once))
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, those] of launches.entries())
          best[i] = Math.min(best[i]!, (await time(gpu, those, shape, repeats)) / repeats / matrices.length)
      const fastest = best.indexOf(Math.min(...best))
      gpu.tuned.set(key, variants[fastest]!)
      choices[key] = {
        taken: nameOf(variants[fastest]!),
        tried: Object.fromEntries(variants.map((variant, i) => [nameOf(variant), best[i]!])),
      }
    }
    return { choices, milliseconds: performance.now() - start }
  })
}

/** Of each kind of matrix: rows of decode read many of it in turn, rows of prefill multiply more than they read. */
function contestsOf(gpu: Gpu, weights: ModelWeights, activations: ActivationFormat): Contest[] {
  const kinds = kindsOf(weights)
  const decode = [...kinds].map(([key, matrices]) => {
    return { key, matrices, variants: matmulVariants(gpu, matrices[0]!, activations), shape: DECODE }
  })
  const prefill = [...kinds.values()].flatMap(([matrix]) => {
    const variants = matrix === weights.head ? [] : prefillVariants(gpu, matrix!, activations)
    return variants.length === 0 ? [] : [{ key: prefillKey(matrix!), matrices: [matrix!], variants, shape: PREFILL }]
  })
  return [...decode, ...prefill]
}

/** After those of one row, whose outcome they go by. */
function contestsOfStreams(gpu: Gpu, weights: ModelWeights): Contest[] {
  return [...kindsOf(weights).values()].map((matrices) => ({
    key: streamsKey(matrices[0]!),
    matrices,
    variants: streamsVariants(gpu, matrices[0]!),
    shape: STREAMS,
  }))
}

function kindsOf(weights: ModelWeights): Map<string, Matrix[]> {
  const kinds = new Map<string, Matrix[]>()
  for (const matrix of productsOf(weights)) {
    const alike = kinds.get(tuningKey(matrix)) ?? []
    kinds.set(tuningKey(matrix), alike)
    if (alike.length < TOGETHER) alike.push(matrix)
  }
  return kinds
}

const nameOf = ({ kernels, width, tile }: Variant) => `${kernels} ${width}${tile ? ` by ${tile}` : ''}`

/** Experts are read by kernels of their own. */
function productsOf({ layers, head }: ModelWeights): Matrix[] {
  return [
    ...layers.flatMap(({ qkv, output, gateUp, down, router }) =>
      [qkv, output, ...(router ? [] : [gateUp, down])].map(({ matrix }) => matrix),
    ),
    head,
  ]
}

async function time({ device }: Gpu, launches: readonly Launch[], shape: StepShape, repeats: number): Promise<number> {
  const encoder = device.createCommandEncoder({ label: 'autotune' })
  const pass = encoder.beginComputePass({ label: 'autotune' })
  for (let i = 0; i < repeats; i++) encode(pass, launches, shape)
  pass.end()
  const start = performance.now()
  device.queue.submit([encoder.finish()])
  await device.queue.onSubmittedWorkDone()
  return performance.now() - start
}
