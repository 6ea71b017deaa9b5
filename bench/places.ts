// Where benches run: in this process, or in a page of a fresh browser whose processes' CPU time is counted from outside.

import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from 'puppeteer-core'
import { createServer } from 'vite'
import { type BrowserName, launchBrowser } from '../test/support/browsers.ts'
import type { Report } from './measure.ts'
import { type BenchRequest, runBench } from './suite.ts'

export type Place = 'node' | BrowserName

export function runIn(place: Place, request: BenchRequest): Promise<Report> {
  if (place !== 'node') return inBrowser(place, request)
  return runBench(request, async () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
}

function inBrowser(name: BrowserName, request: BenchRequest): Promise<Report> {
  return withPage(name, 'bench/page.html', async (page) => {
    await page.waitForFunction('window.runBench')
    return (await page.evaluate(`window.runBench(${JSON.stringify(request)})`)) as Report
  })
}

/** Gives `work` a page of a fresh browser that can ask for its `cpuSeconds()`; the site is this repository. */
export async function withPage<T>(name: BrowserName, path: string, work: (page: Page) => Promise<T>): Promise<T> {
  // Shared memory, for peers whose threads want it.
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
  const server = await createServer({ configFile: false, logLevel: 'error', server: { port: 0, hmr: false, headers } })
  await server.listen()
  const browser = await launchBrowser(name)
  try {
    const page = await browser.newPage()
    await page.exposeFunction('cpuSeconds', () => familyCpuSeconds(browser.process()!.pid!))
    await page.goto(new URL(path, server.resolvedUrls!.local[0]!).href)
    return await work(page)
  } finally {
    await browser.close()
    await server.close()
  }
}

const TICKS = 100 // a second, in /proc on every Linux

/** Of a process and all below it; 0 where there is no /proc. */
export function familyCpuSeconds(root: number): number {
  const family = new Map<number, { parent: number; ticks: number }>()
  try {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        // After the name in parentheses: state, parent, …; user and system time are fields 14 and 15 of the whole line.
        const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
        family.set(Number(entry), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
      } catch {} // it ended meanwhile
    }
  } catch {
    return 0
  }
  const belongs = (id: number): boolean => id === root || (family.has(id) && belongs(family.get(id)!.parent))
  return [...family].reduce((sum, [id, { ticks }]) => sum + (belongs(id) ? ticks : 0), 0) / TICKS
}
