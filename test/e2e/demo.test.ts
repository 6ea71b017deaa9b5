// The demo page, driven in Chromium as a person would: a question typed, a streamed answer, stop, a second turn.

import type { Browser, Page } from 'puppeteer-core'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browsers.ts'

let server: ViteDevServer
let browser: Browser
let page: Page
const faults: string[] = []

beforeAll(async () => {
  server = await createServer({ configFile: 'demo/vite.config.ts', server: { port: 0 }, logLevel: 'error' })
  await server.listen()
  browser = await launchBrowser('chromium')
  page = await browser.newPage()
  page.on('pageerror', (error) => faults.push(String(error)))
  await page.goto(server.resolvedUrls!.local[0]!)
  await page.waitForFunction(() => document.getElementById('status')!.textContent!.startsWith('Ready'), {
    timeout: 120_000,
  })
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

/** Types a message, returns once the reply has begun. */
async function say(text: string): Promise<void> {
  const before = await page.$$eval('li.assistant', (items) => items.length)
  await page.type('#question', text)
  await page.keyboard.press('Enter')
  await page.waitForFunction(
    (count) => (document.querySelectorAll('li.assistant')[count]?.textContent ?? '') !== '',
    { timeout: 60_000 },
    before,
  )
}

const idle = () =>
  page.waitForFunction(() => !(document.getElementById('send') as HTMLButtonElement).disabled, { timeout: 120_000 })
const replies = () => page.$$eval('li.assistant', (items) => items.map((item) => item.textContent ?? ''))

describe('the demo page', () => {
  it('answers a question, streamed', async () => {
    await page.evaluate(() => {
      const seen = new Set<string>()
      Object.assign(window, { seen })
      new MutationObserver(() => seen.add(document.querySelector('li.assistant')?.textContent ?? '')).observe(
        document.getElementById('conversation')!,
        { subtree: true, childList: true, characterData: true },
      )
    })
    await say('Hello! Who are you?')
    await idle()
    const [reply] = await replies()
    expect(reply!.length).toBeGreaterThan(3)
    const seen = await page.evaluate(() => (window as unknown as { seen: Set<string> }).seen.size)
    expect(seen).toBeGreaterThan(2)
    expect(await page.$eval('#speed', (item) => item.textContent)).toMatch(/first token after \d+ ms, [\d.]+ tokens\/s/)
  })

  it('stops when asked', async () => {
    // Pressed by the page itself at the first text, so that a fast machine has not finished by then.
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (!document.querySelectorAll('li.assistant')[1]?.textContent) return
        observer.disconnect()
        document.getElementById('stop')!.click()
      }).observe(document.getElementById('conversation')!, { subtree: true, childList: true, characterData: true })
    })
    await say('Tell me a story.')
    await idle()
    expect((await replies())[1]).toMatch(/^\S.* \(stopped\)$/s)
  })

  it('takes a second turn after a stop, and shows no error', async () => {
    await say('What is 2 + 3?')
    await idle()
    expect((await replies())[2]!.length).toBeGreaterThan(0)
    expect(await page.$eval('#status', (item) => item.className)).not.toContain('failed')
    expect(faults).toEqual([])
  })

  it('holds an answer to what is chosen', async () => {
    await page.select('#kind', 'JSON of a schema')
    await say('Ann is 34 years old and lives in Oslo.')
    await idle()
    const person = JSON.parse((await replies())[3]!)
    expect(Object.keys(person).sort()).toEqual(['age', 'city', 'name'])
    await page.select('#kind', 'one of these lines')
    await page.$eval('#detail', (box) => {
      ;(box as HTMLTextAreaElement).value = 'apples\npears'
    })
    await say('What do you like?')
    await idle()
    expect(['apples', 'pears']).toContain((await replies())[4])
    await page.$eval('#detail', (box) => {
      ;(box as HTMLTextAreaElement).value = ''
    })
    await page.type('#question', 'And now?')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.getElementById('status')!.classList.contains('failed'))
    expect(await page.$eval('#status', (item) => item.textContent)).toContain('guided_choice')
    expect(faults).toEqual([])
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT as `${string}.png` })
  })
})

describe('the demo page without WebGPU', () => {
  it('says what is missing', async () => {
    const bare = await browser.newPage()
    await bare.evaluateOnNewDocument(() => Object.defineProperty(navigator, 'gpu', { value: undefined }))
    await bare.goto(server.resolvedUrls!.local[0]!)
    await bare.waitForFunction(() => document.getElementById('status')!.textContent !== '', { timeout: 30_000 })
    expect(await bare.$eval('#status', (item) => item.textContent)).toContain('no WebGPU')
    expect(await bare.$eval('#question', (item) => (item as HTMLTextAreaElement).disabled)).toBe(true)
    await bare.close()
  })
})
