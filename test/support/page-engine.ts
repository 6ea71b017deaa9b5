// An engine in a browser page behind a fetch function here in Node: requests go in by the page's own engine.fetch, bodies
// come back piece by piece. What lets an HTTP suite test a page.

import type { Page } from 'puppeteer-core'
import { createServer } from 'vite'
import { type BrowserName, launchBrowser } from './browsers.ts'

interface Answer {
  readonly head: (status: number, headers: Record<string, string>) => void
  readonly piece: (base64: string) => void
  readonly end: () => void
  readonly fail: (message: string) => void
}

export interface PageEngine {
  readonly fetch: (request: Request) => Promise<Response>
  close(): Promise<void>
}

/** `modelUrl`: a path or URL that the page can load the model folder from; `allow`: folders the page's server may read. */
export async function openPageEngine(name: BrowserName, modelUrl: string, allow: string[]): Promise<PageEngine> {
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    optimizeDeps: { include: ['zod/mini', '@huggingface/tokenizers', '@huggingface/jinja'] },
    server: { port: 0, hmr: false, fs: { allow: ['.', ...allow] } },
  })
  await server.listen()
  const browser = await launchBrowser(name)
  const page = await browser.newPage()
  const answers = new Map<number, Answer>()
  await page.exposeFunction('answer', (id: number, part: keyof Answer, ...rest: never[]) => {
    ;(answers.get(id)?.[part] as ((...rest: never[]) => void) | undefined)?.(...rest)
  })
  await page.goto(new URL('test/support/page-engine.html', server.resolvedUrls!.local[0]!).href)
  await page.waitForFunction('window.openEngine')
  await page.evaluate(`window.openEngine(${JSON.stringify(modelUrl)})`)
  let next = 0
  return {
    fetch: (request) => ask(page, answers, next++, request),
    async close() {
      await browser.close()
      await server.close()
    },
  }
}

async function ask(page: Page, answers: Map<number, Answer>, id: number, request: Request): Promise<Response> {
  const { method, url, headers, signal } = request
  const body =
    method === 'GET' || method === 'HEAD' ? null : Buffer.from(await request.arrayBuffer()).toString('base64')
  const sent = { method, url: new URL(url).pathname + new URL(url).search, headers: Object.fromEntries(headers), body }
  const stop = () => void page.evaluate(`window.stopRequest(${id})`).catch(() => {})
  signal.addEventListener('abort', stop)
  return new Promise((resolve, reject) => {
    let controller: ReadableStreamDefaultController<Uint8Array>
    const stream = new ReadableStream<Uint8Array>({
      start(made) {
        controller = made
      },
      cancel: stop,
    })
    const done = () => {
      answers.delete(id)
      signal.removeEventListener('abort', stop)
    }
    answers.set(id, {
      head: (status, headers) => resolve(new Response(status === 204 ? null : stream, { status, headers })),
      piece: (base64) => controller.enqueue(Buffer.from(base64, 'base64')),
      end: () => {
        done()
        controller.close()
      },
      fail: (message) => {
        done()
        const error = new Error(message)
        controller.error(error)
        reject(error)
      },
    })
    page.evaluate(`window.startRequest(${id}, ${JSON.stringify(sent)})`).catch(reject)
  })
}
