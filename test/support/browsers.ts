// Starts the browsers that tests and benches run in, by puppeteer-core: Chromium (DevTools protocol) and Firefox (BiDi).

import { existsSync } from 'node:fs'
import puppeteer, { type Browser } from 'puppeteer-core'

export type BrowserName = 'chromium' | 'firefox'

const CHROMIUM = [
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const FIREFOX = ['/usr/bin/firefox', '/usr/bin/firefox-esr', '/Applications/Firefox.app/Contents/MacOS/firefox']

/** CHROME_PATH, an installed Chrome or Chromium, else the one inside npm's @sparticuz/chromium. */
export async function chromiumPath(): Promise<string> {
  const installed = process.env.CHROME_PATH ?? CHROMIUM.find((path) => existsSync(path))
  if (installed) return installed
  const { default: chromium } = await import('@sparticuz/chromium')
  return chromium.executablePath()
}

/** FIREFOX_PATH or an installed Firefox; undefined when there is none. */
export function firefoxPath(): string | undefined {
  return process.env.FIREFOX_PATH ?? FIREFOX.find((path) => existsSync(path))
}

/** A headless browser with WebGPU, on a software adapter where there is no other. */
export async function launchBrowser(name: BrowserName): Promise<Browser> {
  if (name === 'firefox') {
    const executablePath = firefoxPath()
    if (!executablePath) throw new Error('Cannot start Firefox: none found, set FIREFOX_PATH')
    return puppeteer.launch({
      browser: 'firefox',
      executablePath,
      headless: true,
      protocolTimeout: 600_000,
      extraPrefsFirefox: {
        'dom.webgpu.enabled': true,
        'gfx.webgpu.ignore-blocklist': true,
        'dom.webgpu.workers.enabled': true,
      },
    })
  }
  return puppeteer.launch({
    executablePath: await chromiumPath(),
    headless: true,
    protocolTimeout: 600_000,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
      '--disable-background-networking',
      '--disable-dev-shm-usage',
      '--no-first-run',
    ],
  })
}
