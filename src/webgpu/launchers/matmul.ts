// Launcher of kernels/matmul-*.wgsl: y = x · Wᵀ with an epilogue, for every number of rows of x.

import { groupsOf } from '../../weights/layouts.ts'
import type { Bindable, Gpu, Launch, StepShape } from '../gpu.ts'
import { type Matrix, type MatrixPart, partBuffers, partConstants } from '../matrix.ts'
import type { Constants } from '../wgsl-link.ts'
import { type InputNorm, linkInput, linkNext, type NextNorm } from './fused-norm.ts'

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
  /** Most rows x will have, where that is few: larger tiles are not compiled then. */
  readonly maxRows?: number
  /**
   * 'tall': a thread a few results, for software adapters. 'wide': workgroups that work together, for GPUs: one kernel for
   * rows of decode and outputs, one for rows of prefill. In both, a row's result depends on no other row. By the device
   * unless given.
   */
  readonly kernels?: 'tall' | 'wide'
  /** Threads of a workgroup, a multiple of 8: of all products with 'tall', of those of few rows with 'wide'. */
  readonly width?: number
}

export interface MatmulVariant {
  readonly kernels: 'tall' | 'wide'
  readonly width: number
}

/** What decides which variant is fastest: matrices with the same key share one in `gpu.tuned`. */
export const tuningKey = ({ format, rows, cols, paired }: Matrix) =>
  `${format} ${rows}x${cols}${paired ? ' paired' : ''}`

/** Those worth trying, the usual one first. */
export function matmulVariants(gpu: Gpu, matrix: Matrix): MatmulVariant[] {
  const usual = usualVariant(gpu, matrix)
  const widths = usual.kernels === 'tall' ? [8, 16, 32] : [32, 64, 96] // 16 KiB of workgroup memory hold no more
  const others = widths.filter((width) => width !== usual.width).map((width) => ({ ...usual, width }))
  return [usual, ...others, ...(usual.kernels === 'wide' ? [{ kernels: 'tall', width: 32 } as const] : [])]
}

const usualWidth = (kernels: MatmulVariant['kernels'], { rows, cols }: Matrix) =>
  kernels === 'tall'
    ? rows < 2048
      ? 8 // few threads: small workgroups spread better over the cores
      : 16
    : groupsOf(cols) * 4 <= 96
      ? 32 // lanes take octets of K in turn: few enough that most have one in the last turn too
      : 64

const trusted = (gpu: Gpu, kernels: MatmulVariant['kernels']) =>
  kernels === 'tall' ? gpu.trusts('matmul-tall') : gpu.trusts('matvec-wide', 'matmul-tiled')

function usualVariant(gpu: Gpu, matrix: Matrix): MatmulVariant {
  const kernels = gpu.software || !trusted(gpu, 'wide') ? 'tall' : 'wide'
  return { kernels, width: usualWidth(kernels, matrix) }
}

/** As asked for, else as tuned where that is trusted, else as usual. */
function variantFor(gpu: Gpu, { matrix, kernels, width }: Matmul): MatmulVariant {
  if (kernels) return { kernels, width: width ?? usualWidth(kernels, matrix) }
  const tuned = gpu.tuned.get(tuningKey(matrix)) as MatmulVariant | undefined
  return tuned && trusted(gpu, tuned.kernels) ? tuned : usualVariant(gpu, matrix)
}

/** Rows of x that share one reading of the weights, by how many there are. */
const TILES = [1, 2, 4] as const
/** Rows of the weights a thread ('tall') or a workgroup (`matvec-wide`) makes. */
const ROWS = 8
/** Rows of the weights, and of x, a workgroup of `matmul-tiled` makes. */
const TILE = 64

const tileFor = (rows: number) => TILES.find((tile) => rows <= tile) ?? 4

/** In a step, all launches but those for its numbers of rows leave themselves out. */
export function matmul(gpu: Gpu, op: Matmul): Launch[] {
  const { matrix, epilogue, step, x, y, yStride, bias, ofOutputs = false, maxRows = Infinity } = op
  const { kernels, width } = variantFor(gpu, op)
  const input = linkInput(op.input)
  const next = linkNext(op.next)
  const gated = epilogue === 'swiglu' || epilogue === 'geglu'
  if (gated !== matrix.paired)
    throw new Error(
      `Cannot launch matmul: epilogue ${epilogue} with a matrix that is ${matrix.paired ? '' : 'not '}paired`,
    )
  const launch = (name: string, part: MatrixPart, constants: Constants, workgroups: Launch['workgroups']) => {
    const kernel = gpu.kernel(
      name,
      { weights: matrix.format, epilogue, ...input.variants, ...next.variants },
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
  /** A launch for each tile: `across` workgroups along the weights' rows. */
  const byTile = (
    name: string,
    part: MatrixPart,
    width: number,
    across: number,
    rowsOf: (shape: StepShape) => number,
  ) =>
    TILES.filter((tile) => tile <= tileFor(maxRows)).map((tile) =>
      launch(name, part, { TILE: tile, WIDTH: width, OF_OUTPUTS: ofOutputs }, (shape) => {
        const rows = rowsOf(shape)
        return tileFor(rows) === tile ? [across, Math.ceil(rows / tile)] : undefined
      }),
    )
  const tall = (part: MatrixPart) => {
    const name = gpu.has('subgroups') && gpu.trusts('matmul-quad') ? 'matmul-quad' : 'matmul-tall'
    const across = Math.ceil(part.rows / (ROWS * width))
    return byTile(name, part, width, across, (shape) => (ofOutputs ? shape.outputs : shape.rows))
  }
  const wide = (part: MatrixPart) => {
    const across = Math.ceil(part.rows / ROWS)
    const few = byTile('matvec-wide', part, width, across, (shape) => (ofOutputs ? shape.outputs : shape.decodeRows))
    if (ofOutputs) return few
    const many = launch('matmul-tiled', part, {}, ({ rows, decodeRows }) =>
      rows > decodeRows ? [Math.ceil(part.rows / TILE), Math.ceil((rows - decodeRows) / TILE)] : undefined,
    )
    return [...few, many]
  }
  return matrix.parts.flatMap(kernels === 'tall' ? tall : wide)
}

/** Elements a row of x needs for a matrix of `cols`. */
export const xStride = (cols: number) => groupsOf(cols) * 32
