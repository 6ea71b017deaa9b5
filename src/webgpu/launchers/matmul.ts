// Launcher of kernels/matmul-*.wgsl: y = x · Wᵀ with an epilogue, for every number of rows of x.

import { groupsOf } from '../../weights/layouts.ts'
import type { Bindable, Gpu, Launch } from '../gpu.ts'
import { type Matrix, type MatrixPart, partBuffers, partConstants } from '../matrix.ts'

export interface Matmul {
  readonly matrix: Matrix
  /** y = product, y += product, or y = silu(gate) * up of a paired matrix. */
  readonly epilogue: 'store' | 'add' | 'swiglu'
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
  /** Most rows x will have, where that is few: larger tiles are not compiled then. */
  readonly maxRows?: number
}

/** Rows of x that share one reading of the weights, by how many there are. */
const TILES = [1, 2, 4] as const

/** One launch a part and tile; in a step, all but one tile's leave themselves out. */
export function matmul(gpu: Gpu, op: Matmul): Launch[] {
  const { matrix, epilogue, step, x, y, yStride, bias, ofOutputs = false, maxRows = Infinity } = op
  if ((epilogue === 'swiglu') !== matrix.paired)
    throw new Error(
      `Cannot launch matmul: epilogue ${epilogue} with a matrix that is ${matrix.paired ? '' : 'not '}paired`,
    )
  const name = gpu.has('subgroups') ? 'matmul-quad' : 'matmul-tall'
  const launch = (part: MatrixPart, tile: number): Launch => {
    const kernel = gpu.kernel(
      name,
      { weights: matrix.format, epilogue },
      {
        ...partConstants(matrix, part),
        ...(epilogue === 'swiglu' && { MATRIX_ROWS: matrix.rows }),
        FIRST: part.firstRow,
        TILE: tile,
        OF_OUTPUTS: ofOutputs,
        Y_STRIDE: yStride,
        BIASED: bias !== undefined,
      },
    )
    const groups = Math.ceil(part.rows / (8 * kernel.workgroupSize[0]))
    return gpu.launch(kernel, { ...partBuffers(part), step, x, y, bias: bias ?? x }, (shape) => {
      const rows = ofOutputs ? shape.outputs : shape.rows
      return tileFor(rows) === tile ? [groups, Math.ceil(rows / tile)] : undefined
    })
  }
  const tiles = TILES.filter((tile) => tile <= tileFor(maxRows))
  return matrix.parts.flatMap((part) => tiles.map((tile) => launch(part, tile)))
}

const tileFor = (rows: number) => TILES.find((tile) => rows <= tile) ?? 4

/** Elements a row of x needs for a matrix of `cols`. */
export const xStride = (cols: number) => groupsOf(cols) * 32
