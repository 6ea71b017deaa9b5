// Every file of examples/ as it stands, on the embedded model. They share one engine, which each believes to be its own; it
// runs on the CPU, which is faster than a software GPU.

import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFetch } from '../src/api/router.ts'
import { embeddedModel } from '../src/embedded-model.ts'
import { cpuHost } from './support/cpu-host.ts'

const { host, engine } = await cpuHost(embeddedModel, 'infetch-embedded')
const opened = { fetch: createFetch(host), models: host.models, close: async () => {} }
vi.doMock('infetch', () => ({ createEngine: async () => opened }))
const run = (name: string) => import(`../examples/${name}.mjs`)

let lines: string[] = []
beforeEach(() => {
  lines = []
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(String(line)))
})
afterEach(() => {
  vi.restoreAllMocks()
  expect(engine.info.blocks.used).toBe(0)
})
afterAll(() => engine.close())

const sentence = /^\w.{9,}/s

it('openai', async () => {
  await run('openai')
  expect(lines).toEqual([
    expect.stringContaining('42'),
    expect.stringMatching(sentence),
    expect.stringContaining('infetch'),
    expect.stringMatching(/^two sums: 0\.9\d, a sum and a story: 0\.\d+$/),
  ])
})

it('evaluation', async () => {
  await run('evaluation')
  expect(lines.at(-1)).toBe('3 of 3 right')
})

it('extraction', async () => {
  await run('extraction')
  expect(lines).toEqual(['Tom, 7', 'Olga, 64', 'Ben, 31'])
})

it('ai-sdk', async () => {
  await run('ai-sdk')
  expect(lines).toEqual([
    expect.stringContaining('42'),
    expect.stringMatching(sentence),
    'Tom, 7',
    expect.stringMatching(/^add\((-?\d+), (-?\d+)\) = -?\d+$/),
  ])
})

it('langchain', async () => {
  await run('langchain')
  expect(lines.slice(0, -1)).toEqual([
    expect.stringContaining('42'),
    expect.stringMatching(sentence),
    'Tom, 7',
    expect.stringMatching(/^add\((-?\d+), (-?\d+)\) = -?\d+$/),
  ])
  expect(lines.at(-1)).toMatch(/./)
})

it('agent', async () => {
  await run('agent')
  expect(lines.at(-1)).toMatch(/./)
})
