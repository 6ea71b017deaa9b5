// Mask and advance kernels against the reference walk, on real schemas and a real vocabulary, bit for bit.
//   npm run conformance:schemas-kernels [-- --in node|chromium|firefox --every N --places P --vocabulary llama3|o200k_base|stories]

import { existsSync } from 'node:fs'
import { createServer } from 'vite'
import { haveAdapter } from '../../src/host/have-adapter.ts'
import { type BrowserName, launchBrowser } from '../support/browsers.ts'
import { compareKernels, type KernelsRequest, type KernelsTally } from './kernels-walk.ts'
import { readLines } from './schemas.ts'
import { namedVocabulary, optionsOf, sharedFolder } from './schemas-data.ts'

export async function main(args: readonly string[]): Promise<void> {
  const option = optionsOf(args)
  const shared = sharedFolder()
  if (!existsSync(`${shared}/data`)) {
    console.log(`skipped: ${shared} is not there (set INFETCH_SHARED)`)
    return
  }
  const place = option('--in', 'node')
  if (place === 'node') await haveAdapter()
  const name = option('--vocabulary', 'llama3')
  const v = namedVocabulary(name)
  const every = Number(option('--every', '100'))
  const lines = readLines(`${shared}/data/schemas/maskbench-dev.ndjson.gz`)
    .filter((_, i) => i % every === 0)
    .flatMap(({ schema, tests }) =>
      tests
        .filter(({ v }) => v)
        .slice(0, 1)
        .map(({ s }) => ({ schema, text: s })),
    )
  const tokens = Array.from({ length: v.size }, (_, id) => {
    const bytes = v.bytes(id)
    return bytes && Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  })
  const request: KernelsRequest = { lines, tokens, places: Number(option('--places', '6')) }
  const began = performance.now()
  const tally = await (place === 'node' ? compareKernels(request) : inPage(place as BrowserName, request))
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(
    `${place}, ${name}: ${tally.schemas} schemas, ${tally.refused} places refused; ${tally.bits} mask bits compared in ${tally.masks} masks, ${tally.different} different (${seconds} s)`,
  )
  if (tally.different > 0 || tally.masks === 0) process.exitCode = 1
}

async function inPage(name: BrowserName, request: KernelsRequest): Promise<KernelsTally> {
  const server = await createServer({ configFile: false, logLevel: 'error', server: { port: 0, hmr: false } })
  await server.listen()
  const browser = await launchBrowser(name)
  try {
    const page = await browser.newPage()
    await page.goto(new URL('test/conformance/kernels-walk.html', server.resolvedUrls!.local[0]!).href)
    await page.waitForFunction('window.compareKernels')
    return (await page.evaluate(`window.compareKernels(${JSON.stringify(request)})`)) as KernelsTally
  } finally {
    await browser.close()
    await server.close()
  }
}
