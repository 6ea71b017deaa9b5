// The kernels of products whose x is rounded to bytes: loaded where somebody asks for them.

import type { KernelFiles } from './kernel-sources.ts'

export const byteKernelFiles: KernelFiles = import.meta.glob<string>('../../kernels/**/*bytes*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
})
