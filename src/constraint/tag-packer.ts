// Structural tags as states of a table draft: a state for every set of threads outside JSON containers, scalars among them; a
// container is a frame on the stack. Knows nothing of what the parts mean.

import { type State, stepByte } from './engine.ts'
import { JsonEngine } from './json-engine.ts'
import { JsonPacker } from './json-packer.ts'
import { slot } from './json-spots.ts'
import { CpuOnly, entry, type TableDraft } from './table-draft.ts'
import { Action } from './tables.ts'
import type { TagEngine } from './tag-engine.ts'
import { TextEngine } from './text-engine.ts'

export function packTags(engine: TagEngine, draft: TableDraft): number {
  const ids = new Map<State, number>()
  let json: JsonPacker | null = null
  const visit = (state: State): number => {
    let id = ids.get(state)
    if (id === undefined) {
      id = ids.size
      ids.set(state, id)
    }
    return draft.state(`t${id}`, (s) => {
      const foreign = engine.contents(state).find((e) => !(e instanceof TextEngine || e instanceof JsonEngine))
      if (foreign) throw new CpuOnly(`${foreign.name} constraints inside structural tags need the CPU`)
      s.ends = engine.accepts(state)
      for (let b = 0; b < 256; b++) {
        const open = b === 0x5b || b === 0x7b ? engine.opening(state, b) : null
        if (open === 'mixed') throw new CpuOnly('a structural tag goes on in two ways from one bracket')
        if (open) {
          json ??= new JsonPacker(open.engine.kit, draft)
          if (s.symbol < 0) {
            const [symbol, slots] = draft.symbol()
            s.symbol = symbol
            slots.set(slot(0), visit(open.after))
          } else if (draft.returns[s.symbol]!.get(slot(0)) !== visit(open.after)) {
            throw new CpuOnly('a structural tag goes on in two ways from one place')
          }
          s.row[b] = entry(Action.push, json.container(open.engine.whole!, b))
          continue
        }
        const to = stepByte(engine, state, b)
        if (to) s.row[b] = entry(Action.go, visit(to))
      }
    })
  }
  return visit(engine.start()!)
}
