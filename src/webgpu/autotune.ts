// Finds out which variant of its matrix products this device runs fastest: candidates on the model's own weights, a row of
// decode each. What fits a device best is not told by its features. Knows no step and no request.

import { encode, type Gpu, type Launch } from './gpu.ts'
import { type MatmulVariant, matmul, matmulVariants, tuningKey, xStride } from './launchers/matmul.ts'
import type { Matrix } from './matrix.ts'
import type { ModelWeights } from './model-weights.ts'

/** What was found, for `engine.info`. */
export interface TuningReport {
  /** Of each kind of matrix: the variant taken, and the milliseconds of one product by each that was tried. */
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
const ONE_ROW = { rows: 1, decodeRows: 1, outputs: 1, maxKeys: 1, pools: 0 }

/**
 * Leaves the fastest variants in `gpu.tuned`, for launchers made later. Compiling aside, it takes about `budget`
 * milliseconds; kinds whose turn has not come by then keep the usual variant.
 */
export async function autotune(gpu: Gpu, weights: ModelWeights, budget = 300): Promise<TuningReport> {
  const kinds = new Map<string, Matrix[]>()
  for (const matrix of productsOf(weights)) {
    const alike = kinds.get(tuningKey(matrix)) ?? []
    kinds.set(tuningKey(matrix), alike)
    if (alike.length < TOGETHER) alike.push(matrix)
  }
  return gpu.temporarily(async () => {
    const { UNIFORM, COPY_DST } = GPUBufferUsage
    const step = gpu.createBufferWith('step', Uint32Array.of(1, 1, 1, 1), UNIFORM | COPY_DST)
    const all = [...kinds.values()].flat()
    const x = gpu.createBuffer('x', Math.max(...all.map(({ cols }) => xStride(cols))) * 4)
    const y = gpu.createBuffer('y', Math.max(...all.map(({ rows }) => rows)) * 4)
    const launchesOf = (matrices: readonly Matrix[], variant: MatmulVariant): Launch[] =>
      matrices.flatMap((matrix) =>
        matmul(gpu, {
          matrix,
          epilogue: matrix.paired ? 'swiglu' : 'store',
          ...variant,
          maxRows: 1,
          step,
          x,
          y,
          yStride: matrix.rows,
        }),
      )
    const candidates = [...kinds].map(([key, matrices]) => ({
      key,
      matrices,
      variants: matmulVariants(gpu, matrices[0]!).map((variant) => ({
        variant,
        launches: launchesOf(matrices, variant),
      })),
    }))
    await gpu.ready()
    const start = performance.now()
    const choices: Record<string, { taken: string; tried: Record<string, number> }> = {}
    for (const { key, matrices, variants } of candidates) {
      if (performance.now() - start > budget) break
      const best = variants.map(() => Infinity)
      const once = await time(gpu, variants[0]!.launches, 1) // clocks rise meanwhile
      const repeats = Math.max(1, Math.ceil(SAMPLE / once))
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, { launches }] of variants.entries())
          best[i] = Math.min(best[i]!, (await time(gpu, launches, repeats)) / repeats / matrices.length)
      const fastest = best.indexOf(Math.min(...best))
      gpu.tuned.set(key, variants[fastest]!.variant)
      const tried = Object.fromEntries(variants.map(({ variant }, i) => [nameOf(variant), best[i]!]))
      choices[key] = { taken: nameOf(variants[fastest]!.variant), tried }
    }
    return { choices, milliseconds: performance.now() - start }
  })
}

const nameOf = ({ kernels, width }: MatmulVariant) => `${kernels} ${width}`

/** Experts are read by kernels of their own. */
function productsOf({ layers, head }: ModelWeights): Matrix[] {
  return [
    ...layers.flatMap(({ qkv, output, gateUp, down, router }) =>
      [qkv, output, ...(router ? [] : [gateUp, down])].map(({ matrix }) => matrix),
    ),
    head,
  ]
}

async function time({ device }: Gpu, launches: readonly Launch[], repeats: number): Promise<number> {
  const encoder = device.createCommandEncoder({ label: 'autotune' })
  const pass = encoder.beginComputePass({ label: 'autotune' })
  for (let i = 0; i < repeats; i++) encode(pass, launches, ONE_ROW)
  pass.end()
  const start = performance.now()
  device.queue.submit([encoder.finish()])
  await device.queue.onSubmittedWorkDone()
  return performance.now() - start
}
