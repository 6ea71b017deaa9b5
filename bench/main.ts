// npm run bench -- [--shape smollm2-135m] [--weights q4] [--in node,chromium]: whole generations. With --kernels every
// launch alone, with --quality what quantizing costs the embedded model, with --constrained what a JSON Schema costs, with
// --demo how soon the page answers. --json FILE keeps all figures, --compare FILE prints ratios against figures kept before.

import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { haveAdapter } from '../src/host/have-adapter.ts'
import type { ActivationFormat } from '../src/webgpu/plan.ts'
import type { WeightFormat } from '../src/weights/layouts.ts'
import type { BrowserName } from '../test/support/browsers.ts'
import { benchDemo } from './demo.ts'
import type { Report } from './measure.ts'
import { benchPeers } from './peers/main.ts'
import { type Place, runIn } from './places.ts'
import type { BenchRequest } from './suite.ts'
import { compared, printed, type Reports } from './tables.ts'

const STEPS = 'decode 1 at 128,sampled 1 at 128,decode 1 at 2048,decode 8 at 128,prefill 128 at 128,prefill 128 at 512'

const numbers = (list: string) => (list ? list.split(',').map(Number) : [])

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      kernels: { type: 'boolean', default: false },
      quality: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      only: { type: 'string' },
      constrained: { type: 'boolean', default: false },
      demo: { type: 'boolean', default: false },
      shape: { type: 'string', default: 'smollm2-135m' },
      weights: { type: 'string', default: 'q4' },
      activations: { type: 'string', default: 'f32' },
      layers: { type: 'string' },
      tune: { type: 'boolean', default: false },
      in: { type: 'string', default: 'node,chromium' },
      steps: { type: 'string', default: STEPS },
      prefill: { type: 'string', default: '128,512,2048' },
      contexts: { type: 'string', default: '128,2048' },
      tokens: { type: 'string', default: '64' },
      rounds: { type: 'string', default: '3' },
      streams: { type: 'string', default: '2,4,8' },
      json: { type: 'string' },
      compare: { type: 'string' },
    },
  })
  if (values.peers) {
    const tokens = Number(values.tokens)
    const layers = values.layers === undefined ? undefined : Number(values.layers)
    await benchPeers({ ...values, layers, prefill: numbers(values.prefill), tokens, only: values.only?.split(',') })
    return
  }
  const all = values.in.split(',') as Place[]
  const places = values.demo ? all.filter((place) => place !== 'node') : all // the demo is a page
  if (places.includes('node')) await haveAdapter()
  const model = {
    shape: values.shape,
    weights: values.weights as WeightFormat,
    activations: values.activations as ActivationFormat,
    tune: values.tune,
    layers: values.layers === undefined ? undefined : Number(values.layers),
  }
  const request: BenchRequest = values.quality
    ? { bench: 'quality', formats: ['q8', 'q4', 'q8 q8', 'q4 q8'] }
    : values.kernels
      ? { bench: 'kernels', ...model, steps: values.steps.split(',') }
      : values.constrained
        ? { bench: 'constrained', ...model, decodeTokens: Number(values.tokens), rounds: Number(values.rounds) }
        : {
            bench: 'generation',
            ...model,
            prefill: numbers(values.prefill),
            contexts: numbers(values.contexts),
            decodeTokens: Number(values.tokens),
            rounds: Number(values.rounds),
            streams: numbers(values.streams),
          }
  const reports: Record<string, Report> = {}
  for (const place of places) {
    reports[place] = await (values.demo
      ? benchDemo(place as BrowserName, Number(values.rounds))
      : runIn(place, request))
    console.log(`${printed(place, reports[place])}\n`)
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(reports, null, 2)}\n`)
  if (values.compare) console.log(compared(reports, JSON.parse(readFileSync(values.compare, 'utf8')) as Reports))
}
