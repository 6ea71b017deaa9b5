// Times matmul alone: milliseconds a launch and how much of the CPU where that is the GPU, FLOPs and weight bytes a second.
// Random weights: speed does not depend on values.
// node tools/run.mjs bench/kernels-matmul.ts --shapes 2048x2048,576x1536 --rows 1,4,128 --formats q4,f16 --kernels tall

import { parseArgs } from 'node:util'
import { openDevice } from '../src/webgpu/device.ts'
import { encode, Gpu, type Launch, type StepShape } from '../src/webgpu/gpu.ts'
import { matmul, xStride } from '../src/webgpu/launchers/matmul.ts'
import { createMatrix } from '../src/webgpu/matrix.ts'
import { matrixBytes, type WeightFormat } from '../src/weights/layouts.ts'
import { normals } from '../test/support/random.ts'

const REPEATS = 7

export async function main(rest: string[]) {
  const { values: args } = parseArgs({
    args: rest,
    options: {
      shapes: { type: 'string', default: '2048x2048' },
      rows: { type: 'string', default: '1,4,128' },
      formats: { type: 'string', default: 'q4' },
      kernels: { type: 'string' },
    },
  })
  const { device, adapter } = await openDevice()
  const gpu = new Gpu(device, { software: adapter.software })
  console.log(adapter.description)
  for (const shape of args.shapes.split(',')) {
    const [cols, rows] = shape.split('x').map(Number) as [number, number]
    for (const format of args.formats.split(',') as WeightFormat[]) {
      const matrix = createMatrix(gpu, 'weights', { format, rows, cols })
      for (const m of args.rows.split(',').map(Number)) {
        const step = { rows: m, decodeRows: m <= 8 ? m : 0, outputs: 0, maxKeys: 0, pools: 0 }
        const { UNIFORM, COPY_DST } = GPUBufferUsage
        const launches = matmul(gpu, {
          matrix,
          epilogue: 'store',
          kernels: args.kernels as 'tall' | 'wide' | undefined,
          maxRows: m,
          step: gpu.createBufferWith('step', Uint32Array.of(m, step.decodeRows, 0, 0), UNIFORM | COPY_DST),
          x: gpu.createBufferWith('x', normals(m * xStride(cols), 1)),
          y: gpu.createBuffer('y', m * rows * 4),
          yStride: rows,
        })
        const compiled = performance.now()
        await gpu.ready()
        await time(gpu, launches, step, 1) // some drivers compile at the first launch
        const compile = performance.now() - compiled
        const repeats = Math.max(1, Math.round(2e8 / (m * rows * cols)))
        const { wall, cpu } = await time(gpu, launches, step, repeats)
        const gflops = (2 * m * rows * cols) / wall / 1e6
        const bandwidth = matrixBytes(format, rows, cols) / wall / 1e6
        console.log(
          `${format} ${shape} rows ${m}: ${wall.toFixed(3)} ms, CPU ${cpu.toFixed(3)} ms, ${gflops.toFixed(1)} GFLOP/s, ` +
            `weights ${bandwidth.toFixed(1)} GB/s, compile ${compile.toFixed(0)} ms`,
        )
      }
      gpu.destroyAllBuffers()
    }
  }
}

/** Least of several, per repeat. */
async function time(gpu: Gpu, launches: readonly Launch[], step: StepShape, repeats: number) {
  let wall = Infinity
  let cpu = Infinity
  for (let i = 0; i < REPEATS; i++) {
    const encoder = gpu.device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (let j = 0; j < repeats; j++) encode(pass, launches, step)
    pass.end()
    const commands = encoder.finish()
    const used = process.cpuUsage()
    const start = performance.now()
    gpu.device.queue.submit([commands])
    await gpu.device.queue.onSubmittedWorkDone()
    wall = Math.min(wall, (performance.now() - start) / repeats)
    const { user, system } = process.cpuUsage(used)
    cpu = Math.min(cpu, (user + system) / 1000 / repeats)
  }
  return { wall, cpu }
}
