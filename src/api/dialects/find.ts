// Which dialect a model writes its calls in: its chat template tells.

import { deepseekOf } from './deepseek.ts'
import type { Dialect } from './dialect.ts'
import { generic } from './generic.ts'
import { graniteOf } from './granite.ts'
import { hermesOf } from './hermes.ts'
import { llamaOf } from './llama.ts'
import { mistralOf } from './mistral.ts'
import { phiOf } from './phi.ts'
import { smollmOf } from './smollm.ts'

export function findDialect(template: string): Dialect {
  for (const dialectOf of [mistralOf, deepseekOf, graniteOf, phiOf, smollmOf, hermesOf, llamaOf]) {
    const dialect = dialectOf(template)
    if (dialect) return dialect
  }
  return generic
}
