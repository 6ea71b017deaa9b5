// npm run bench -- [--shape smollm2-135m] [--weights q4] [--in node,chromium] [--json FILE]: a short table, and all figures
// as JSON.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createServer } from 'vite'
import { type BrowserName, launchBrowser } from '../test/support/browsers.ts'
import { benchGeneration, type GenerationOptions, type GenerationResult } from './generation.ts'

type Place = 'node' | BrowserName

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: 'string', default: 'smollm2-135m' },
      weights: { type: 'string', default: 'q4' },
      in: { type: 'string', default: 'node,chromium' },
      prefill: { type: 'string', default: '128,512' },
      tokens: { type: 'string', default: '64' },
      json: { type: 'string' },
    },
  })
  const options: GenerationOptions = {
    shape: values.shape,
    weights: values.weights as GenerationOptions['weights'],
    prefill: values.prefill.split(',').map(Number),
    decodeTokens: Number(values.tokens),
  }
  const results: Record<string, GenerationResult> = {}
  for (const place of values.in.split(',') as Place[]) {
    results[place] = await (place === 'node' ? benchGeneration(options) : inBrowser(place, options))
    console.log(table(place, results[place]))
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
}

async function inBrowser(name: BrowserName, options: GenerationOptions): Promise<GenerationResult> {
  const server = await createServer({ configFile: false, logLevel: 'error', server: { port: 0, hmr: false } })
  await server.listen()
  const browser = await launchBrowser(name)
  try {
    const page = await browser.newPage()
    await page.goto(new URL('bench/page.html', server.resolvedUrls!.local[0]!).href)
    await page.waitForFunction('window.benchGeneration')
    return (await page.evaluate(`window.benchGeneration(${JSON.stringify(options)})`)) as GenerationResult
  } finally {
    await browser.close()
    await server.close()
  }
}

function table(place: string, r: GenerationResult): string {
  const { description, architecture, software } = r.adapter
  const rows: [string, string][] = [
    ['adapter', `${description || architecture}${software ? ' (software)' : ''}`],
    ['load', `${r.loadSeconds.toFixed(1)} s, ${(r.gpuBytes / 2 ** 20).toFixed(0)} MiB on the GPU`],
    ...Object.entries(r.prefill).map(([n, speed]): [string, string] => [
      `prefill ${n}`,
      `${speed.toFixed(1)} tokens/s`,
    ]),
    ['decode', `${r.decodeTokensPerSecond.toFixed(2)} tokens/s`],
    ['every sampling feature', `${r.sampledShare.toFixed(3)}× of greedy decode`],
    [
      'between tokens',
      `p50 ${r.millisecondsBetweenTokens.p50.toFixed(1)} ms, p95 ${r.millisecondsBetweenTokens.p95.toFixed(1)} ms`,
    ],
    ['dispatches a token', String(r.dispatchesPerToken)],
    ['bytes a token', `${(r.bytesPerToken / 1e6).toFixed(1)} MB`],
    [
      'bandwidth',
      `${(r.bandwidth / 1e9).toFixed(1)} GB/s measured, decode uses ${(r.bandwidthShare * 100).toFixed(1)}%`,
    ],
  ]
  return [`${r.shape} ${r.weights} in ${place}`, ...rows.map(([k, v]) => `  ${k.padEnd(23)} ${v}`)].join('\n')
}
