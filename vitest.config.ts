import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { softwareVulkan } from './src/host/software-vulkan.ts'
import { firefoxPath } from './test/support/browsers.ts'
import { puppeteerProvider } from './test/support/vitest-puppeteer.ts'

// Test workers inherit this process's environment; the dynamic linker reads it when they start.
Object.assign(process.env, await softwareVulkan())

declare module 'vitest' {
  interface ProvidedContext {
    /** Where reference data lies, as a path or, in pages, as a URL path; undefined where it is absent. */
    shared: string | undefined
  }
}

const folder = process.env.INFETCH_SHARED ?? resolve('../shared')
const shared = existsSync(`${folder}/data`) ? folder : undefined

const KERNELS = 'test/webgpu/launchers/**/*.test.ts'

// Projects: node, kernels (each alone, in Node), chromium, and firefox where one is installed. Files below test/webgpu run unchanged in all three.
export default defineConfig({
  resolve: { alias: { infetch: resolve('src/index.ts') } }, // what examples/ import
  optimizeDeps: {
    exclude: ['webgpu'],
    include: [
      'zod',
      'zod/mini',
      '@huggingface/tokenizers',
      '@huggingface/jinja',
      'openai',
      'openai/core/error',
      'openai/helpers/zod',
      'ai',
      '@ai-sdk/openai',
      '@ai-sdk/openai-compatible',
      '@langchain/openai',
      '@langchain/core/messages',
      '@langchain/core/tools',
    ],
  },
  server: { fs: { allow: ['.', ...(shared ? [shared] : [])] } },
  test: {
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/page/**', KERNELS],
          provide: { shared },
        },
      },
      {
        // Dawn compiles for Node as for Chromium: `npm test` runs these in pages only.
        extends: true,
        test: { name: 'kernels', include: [KERNELS], provide: { shared } },
      },
      {
        extends: true,
        test: {
          name: 'page',
          include: [
            'test/webgpu/**/*.test.ts',
            'test/engine/on-gpu.test.ts',
            'test/page/**/*.test.ts',
            'test/sdk/**/*.test.ts', // in Firefox only what test/page has of the openai package
            'test/conformance/{stories,zoo}.test.ts',
          ],
          provide: { shared: shared && `/@fs${shared}` },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: puppeteerProvider,
            instances: [
              { browser: 'chromium', name: 'chromium', exclude: ['test/page/openai-sdk.test.ts'] },
              ...(firefoxPath()
                ? [{ browser: 'firefox', name: 'firefox', exclude: ['test/sdk/**', 'test/conformance/zoo.test.ts'] }]
                : []),
            ],
          },
        },
      },
    ],
  },
})
