// The small trained Llama of the shared test data behind the whole API, on the CPU.

import { cpuHost } from './cpu-host.ts'
import { sharedData } from './shared-data.ts'

export const storiesHost = () => cpuHost(`${sharedData}/data/models/stories260K-hf`, 'stories260K')
