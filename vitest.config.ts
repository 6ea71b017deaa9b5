import { defineConfig } from 'vitest/config'
import { vulkanEnvironment } from './test/support/software-vulkan.ts'

// Test workers inherit this process's environment; the dynamic linker reads it when they start.
Object.assign(process.env, await vulkanEnvironment())

export default defineConfig({
  test: {
    testTimeout: 60_000,
    pool: 'forks',
    projects: [{ extends: true, test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'] } }],
  },
})
