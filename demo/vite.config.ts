import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  server: { port: 5173, fs: { allow: ['..'] } },
  build: { outDir: '../dist/demo', target: 'es2023' },
})
