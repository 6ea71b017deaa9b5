// A GGUF's pooling type as the files of sentence-transformers would say it; files of generative models have none.

import type { Gguf } from './gguf.ts'
import { GgufMetadata } from './gguf-metadata.ts'

const MODES = ['none', 'mean', 'cls', 'lasttoken', 'rank']

export function ggufModules(gguf: Gguf): unknown {
  const type = new GgufMetadata(gguf).number('pooling_type')
  return type === undefined ? undefined : [{ type: 'Pooling', path: '1_Pooling' }]
}

export function ggufPooling(gguf: Gguf): unknown {
  return { pooling_mode: MODES[new GgufMetadata(gguf).number('pooling_type') ?? 0] }
}
