import { defineConfig } from 'vitest/config'
import { firefoxPath } from './test/support/browsers.ts'
import { softwareVulkan } from './src/host/software-vulkan.ts'
import { puppeteerProvider } from './test/support/vitest-puppeteer.ts'

// Test workers inherit this process's environment; the dynamic linker reads it when they start.
Object.assign(process.env, await softwareVulkan())

// Projects: node, chromium, and firefox where one is installed. Files below test/webgpu run unchanged in all three.
export default defineConfig({
  optimizeDeps: { exclude: ['webgpu'] },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    projects: [
      { extends: true, test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/page/**'] } },
      {
        extends: true,
        test: {
          name: 'page',
          include: ['test/webgpu/**/*.test.ts', 'test/page/**/*.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: puppeteerProvider,
            instances: [
              { browser: 'chromium', name: 'chromium' },
              ...(firefoxPath() ? [{ browser: 'firefox', name: 'firefox' }] : []),
            ],
          },
        },
      },
    ],
  },
})
