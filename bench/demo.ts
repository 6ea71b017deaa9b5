// The demo as a visitor meets it: the built page, from the start of its loading to the first words of an answer. Once with
// nothing kept, then again and again with all files kept; an adapter's driver may keep kernels too, or compile them anew.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import { build, preview } from 'vite'
import { describe } from '../src/webgpu/device.ts'
import { type BrowserName, launchBrowser } from '../test/support/browsers.ts'
import { median, type Report, type Table } from './measure.ts'

const QUESTION = 'Hello! Who are you?'
const TIMEOUT = 300_000

/** Seconds since the page began to load. */
interface Visit {
  readonly ready: number
  readonly firstToken: number
}

export async function benchDemo(place: BrowserName, reloads: number): Promise<Report> {
  const outDir = mkdtempSync(join(tmpdir(), 'infetch-demo-'))
  const configFile = 'demo/vite.config.ts'
  let browser: Browser | undefined
  try {
    await build({ configFile, build: { outDir }, logLevel: 'error' })
    const server = await preview({ configFile, build: { outDir }, preview: { port: 0 }, logLevel: 'error' })
    try {
      browser = await launchBrowser(place)
      const page = await browser.newPage()
      await page.evaluateOnNewDocument(watch, QUESTION)
      const url = server.resolvedUrls!.local[0]!
      const cold = await visit(page, () => page.goto(url))
      const warm: Visit[] = []
      for (let i = 0; i < reloads; i++) warm.push(await visit(page, () => page.reload()))
      return { title: 'demo with the embedded model', adapter: await adapterOf(page), tables: tables(cold, warm) }
    } finally {
      await browser?.close()
      await server.close()
    }
  } finally {
    rmSync(outDir, { recursive: true })
  }
}

function tables(cold: Visit, warm: readonly Visit[]): Report['tables'] {
  const row = ({ ready, firstToken }: Visit) => ({ 'ready s': ready, 'first words s': firstToken })
  const rows: Record<string, Table[string]> = { 'first visit': row(cold) }
  warm.forEach((visit, i) => {
    rows[`reload ${i + 1}`] = row(visit)
  })
  const middle = (of: (visit: Visit) => number) => median(warm.map(of))
  rows['reloads, median'] = row({ ready: middle((v) => v.ready), firstToken: middle((v) => v.firstToken) })
  return { 'from the start of the page': rows }
}

async function visit(page: Page, open: () => Promise<unknown>): Promise<Visit> {
  await open()
  const seen = await page.waitForFunction('window.visit', { timeout: TIMEOUT, polling: 100 })
  const result = (await seen.jsonValue()) as Visit | { failed: string }
  if ('failed' in result) throw new Error(`Cannot bench the demo: the page says "${result.failed}"`)
  return result
}

/** Runs in the page before its own scripts: asks once the page is ready, and notes when it was and when words come. */
function watch(question: string): void {
  let ready = 0
  const now = () => performance.now() / 1000
  const done = (visit: object) => {
    observer.disconnect()
    Object.assign(window, { visit })
  }
  const observer = new MutationObserver(() => {
    const status = document.getElementById('status')
    if (status?.className.includes('failed')) done({ failed: status.textContent })
    if (ready === 0 && status?.textContent?.startsWith('Ready')) {
      ready = now()
      // The page makes itself ready in the same task as it says so.
      queueMicrotask(() => {
        const field = document.getElementById('question') as HTMLTextAreaElement
        field.value = question
        field.form!.requestSubmit()
      })
    }
    if (document.querySelector('li.assistant')?.textContent) done({ ready, firstToken: now() })
  })
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
}

async function adapterOf(page: Page): Promise<Report['adapter']> {
  const info = await page.evaluate(async () => {
    const { vendor, architecture, description } = (await navigator.gpu.requestAdapter())!.info
    return { vendor, architecture, description }
  })
  return describe(info as GPUAdapterInfo, { features: new Set() } as unknown as GPUDevice)
}
