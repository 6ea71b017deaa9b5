// Every kernel file's text by its path. What few loads need comes in a chunk of its own.

/** By path, from whatever folder: '…/kernels/lib/step.wgsl'. */
export type KernelFiles = Readonly<Record<string, string>>

export const kernelFiles: KernelFiles = import.meta.glob<string>(
  ['../../kernels/**/*.wgsl', '!**/*bytes*', '!**/*halves*', '!**/*matrices*'],
  { query: '?raw', import: 'default', eager: true },
)
