// A vitest browser provider over puppeteer-core, so that the same test files run in Chromium and in Firefox.

import { defineBrowserProvider } from '@vitest/browser'
import type { Browser, Page } from 'puppeteer-core'
import { type BrowserName, launchBrowser } from './browsers.ts'

export const puppeteerProvider = defineBrowserProvider({
  name: 'puppeteer',
  supportedBrowser: ['chromium', 'firefox'],
  providerFactory: (project) => {
    let browser: Promise<Browser> | undefined
    const pages = new Map<string, Page>()
    return {
      name: 'puppeteer',
      supportsParallelism: false,
      getCommandsContext: (session) => ({ page: pages.get(session) }),
      async openPage(session, url) {
        browser ??= launchBrowser(project.config.browser.name as BrowserName)
        const page = await (await browser).newPage()
        pages.set(session, page)
        await page.goto(url)
      },
      async close() {
        await (await browser)?.close()
      },
    }
  },
})
