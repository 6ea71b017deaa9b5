// The files of the package: what a page, a worker and the command line load at once.

import { build, type Rollup } from 'vite'
import { expect, it } from 'vitest'
import { libraryConfig } from '../../vite.config.ts'

const base = libraryConfig()
const results = (await build({
  ...base,
  configFile: false,
  logLevel: 'error',
  build: { ...base.build, write: false },
})) as Rollup.RollupOutput[]
const chunks = new Map(
  results.flatMap(({ output }) => output).flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file]] : [])),
)

/** What is imported at once, from outside of the package too. */
function imported(name: string): string[] {
  const names = [name]
  for (const name of names) names.push(...(chunks.get(name)?.imports ?? []).filter((next) => !names.includes(next)))
  return names
}

it('a page loads nothing of Node, and the engine in few files', () => {
  const names = imported('index.js')
  expect(names.filter((name) => name.startsWith('node:'))).toEqual([])
  expect(names.filter((name) => chunks.has(name)).length).toBeLessThan(5)
})

it('the worker has code of its own, lest bundlers leave it out, and loads no engine', () => {
  expect(chunks.get('constraint-worker.js')!.code).toContain('addEventListener')
  expect(imported('constraint-worker.js').filter((name) => name.startsWith('engine'))).toEqual([])
})

it('the command line shares the engine with the page', () => {
  expect(imported('cli.js')).toEqual(expect.arrayContaining(imported('index.js').slice(1)))
})
