// Where benches run: in this process, or in a page of a fresh browser whose processes' CPU time is counted from outside.

import { readdirSync, readFileSync } from 'node:fs'
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

async function inBrowser(name: BrowserName, request: BenchRequest): Promise<Report> {
  const server = await createServer({ configFile: false, logLevel: 'error', server: { port: 0, hmr: false } })
  await server.listen()
  const browser = await launchBrowser(name)
  try {
    const page = await browser.newPage()
    await page.exposeFunction('cpuSeconds', () => familyCpuSeconds(browser.process()!.pid!))
    await page.goto(new URL('bench/page.html', server.resolvedUrls!.local[0]!).href)
    await page.waitForFunction('window.runBench')
    return (await page.evaluate(`window.runBench(${JSON.stringify(request)})`)) as Report
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
