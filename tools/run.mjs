// Runs a TypeScript file of this project in Node: node tools/run.mjs FILE.ts [arguments]. Vite resolves what only it
// knows (WGSL as text); the file exports main(arguments).
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const [file, ...rest] = process.argv.slice(2)
if (!file) throw new Error('Cannot run: no file given')
const server = await createServer({
  root: fileURLToPath(new URL('..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
})
try {
  const { main } = await server.ssrLoadModule(resolve(file))
  await main(rest)
} finally {
  await server.close()
}
process.exit(process.exitCode)
