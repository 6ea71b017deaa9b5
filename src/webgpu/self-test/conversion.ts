// Whether the GPU packed rows as it should: what lies in a matrix against the checkpoint's own floats.

import { GROUP, groupsOf, type PackedMatrix, unpackMatrix, weightLayouts } from '../../weights/layouts.ts'
import type { Gpu } from '../gpu.ts'
import type { Matrix, MatrixPart } from '../matrix.ts'
import { worse } from './trial.ts'

/** @throws Error where the rows at these places of the part are not `values` [places, cols], but for rounding. */
export async function checkConversion(
  gpu: Gpu,
  { format, cols }: Matrix,
  part: MatrixPart,
  places: readonly number[],
  values: Float32Array,
): Promise<void> {
  const rowBytes = groupsOf(cols) * weightLayouts[format].groupBytes
  const scaleBytes = part.scales ? groupsOf(cols) * 4 : 0
  const rows = places.length
  const { MAP_READ, COPY_DST } = GPUBufferUsage
  const staging = gpu.createBuffer('packed rows', rows * (rowBytes + scaleBytes), MAP_READ | COPY_DST)
  const encoder = gpu.device.createCommandEncoder()
  places.forEach((place, i) => {
    encoder.copyBufferToBuffer(part.data, place * rowBytes, staging, i * rowBytes, rowBytes)
    if (part.scales)
      encoder.copyBufferToBuffer(part.scales, place * scaleBytes, staging, rows * rowBytes + i * scaleBytes, scaleBytes)
  })
  gpu.device.queue.submit([encoder.finish()])
  await staging.mapAsync(GPUMapMode.READ)
  const bytes = staging.getMappedRange().slice(0)
  gpu.destroyBuffer(staging)
  const data = new Uint8Array(bytes, 0, rows * rowBytes)
  const scales = new Uint32Array(bytes, rows * rowBytes, (rows * scaleBytes) / 4)
  const error = conversionError({ format, rows, cols, data, scales }, values)
  if (!(error <= 1))
    throw new Error(
      `Cannot run on this adapter: its driver computes convert-weights wrongly and there is no other variant, received weights ${error.toPrecision(3)} times further off than rounding to ${format} explains (selfTest: false loads it all the same)`,
    )
}

/** Largest error in units of what rounding to the format may explain; f16 scales round too. */
function conversionError(packed: PackedMatrix, values: Float32Array): number {
  const { format, rows, cols } = packed
  const got = unpackMatrix(packed)
  const { top } = weightLayouts[format]
  let worst = 0
  for (let row = 0; row < rows; row++)
    for (let from = row * cols; from < (row + 1) * cols; from += GROUP) {
      const own = values.subarray(from, Math.min(from + GROUP, (row + 1) * cols))
      const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const span = own.reduce((a, b) => Math.max(a, b)) - own.reduce((a, b) => Math.min(a, b))
      // A scale so small that f16 has few digits of it left is off by half of 2^-24.
      const tolerance = top
        ? (0.6 * span) / top + largest * 2e-3 + top * 2 ** -25
        : format === 'f16'
          ? largest * 6e-4
          : 0
      own.forEach((value, i) => {
        worst = worse(worst, Math.abs(got[from + i]! - value) / (tolerance + 1e-6))
      })
    }
  return worst
}
