// Explores an engine's automaton into packed tables. Regexes and choices are flat; JSON needs the stack, and structural tags are
// flat around the containers inside them. What needs more (tapes, recursion of grammars) stays on the CPU.

import type { Engine } from './engine.ts'
import { type Budget, BudgetExceeded } from './errors.ts'
import { JsonEngine } from './json-engine.ts'
import { JsonPacker } from './json-packer.ts'
import { CpuOnly, TableDraft } from './table-draft.ts'
import type { Tables } from './tables.ts'
import { TagEngine } from './tag-engine.ts'
import { packTags } from './tag-packer.ts'
import { TextEngine } from './text-engine.ts'
import { TextPacker } from './text-packer.ts'

/** The tables, or the reason why only the CPU can walk this constraint. */
export function packTables(engine: Engine, budget: Budget, mostStates: number): Tables | string {
  const draft = new TableDraft(mostStates, budget)
  try {
    return draft.pack(begin(engine, draft))
  } catch (error) {
    if (error instanceof CpuOnly) return error.message
    if (error instanceof RangeError) return 'it nests too deep'
    if (error instanceof BudgetExceeded) return 'its tables take too long to make'
    throw error
  }
}

/** Drafts every state an engine can reach; gives the first. */
function begin(engine: Engine, draft: TableDraft): number {
  if (!engine.start()) throw new CpuOnly('nothing satisfies it')
  if (engine instanceof TextEngine) return packText(engine, draft)
  if (engine instanceof JsonEngine && engine.whole) return new JsonPacker(engine.kit, draft).document(engine.whole)
  if (engine instanceof TagEngine) return packTags(engine, draft)
  throw new CpuOnly(`${engine.name} constraints need the CPU`)
}

function packText(engine: TextEngine, draft: TableDraft): number {
  const { machine } = engine.lexer
  const plan = { key: '', machine, json: false, end: () => 0 }
  return new TextPacker(draft, engine.table, true).state(plan, machine.start)
}
