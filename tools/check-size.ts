// Fails when the engine chunk (the library with its runtime dependencies, as a page loads it) grows past its budget, or the
// chunks that a page loads later, each when it is first needed, past theirs.

import { gzipSync } from 'node:zlib'
import { build, type Rollup } from 'vite'
import { CHUNKS, libraryConfig } from '../vite.config.ts'

const BUDGET = 140 * 1024
/** Constraints, rarer routes, dialects of tool calls, readers of GGUF and packed checkpoints, self-test: each when it is needed. */
const LATER_BUDGET = 100 * 1024

export async function main(): Promise<void> {
  const base = libraryConfig()
  const result = (await build({
    ...base,
    configFile: false,
    logLevel: 'error',
    build: {
      ...base.build,
      write: false,
      minify: true,
      lib: { entry: 'src/index.ts', formats: ['es'] },
      rolldownOptions: { external: [/^node:/, 'webgpu'], output: { codeSplitting: CHUNKS } },
    },
  })) as Rollup.RollupOutput[]
  const chunks = result.flatMap((r) => r.output).filter((o) => o.type === 'chunk')
  const sizes = new Map(chunks.map((chunk) => [chunk.fileName, gzipSync(chunk.code).length]))
  for (const { fileName, code } of chunks) console.log(`${fileName}: ${code.length} bytes, ${sizes.get(fileName)} gzip`)
  const first = reachable(chunks.find(({ isEntry }) => isEntry)!, chunks)
  const sum = (names: readonly string[]) => names.reduce((sum, name) => sum + sizes.get(name)!, 0)
  const engine = sum(first)
  const later = sum([...sizes.keys()].filter((name) => !first.includes(name)))
  const report = (what: string, bytes: number, budget: number) =>
    console.log(`${what}: ${(bytes / 1024).toFixed(1)} KB gzip of ${budget / 1024} KB`)
  report('engine chunk', engine, BUDGET)
  report('loaded when needed', later, LATER_BUDGET)
  if (engine > BUDGET || later > LATER_BUDGET) process.exit(1)
}

/** File names of what a chunk imports at once, its own first. */
function reachable(chunk: Rollup.OutputChunk, chunks: readonly Rollup.OutputChunk[]): string[] {
  const names = [chunk.fileName]
  for (const name of names)
    names.push(...(chunks.find((c) => c.fileName === name)?.imports ?? []).filter((i) => !names.includes(i)))
  return names.filter((name) => chunks.some((c) => c.fileName === name))
}
