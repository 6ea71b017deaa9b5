// SmolLM3: its calls are those of Hermes, though not every template of it says so.

import type { DialectOf } from './dialect.ts'
import { hermes } from './hermes.ts'

export const smollmOf: DialectOf = (template) =>
  template.includes('SmolLM') || template.includes('xml_tools') ? { ...hermes, name: 'smollm' } : undefined
