// Runs a TypeScript file of this project in Node: node tools/run.mjs FILE.ts [arguments]. Vite resolves what only it
// knows (WGSL as text).
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const [file, ...rest] = process.argv.slice(2)
if (!file) throw new Error('Cannot run: no file given')
process.argv = [process.argv[0], resolve(file), ...rest]
const root = fileURLToPath(new URL('..', import.meta.url))
const { module } = await runnerImport(resolve(file), { root, configFile: false, logLevel: 'error' })
await module.main?.(rest)
