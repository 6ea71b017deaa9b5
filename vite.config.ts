import { chmodSync } from 'node:fs'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

/** Kernels are read by people; pages load them without comments and blank lines. */
function compactWgsl(): Plugin {
  return {
    name: 'compact-wgsl',
    enforce: 'pre',
    transform(code, id) {
      if (!/\.wgsl(\?|$)/.test(id) || !code.startsWith('export default')) return
      const text: string = JSON.parse(code.slice(code.indexOf('"'), code.lastIndexOf('"') + 1))
      const compact = text
        .replace(/[ \t]*\/\/[^\n]*/g, '')
        .replace(/\n\s*/g, '\n')
        .trim()
      return { code: `export default ${JSON.stringify(compact)}`, map: null }
    },
  }
}

/**
 * Leaves `new URL('…', import.meta.url)` as it is, for the user's bundler to follow; Vite would put the files inline. The
 * worker has another name in the package.
 */
function keepAssetUrls(): Plugin {
  const mark = 'IMPORT_META_URL'
  return {
    name: 'keep-asset-urls',
    enforce: 'pre',
    transform: (code, id) =>
      /\/(embedded-model|compile-thread)\.ts$/.test(id)
        ? {
            code: code
              .replaceAll('import.meta.url', mark)
              .replace("URL('./compile-worker.ts'", "URL('./constraint-worker.js'"),
            map: null,
          }
        : undefined,
    renderChunk: (code) => ({ code: code.replaceAll(mark, 'import.meta.url'), map: null }),
  }
}

/** So that `npx infetch` works in this checkout too; npm does it for the package. */
function executableCli(): Plugin {
  return { name: 'executable-cli', writeBundle: () => chmodSync('dist/cli.js', 0o755) }
}

/**
 * What a page needs at once lies in one file, whatever of it is shared with what comes later; but for what the worker needs
 * too. What only the command line and the worker have stays in their own: a file that is but an import of another would be
 * left out by bundlers, as the package says that it has no side effects.
 */
const OWN = /[\\/]src[\\/](host[\\/]|constraint[\\/]compile-worker)/
export const CHUNKS = {
  groups: [
    { name: 'constraint', test: /[\\/]src[\\/]constraint[\\/](?!compile-worker)/, entriesAware: true, priority: 1 },
    { name: 'engine', test: (id: string) => !OWN.test(id), tags: ['$initial' as const] },
  ],
}

/** The library as npm gets it: one file for `infetch`, one for the command line; dependencies stay imports. */
export function libraryConfig(): UserConfig {
  return {
    plugins: [compactWgsl(), keepAssetUrls()],
    build: {
      target: 'es2023',
      outDir: 'dist',
      minify: false,
      sourcemap: true,
      lib: {
        entry: {
          index: 'src/index.ts',
          cli: 'src/host/bin.ts',
          'constraint-worker': 'src/constraint/compile-worker.ts',
        },
        formats: ['es'],
      },
      rolldownOptions: {
        external: [/^node:/, 'webgpu', /^zod/, /^@huggingface\//, '@eslint-community/regexpp'],
        output: { codeSplitting: CHUNKS },
      },
    },
  }
}

export default defineConfig({ ...libraryConfig(), plugins: [...(libraryConfig().plugins ?? []), executableCli()] })
