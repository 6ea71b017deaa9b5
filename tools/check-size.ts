// Fails when the engine chunk (the library with its runtime dependencies, as a page loads it) grows past its budget.

import { gzipSync } from 'node:zlib'
import { build, type Rollup } from 'vite'
import { libraryConfig } from '../vite.config.ts'

const BUDGET = 150 * 1024

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
      rolldownOptions: { external: [/^node:/, 'webgpu'] },
    },
  })) as Rollup.RollupOutput[]
  const chunks = result.flatMap((r) => r.output).filter((o) => o.type === 'chunk')
  const bytes = chunks.reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0)
  for (const chunk of chunks)
    console.log(`${chunk.fileName}: ${chunk.code.length} bytes, ${gzipSync(chunk.code).length} gzip`)
  console.log(`engine chunk: ${(bytes / 1024).toFixed(1)} KB gzip of ${BUDGET / 1024} KB`)
  if (bytes > BUDGET) process.exit(1)
}
