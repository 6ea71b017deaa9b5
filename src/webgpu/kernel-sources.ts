// Every kernel file's text by its path below kernels/, without the ending: 'norm', 'lib/step'.

const files = import.meta.glob<string>('../../kernels/**/*.wgsl', { query: '?raw', import: 'default', eager: true })

export const kernelSources: ReadonlyMap<string, string> = new Map(
  Object.entries(files).map(([path, text]) => [path.replace(/^.*\/kernels\//, '').replace(/\.wgsl$/, ''), text]),
)
