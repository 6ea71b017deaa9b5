// The benches by name, each a function of plain data, so that Node and a page run the same ones.

import { benchConstrained, type ConstrainedOptions } from './constrained.ts'
import { benchGeneration, type GenerationOptions } from './generation.ts'
import { benchKernels, type KernelsOptions } from './kernels.ts'
import type { CpuClock, Report } from './measure.ts'
import { benchQuality, type QualityOptions } from './quality.ts'

export type BenchRequest =
  | ({ readonly bench: 'generation' } & GenerationOptions)
  | ({ readonly bench: 'kernels' } & KernelsOptions)
  | ({ readonly bench: 'constrained' } & ConstrainedOptions)
  | ({ readonly bench: 'quality' } & QualityOptions)

export function runBench(request: BenchRequest, cpu: CpuClock): Promise<Report> {
  if (request.bench === 'generation') return benchGeneration(request, cpu)
  if (request.bench === 'kernels') return benchKernels(request, cpu)
  if (request.bench === 'constrained') return benchConstrained(request, cpu)
  return benchQuality(request)
}
