// npm run conformance:checks -- [--in node|chromium|firefox] [--only PATTERN]: the black-box suite of the API contract beside
// this repository, against `infetch serve` in Node or an engine in a page.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { serveHttp } from '../../src/host/http-server.ts'
import { softwareVulkan } from '../../src/host/software-vulkan.ts'
import type { BrowserName } from '../support/browsers.ts'
import { openPageEngine } from '../support/page-engine.ts'

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { in: { type: 'string', default: 'node' }, only: { type: 'string', default: '' } },
  })
  const shared = process.env.INFETCH_SHARED ?? resolve('../shared')
  if (!existsSync(`${shared}/checks/run.mjs`)) {
    console.log(`Skipped: no suite at ${shared}/checks (INFETCH_SHARED names another place)`)
    return
  }
  const model = `${shared}/data/models/stories260K-hf`
  // The suite installs its dependencies beside itself: a copy of it may be written.
  const folder = mkdtempSync(join(tmpdir(), 'infetch-checks-'))
  cpSync(`${shared}/checks`, folder, { recursive: true })
  try {
    process.exitCode = await (values.in === 'node'
      ? suite(folder, ['--models', `${shared}/data/models`, '--only', values.only])
      : inPage(values.in as BrowserName, folder, model, values.only))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function inPage(name: BrowserName, folder: string, model: string, only: string): Promise<number> {
  const page = await openPageEngine(name, `/@fs${model}`, [model])
  const server = await serveHttp(page.fetch, 0)
  try {
    return await suite(folder, ['--url', `http://127.0.0.1:${server.port}`, '--only', only])
  } finally {
    await server.close()
    await page.close()
  }
}

/** Runs the suite to its end; resolves with its exit code. */
async function suite(folder: string, args: string[]): Promise<number> {
  const env = { ...process.env, ...(await softwareVulkan()) }
  const child = spawn(process.execPath, [join(folder, 'run.mjs'), ...args], { stdio: 'inherit', env })
  return new Promise((done) => child.once('exit', (code) => done(code ?? 1)))
}
