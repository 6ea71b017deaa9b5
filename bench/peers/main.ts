// The same shape through other engines, each in a fresh browser on the same adapter, in shuffled order: one table of tokens a
// second, and ours divided by the fastest of theirs.

import { existsSync, writeFileSync } from 'node:fs'
import type { WeightFormat } from '../../src/weights/layouts.ts'
import type { BrowserName } from '../../test/support/browsers.ts'
import { runIn, withPage } from '../places.ts'
import { shapeConfig } from '../shapes.ts'
import { printed } from '../tables.ts'
import type { PeerFigures } from './peer.ts'

export interface PeersOptions {
  readonly shape: string
  readonly weights: string
  readonly layers: number | undefined
  /** 'node' is left out: peers run in browsers. */
  readonly in: string
  /** Prompt lengths. */
  readonly prefill: readonly number[]
  /** Tokens that each engine decodes; software adapters take seconds for one of some peers'. */
  readonly tokens: number
  /** All unless given. */
  readonly only?: readonly string[]
  readonly json?: string
}

const OURS = 'infetch'
/** Those that page.html knows; WebLLM's place is here once it can be built from a shape. */
const PEERS = ['onnxruntime-web', 'wllama']
const FOLDER = 'bench/peers'
/** A peer that has not ended by then has failed. */
const MOST_MINUTES = 30

export async function benchPeers(options: PeersOptions): Promise<void> {
  if (!existsSync(`${FOLDER}/node_modules`))
    throw new Error(`Cannot bench peers: they are not installed. npm install --prefix ${FOLDER} --no-package-lock`)
  const unknown = options.only?.find((name) => ![OURS, ...PEERS].includes(name))
  if (unknown !== undefined)
    throw new Error(`Cannot bench peers: --only takes ${[OURS, ...PEERS].join(', ')}, received '${unknown}'`)
  const place = options.in.split(',').find((name) => name !== 'node') as BrowserName
  const engines = shuffled([OURS, ...PEERS].filter((name) => options.only?.includes(name) ?? true))
  console.log(`order: ${engines.join(', ')}; ${options.tokens} tokens each`)
  const speeds: Record<string, Record<string, number>> = {}
  let adapter: Parameters<typeof printed>[1]['adapter'] | undefined
  for (const name of engines)
    try {
      if (name === OURS) {
        const report = await runIn(place, generation(options))
        adapter = report.adapter
        speeds[name] = row(options, {
          prefill: Object.fromEntries(
            options.prefill.map((n) => [n, report.tables.prefill![`prompt of ${n}`]!['tokens/s']!]),
          ),
          decode: report.tables.decode!['decode at 128']!['tokens/s']!,
        })
      } else speeds[name] = row(options, await peer(place, name, options))
      console.log(name, speeds[name])
    } catch (error) {
      console.error(`${name} could not be measured: ${(error as Error).message}`)
    }
  const table = withRatios(speeds)
  const description = adapter ?? { vendor: '', architecture: 'unknown', description: '', software: false, features: [] }
  const report = { title: `${options.shape} ${options.weights}: peers`, adapter: description, tables: { peers: table } }
  console.log(`\n${printed(place, report)}`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ [place]: report }, null, 2)}\n`)
}

function generation({ shape, weights, layers, prefill, tokens }: PeersOptions) {
  return {
    bench: 'generation',
    shape,
    weights: weights as WeightFormat,
    layers,
    prefill,
    contexts: [128],
    decodeTokens: tokens + 1,
    rounds: 2,
    streams: [],
  } as const
}

function peer(place: BrowserName, name: string, options: PeersOptions): Promise<PeerFigures> {
  const config = shapeConfig(options.shape)
  const shape = { ...config, num_hidden_layers: options.layers ?? config.num_hidden_layers }
  return withPage(place, `${FOLDER}/page.html`, async (page) => {
    page.on('console', (message) => {
      if (process.env.INFETCH_BENCH_LOG) console.error(`${name}: ${message.text()}`)
    })
    await page.waitForFunction('window.measurePeer')
    const request = { shape, prefill: options.prefill, decodeTokens: options.tokens }
    // Not one call: some peers take longer than a call to the page may.
    await page.evaluate(
      `window.measurePeer('${name}', ${JSON.stringify(request)}).then((figures) => { window.figures = { figures } }, (error) => { window.figures = { error: String(error) } }), 0`,
    )
    await page.waitForFunction('window.figures', { timeout: MOST_MINUTES * 60_000, polling: 1000 })
    const { figures, error } = (await page.evaluate('window.figures')) as { figures: PeerFigures; error?: string }
    if (error) throw new Error(error)
    return figures
  })
}

function row({ prefill }: PeersOptions, { prefill: speeds, decode }: PeerFigures): Record<string, number> {
  return {
    ...Object.fromEntries(prefill.map((length) => [`prefill ${length} tokens/s`, speeds[length]!])),
    'decode tokens/s': decode,
  }
}

/** With a row of ours divided by the fastest of the others. */
function withRatios(speeds: Readonly<Record<string, Record<string, number>>>) {
  const { [OURS]: ours, ...others } = speeds
  if (!ours || Object.keys(others).length === 0) return speeds
  const fastest = (column: string) => Math.max(...Object.values(others).map((cells) => cells[column]!))
  const ratios = Object.fromEntries(Object.entries(ours).map(([column, value]) => [column, value / fastest(column)]))
  return { ...speeds, 'infetch ÷ fastest peer': ratios }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}
