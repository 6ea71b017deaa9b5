// npm run conformance:constrained -- [--count 1000] [--in node|chromium|firefox] [--model SOURCE]: constrained requests
// through engine.fetch, every answer checked by what knows nothing of automata.

import { parseArgs } from 'node:util'
import { haveAdapter } from '../../src/host/have-adapter.ts'
import { createEngine } from '../../src/index.ts'
import type { BrowserName } from '../support/browsers.ts'
import { askConstrained } from '../support/constrained-requests.ts'
import { openPageEngine } from '../support/page-engine.ts'
import { tinyLlama } from '../support/tiny-llama.ts'

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '1000' },
      in: { type: 'string', default: 'node' },
      model: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  })
  if (values.in === 'node') await haveAdapter()
  const { fetch, model, close } = await (values.in === 'node'
    ? inNode(values.model)
    : inPage(values.in as BrowserName, values.model))
  const began = performance.now()
  try {
    const { faults, requests, answers, valid, cut } = await askConstrained(fetch, model, +values.count, +values.seed)
    for (const fault of faults.slice(0, 20)) console.log(fault)
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    console.log(
      `${requests} requests, ${answers} answers in ${seconds} s: ${valid} valid, ${cut} cut by max_tokens, ${faults.length} wrong`,
    )
    if (faults.length > 0) process.exitCode = 1
  } finally {
    await close()
  }
}

async function inNode(source: string | undefined) {
  const engine = await createEngine({ model: source ?? tinyLlama() })
  const { id } = engine.models[0]!
  return {
    fetch: engine.fetch,
    model: id,
    async close() {
      const { byRunner, byMask } = engine.info.models[0]!.engine.constrained
      console.log(`choices walked on the GPU: ${byRunner}, masked from the CPU: ${byMask}`)
      await engine.close()
    },
  }
}

async function inPage(name: BrowserName, source: string | undefined) {
  if (source === undefined) throw new Error('Cannot run in a page: --model names a folder')
  const page = await openPageEngine(name, `/@fs${source}`, [source])
  const fetch: typeof globalThis.fetch = (input, init) =>
    page.fetch(new Request(new URL(String(input), 'http://infetch'), init))
  const { data } = (await (await fetch('/v1/models')).json()) as { data: { id: string }[] }
  return { fetch, model: data[0]!.id, close: page.close }
}
