// Launcher of kernels/matmul-*.wgsl: y = x · Wᵀ with an epilogue, for every number of rows of x.

import { groupsOf, weightLayouts } from '../../weights/layouts.ts'
import type { Bindable, Gpu, Launch, StepShape, Workgroups } from '../gpu.ts'
import { type Matrix, type MatrixPart, partBuffers, partConstants } from '../matrix.ts'
import type { ActivationFormat } from '../plan.ts'
import { componentFor, linkSubgroupMatrices } from '../subgroup-matrices.ts'
import type { Constants, Variants } from '../wgsl-link.ts'
import { type InputNorm, linkBests, linkInput, linkNext, type NextNorm } from './fused-norm.ts'
import { quantizeBytes } from './quantize-bytes.ts'

export interface Matmul {
  readonly matrix: Matrix
  /** y = product, y += product, or y = silu(gate) * up or gelu(gate) * up of a paired matrix. */
  readonly epilogue: 'store' | 'add' | 'swiglu' | 'geglu'
  /** Multiplies the product, for `store` and `add`; 1 unless given. */
  readonly scale?: number
  /** For `store`: results go through softcap * tanh(result / softcap). Left out: they do not. */
  readonly softcap?: number
  /** The step's uniform. */
  readonly step: Bindable
  /** [rows, cols rounded up to 32] f32; the pads are zero. */
  readonly x: Bindable
  readonly y: Bindable
  /** Elements a row of y. */
  readonly yStride: number
  /** [matrix.rows] f32, in logical order. */
  readonly bias?: Bindable
  /** x has a row for each output of the step, else for each row. */
  readonly ofOutputs?: boolean
  /** x comes handed over and is still to be divided by its rows' root mean squares. */
  readonly input?: InputNorm
  /** For `add`: hands y over to the RMS norm that comes next. */
  readonly next?: NextNorm
  /** For `store`: behind the elements of a row of y, leaves the best of every four of them there too, as sampling wants it. */
  readonly bests?: boolean
  /**
   * Where the matrix is q8 or q4: x is rounded to bytes here first, u32 [rows, bytesStride(cols)], and multiplied as integers.
   * The device needs byteKernelFiles for it.
   */
  readonly quantized?: Bindable
  /** Fewest and most rows x will have, where that is known: other tiles are not compiled then. */
  readonly minRows?: number
  readonly maxRows?: number
  /**
   * 'tall': a thread a few results, for software adapters. 'wide': workgroups that work together, for GPUs: one kernel for
   * rows of decode and outputs, one for rows of prefill. 'subgroups': the same, with rows of decode and outputs added up by
   * subgroups; the device needs these. 'halves': as 'wide' with products of q8 and q4 in f16, eight at a time;
   * the device needs shader-f16 and halfKernelFiles. 'matrices': rows of decode and outputs as with 'wide', rows
   * of prefill by subgroup matrices; the device needs some for the format, and matrixKernelFiles. 'mixed': rows of decode and
   * outputs as with 'tall', rows of prefill as with 'wide'. In all, a row's result depends on no other row. By the device unless
   * given.
   */
  readonly kernels?: MatmulVariant['kernels']
  /** Threads of a workgroup, a multiple of 8: of all products with 'tall', of those of few rows with the others. */
  readonly width?: number
  /** Most rows of x that share one reading of the weights, where rows of prefill have no kernel of their own: 4 or 8. */
  readonly tile?: number
}

export interface MatmulVariant {
  readonly kernels: 'tall' | 'wide' | 'subgroups' | 'halves' | 'matrices' | 'mixed'
  readonly width: number
  readonly tile?: number
}

/** What decides which variant is fastest: matrices with the same key share one in `gpu.tuned`. */
export const tuningKey = ({ format, rows, cols, paired }: Matrix) =>
  `${format} ${rows}x${cols}${paired ? ' paired' : ''}`

/** The same of rows of prefill, where these have a kernel of their own. */
export const prefillKey = (matrix: Matrix) => `${tuningKey(matrix)} prefill`

/** The same of several rows of decode. */
export const streamsKey = (matrix: Matrix) => `${tuningKey(matrix)} streams`

/** Those worth trying, the usual one first. */
export function matmulVariants(gpu: Gpu, matrix: Matrix, activations: ActivationFormat = 'f32'): MatmulVariant[] {
  const usual = usualVariant(gpu, matrix)
  const widths = usual.kernels === 'tall' ? [8, 16, 32] : [32, 64, 96] // 16 KiB of workgroup memory hold no more
  const others = widths.filter((width) => width !== usual.width).map((width) => ({ ...usual, width }))
  if (usual.kernels === 'tall') return [usual, ...others]
  const subgroups =
    gpu.has('subgroups') && trusted(gpu, 'subgroups') ? [{ ...usual, kernels: 'subgroups' } as const] : []
  const halves = canHalve(gpu, matrix, activations) ? [{ ...usual, kernels: 'halves' } as const] : []
  return [usual, ...others, ...subgroups, ...halves, { kernels: 'mixed', width: 32 }]
}

/** The same for rows of prefill; none where there is nothing to choose from. */
export function prefillVariants(gpu: Gpu, matrix: Matrix, activations: ActivationFormat = 'f32'): MatmulVariant[] {
  const usual = usualVariant(gpu, matrix)
  if (usual.kernels !== 'wide') return []
  const others: MatmulVariant['kernels'][] = [
    ...(canHalve(gpu, matrix, activations) ? (['halves'] as const) : []),
    ...(canUseMatrices(gpu, matrix, activations) ? (['matrices'] as const) : []),
  ]
  return others.length > 0 ? [usual, ...others.map((kernels) => ({ ...usual, kernels }))] : []
}

/** The same for several rows of decode: however one is multiplied, so that the results are the same. */
export function streamsVariants(gpu: Gpu, matrix: Matrix): MatmulVariant[] {
  const one = tunedVariant(gpu, matrix) ?? usualVariant(gpu, matrix)
  return [one, { ...one, tile: 8 }]
}

const canHalve = (gpu: Gpu, { format }: Matrix, activations: ActivationFormat) =>
  gpu.has('shader-f16') && weightLayouts[format].top !== undefined && activations === 'f32'

const canUseMatrices = (gpu: Gpu, { format }: Matrix, activations: ActivationFormat) =>
  trusted(gpu, 'matrices') &&
  componentFor(gpu.subgroupMatrices, format) !== undefined &&
  (weightLayouts[format].top === undefined || activations === 'f32')

const usualWidth = (kernels: MatmulVariant['kernels'], { rows, cols }: Matrix) =>
  kernels === 'tall' || kernels === 'mixed'
    ? rows < 2048
      ? 8 // few threads: small workgroups spread better over the cores
      : 16
    : groupsOf(cols) * 4 <= 96
      ? 32 // lanes take octets of K in turn: few enough that most have one in the last turn too
      : 64

const KERNELS: Readonly<Record<MatmulVariant['kernels'], readonly string[]>> = {
  tall: ['matmul-tall'],
  wide: ['matvec-wide', 'matmul-tiled', 'matmul-tiled-bytes'],
  subgroups: ['matvec-subgroups', 'matmul-tiled', 'matmul-tiled-bytes'],
  halves: ['matvec-halves', 'matmul-tiled-halves'],
  matrices: ['matvec-wide', 'matmul-matrices', 'matmul-matrices-sized'],
  mixed: ['matmul-tall', 'matmul-tiled', 'matmul-tiled-bytes'],
}
const trusted = (gpu: Gpu, kernels: MatmulVariant['kernels']) => gpu.trusts(...KERNELS[kernels])

function usualVariant(gpu: Gpu, matrix: Matrix): MatmulVariant {
  const kernels = gpu.software || !trusted(gpu, 'wide') ? 'tall' : 'wide'
  return { kernels, width: usualWidth(kernels, matrix) }
}

function tunedVariant(gpu: Gpu, matrix: Matrix, key = tuningKey(matrix)): MatmulVariant | undefined {
  const tuned = gpu.tuned.get(key) as MatmulVariant | undefined
  return tuned && trusted(gpu, tuned.kernels) ? tuned : undefined
}

/** As asked for, else as tuned where that is trusted, else as usual. */
export function variantFor(gpu: Gpu, { matrix, kernels, width, tile }: Matmul, key = tuningKey(matrix)): MatmulVariant {
  if (kernels) return { kernels, width: width ?? usualWidth(kernels, matrix), tile }
  return tunedVariant(gpu, matrix, key) ?? usualVariant(gpu, matrix)
}

/** Whether terms of products are rounded to f16. */
export const isInHalves = ({ subgroupMatrices }: Gpu, { format }: Matrix, { kernels }: MatmulVariant) =>
  kernels === 'halves' || (kernels === 'matrices' && componentFor(subgroupMatrices, format) === 'f16')

/** Rows of x that share one reading of the weights, by how many there are. */
const TILES = [1, 2, 4, 8] as const
/** Rows of the weights a thread ('tall') or a workgroup (`matvec-wide`) makes. */
const ROWS = 8
/** Rows of the weights, and of x, a workgroup of `matmul-tiled` makes; of x where it is bytes. */
const TILE = 64
const TILE_OF_BYTES = 32

/** Of x, in lib/x-*.wgsl. */
const FORMS: Readonly<Record<string, string>> = { 'matmul-quad': 'quads', 'matvec-halves': 'halves' }

/** Of so many rows, in tiles of `most`. */
const tileFor = (rows: number, most: number) => TILES.find((tile) => rows <= tile || tile === most)!

/** In a step, all launches but those for its numbers of rows leave themselves out. */
export function matmul(gpu: Gpu, op: Matmul): Launch[] {
  const { matrix, epilogue, step, y, yStride, bias, ofOutputs = false, minRows = 1, maxRows = Infinity } = op
  const quantized = weightLayouts[matrix.format].top ? op.quantized : undefined
  const x = quantized ?? op.x
  const { kernels, width } = variantFor(gpu, op)
  const { tile: most = 4 } = variantFor(gpu, op, streamsKey(matrix))
  const input = linkInput(op.input)
  const next = op.bests ? linkBests(matrix.rows) : linkNext(op.next)
  const gated = epilogue === 'swiglu' || epilogue === 'geglu'
  if (gated !== matrix.paired)
    throw new Error(
      `Cannot launch matmul: epilogue ${epilogue} with a matrix that is ${matrix.paired ? '' : 'not '}paired`,
    )
  const launch = (
    name: string,
    part: MatrixPart,
    constants: Constants,
    workgroups: Launch['workgroups'],
    variants: Variants = {},
  ) => {
    const form = quantized ? 'bytes' : (FORMS[name] ?? 'floats')
    const dot = gpu.packedDot && gpu.trusts(name) ? 'packed' : 'plain'
    const kernel = gpu.kernel(
      name,
      { weights: matrix.format, epilogue, x: form, dot, ...input.variants, ...next.variants, ...variants },
      {
        ...partConstants(matrix, part),
        ...(gated && { MATRIX_ROWS: matrix.rows }),
        FIRST: part.firstRow,
        Y_STRIDE: yStride,
        BIASED: bias !== undefined,
        ...(op.scale !== undefined && { Y_SCALE: op.scale }),
        ...(op.softcap !== undefined && { Y_SOFTCAP: op.softcap }),
        ...input.constants,
        ...next.constants,
        ...constants,
      },
    )
    const buffers = { ...partBuffers(part), step, x, y, bias: bias ?? x, ...input.buffers, ...next.buffers }
    return gpu.launch(kernel, buffers, workgroups)
  }
  /** A launch for each tile, of so many workgroups for so many tiles. */
  const byTile = (
    name: string,
    part: MatrixPart,
    grid: (tiles: number) => Workgroups,
    rowsOf: (shape: StepShape) => number,
    more = {},
  ) =>
    TILES.filter((tile) => tile >= tileFor(minRows, most) && tile <= tileFor(maxRows, most)).map((tile) =>
      launch(name, part, { TILE: tile, WIDTH: width, OF_OUTPUTS: ofOutputs, ...more }, (shape) => {
        const rows = ofOutputs ? shape.outputs : rowsOf(shape)
        return tileFor(rows, most) === tile ? grid(Math.ceil(rows / tile)) : undefined
      }),
    )
  const alone = (part: MatrixPart) => {
    const name = !quantized && gpu.has('subgroups') && gpu.trusts('matmul-quad') ? 'matmul-quad' : 'matmul-tall'
    const grid = (tiles: number): Workgroups => [Math.ceil(part.rows / (ROWS * width)), tiles]
    return kernels === 'tall'
      ? byTile(name, part, grid, ({ rows }) => rows)
      : byTile(name, part, grid, ({ decodeRows }) => decodeRows, { OF_DECODE: true })
  }
  const together = (part: MatrixPart) => {
    const name = kernels === 'halves' || kernels === 'subgroups' ? `matvec-${kernels}` : 'matvec-wide'
    return byTile(
      name,
      part,
      (tiles) => [tiles, Math.ceil(part.rows / ROWS)],
      ({ decodeRows }) => decodeRows,
    )
  }
  const tiled = (part: MatrixPart) => {
    const { kernels } = variantFor(gpu, op, prefillKey(matrix))
    const tile = quantized ? TILE_OF_BYTES : TILE
    const grid = ({ rows, decodeRows }: StepShape): Workgroups | undefined =>
      rows > decodeRows ? [Math.ceil(part.rows / TILE), Math.ceil((rows - decodeRows) / tile)] : undefined
    if (quantized) return launch('matmul-tiled-bytes', part, {}, grid)
    if (kernels === 'halves') return launch('matmul-tiled-halves', part, {}, grid)
    if (kernels !== 'matrices') return launch('matmul-tiled', part, {}, grid)
    const { name, variants, constants } = linkSubgroupMatrices(gpu.subgroupMatrices, matrix.format)
    return launch(name, part, constants, grid, variants)
  }
  const products = matrix.parts.flatMap((part) => [
    ...(kernels === 'tall' || kernels === 'mixed' ? alone(part) : together(part)),
    ...(kernels === 'tall' || ofOutputs ? [] : [tiled(part)]),
  ])
  if (!quantized) return products
  return [quantizeBytes(gpu, { cols: matrix.cols, x: op.x, quantized, ofOutputs }), ...products]
}

/** Elements a row of x needs for a matrix of `cols`. */
export const xStride = (cols: number) => groupsOf(cols) * 32
