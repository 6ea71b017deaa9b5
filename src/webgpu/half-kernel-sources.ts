// The kernels of products in f16: loaded where a device has shader-f16 and variants are timed.

import type { KernelFiles } from './kernel-sources.ts'

export const halfKernelFiles: KernelFiles = import.meta.glob<string>('../../kernels/**/*halves*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
})
