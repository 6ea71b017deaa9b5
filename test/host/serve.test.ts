// `infetch serve` as a process: health while loading, curl's view of it, the openai package over HTTP, an orderly end.

import { type ChildProcess, spawn } from 'node:child_process'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let child: ChildProcess
let output = ''
let base = ''
const health: number[] = []

beforeAll(async () => {
  child = spawn(process.execPath, ['tools/run.mjs', 'src/host/cli.ts', 'serve', '--port', '0'], { stdio: 'pipe' })
  child.stdout!.on('data', (data) => (output += data))
  child.stderr!.on('data', (data) => (output += data))
  while (health.at(-1) !== 200) {
    if (child.exitCode !== null) throw new Error(`infetch serve ended: ${output}`)
    base ||= /http:\/\/[\d.]+:\d+/.exec(output)?.[0] ?? ''
    if (base) {
      const { status } = await fetch(`${base}/health`)
      if (health.at(-1) !== status) health.push(status)
    }
    await new Promise((go) => setTimeout(go, 50))
  }
}, 180_000)

afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGKILL')
})

const client = () => new OpenAI({ apiKey: 'local', baseURL: `${base}/v1`, maxRetries: 0 })
const ask = { model: 'infetch-embedded', messages: [{ role: 'user' as const, content: 'Hello!' }] }

describe('infetch serve', () => {
  it('said 503 while loading, then 200', () => expect(health).toEqual([503, 200]))

  it('answers a plain request', async () => {
    const response = await fetch(`${base}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask, max_tokens: 8, temperature: 0 }),
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const body = await response.json()
    expect(body.object).toBe('chat.completion')
    expect(body.choices[0].message.content.length).toBeGreaterThan(0)
  })

  it('answers a preflight', async () => {
    const response = await fetch(`${base}/v1/chat/completions`, { method: 'OPTIONS' })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization')
  })

  it('create and stream of the openai package agree', async () => {
    const options = { ...ask, max_tokens: 12, temperature: 0 }
    const whole = await client().chat.completions.create(options)
    let text = ''
    for await (const chunk of await client().chat.completions.create({ ...options, stream: true }))
      text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(whole.choices[0]!.message.content)
  })

  it('a client that goes away frees the work', async () => {
    const stop = new AbortController()
    const stream = await client().chat.completions.create(
      { ...ask, stream: true, max_tokens: 400 },
      { signal: stop.signal },
    )
    for await (const _ of stream) {
      stop.abort()
      break
    }
    const running = async () => {
      const text = await (await fetch(`${base}/metrics`)).text()
      const gauges = text.split('\n').filter((line) => /^infetch_\w*running/.test(line))
      expect(gauges.length).toBeGreaterThan(0)
      return gauges.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    }
    for (let tries = 0; (await running()) > 0; tries++) {
      expect(tries).toBeLessThan(100)
      await new Promise((go) => setTimeout(go, 50))
    }
  })

  it('ends on SIGTERM', async () => {
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })
})
