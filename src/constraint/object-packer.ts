// Objects as states of a table draft: names, colons, values, and what may close. Knows nothing of other values but where they
// begin.

import { type Places, type Spot, slot } from './json-spots.ts'
import type { KeySpace } from './key-space.ts'
import { dead } from './language.ts'
import type { Demand } from './memory.ts'
import type { StringMachine } from './string-machine.ts'
import { CpuOnly, entry } from './table-draft.ts'
import { Action } from './tables.ts'

const maxNames = 256
const nothing: ReadonlySet<string> = new Set()

/** An object under way: what it demands, and those of the names used that matter to that. The rest of the names are bits. */
type Progress = {
  readonly d: Demand
  readonly space: KeySpace
  readonly used: ReadonlySet<string>
  readonly key: string
}

type Names = { readonly start: number; readonly reach: readonly number[] | null }

export class ObjectPacker {
  private readonly packer: Places
  private readonly known = new Map<string, Names | null>()

  constructor(packer: Places) {
    this.packer = packer
  }

  /** After the opening brace. */
  first(d: Demand): Spot {
    return this.spot(this.progress(d, this.packer.kit.members.spaceOf(d), nothing), 'first')
  }

  private progress(d: Demand, space: KeySpace, names: ReadonlySet<string>): Progress {
    const { planner, members } = this.packer.kit
    if (planner.memory.tracksNames(d) > 0) throw new CpuOnly('names are remembered on the CPU')
    if (space.declared.length > maxNames) throw new CpuOnly(`an object declares more than ${maxNames} names`)
    const { matter } = planner.memory.namesOf(d, space)
    const used = new Set([...names].filter((n) => matter.has(n)).sort())
    return {
      d,
      space,
      used,
      key: `${d.key}|${members.spaceId(space)}|${used.size > 0 ? JSON.stringify([...used]) : ''}`,
    }
  }

  private spot(p: Progress, place: 'first' | 'after' | 'next'): Spot {
    const { planner } = this.packer.kit
    const { kept } = planner.memory.namesOf(p.d, p.space)
    const closing = (byte: number): number => {
      const r = byte === 0x7d ? planner.close(p.d, kept) : -1
      return r < 0 ? 0 : entry(Action.pop, slot(r))
    }
    return {
      key: `o${place}|${p.key}`,
      prepare: (s) => {
        if (place === 'next') s.any = this.names(p)?.reach ?? null
        else if (kept.size > 0) s.all = [...kept].map((n) => p.space.classOf(n))
      },
      step: (byte) => {
        if (place === 'after') {
          if (byte !== 0x2c) return closing(byte)
          return this.names(p) ? entry(Action.go, this.packer.at(this.spot(p, 'next'))) : 0
        }
        if (byte !== 0x22) return place === 'first' ? closing(byte) : 0
        const names = this.names(p)
        return names ? entry(Action.go, names.start) : 0
      },
    }
  }

  /** The state after a name's opening quote, and the names it leads to; null when no name is possible. */
  private names(p: Progress): Names | null {
    let names = this.known.get(p.key)
    if (names === undefined) {
      names = this.makeNames(p)
      this.known.set(p.key, names)
    }
    return names
  }

  private makeNames(p: Progress): Names | null {
    const { space } = p
    const allowed = new Set<number>()
    for (let c = 0; c < space.classes; c++) {
      if (space.isDeclared(c) && p.used.has(space.declared[c]!)) continue
      const { planner } = this.packer.kit
      const { kept } = planner.memory.namesOf(p.d, space)
      if (planner.mayCome(p.d, space, c, this.with(p, c), kept)) allowed.add(c)
    }
    const machine = space.machine((c) => allowed.has(c), [])
    if (machine.start === dead) return null
    const reach = reachable(machine, space)
    const guard = (m: number): readonly number[] | null => reach.get(m) ?? null
    const end = (cls: number): number => this.named(p, cls)
    const start = this.packer.texts.state({ key: `k${p.key}`, machine, json: true, end, guard }, machine.start)
    return { start, reach: guard(machine.start) }
  }

  /** The names used that matter, when one more has come. */
  private with(p: Progress, cls: number): ReadonlySet<string> {
    const name = p.space.declared[cls]
    const { matter } = this.packer.kit.planner.memory.namesOf(p.d, p.space)
    return name !== undefined && matter.has(name) ? new Set(p.used).add(name) : p.used
  }

  /** The entry for a name's closing quote. */
  private named(p: Progress, cls: number): number {
    const { planner } = this.packer.kit
    const later = this.with(p, cls)
    const plan = planner.member(p.d, p.space, cls, later, planner.memory.namesOf(p.d, p.space).kept)
    if (!plan) return 0
    const key = `${p.key}#${cls}`
    const value = this.packer.valueSpot(`v${key}`, plan, (o) =>
      this.packer.at(this.spot(this.progress(plan.after(o, null)!, p.space, later), 'after')),
    )
    const colon: Spot = {
      key: `c${key}`,
      step: (byte) => (byte === 0x3a ? entry(Action.go, this.packer.at(value)) : 0),
    }
    if (!p.space.isDeclared(cls)) return entry(Action.go, this.packer.at(colon))
    // Entered by the quote alone: only here the name is checked and noted.
    const first = this.packer.draft.state(`n${key}`, (s) => {
      s.bit = cls
      s.any = [cls]
      this.packer.fill(s, colon)
    })
    return entry(Action.name, first)
  }
}

/** By state: the declared names still reachable, or null where an open class is. */
function reachable(machine: StringMachine, space: KeySpace): Map<number, readonly number[] | null> {
  const order: number[] = [machine.start]
  const before = new Map<number, Set<number>>([[machine.start, new Set()]])
  const found = new Map<number, Set<number>>()
  for (let i = 0; i < order.length; i++) {
    const at = order[i]!
    const result = machine.result(at)
    found.set(at, new Set(result >= 0 ? [result] : []))
    for (let c = 0; c < machine.partition.count; c++) {
      const to = machine.step(at, c)
      if (to === dead) continue
      if (!before.has(to)) {
        before.set(to, new Set())
        order.push(to)
        if (order.length > 20_000) throw new CpuOnly('names have more than 20000 states')
      }
      before.get(to)!.add(at)
    }
  }
  const todo = [...order]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const p of before.get(at)!) {
      const mine = found.get(p)!
      const size = mine.size
      for (const c of found.get(at)!) mine.add(c)
      if (mine.size > size) todo.push(p)
    }
  }
  return new Map([...found].map(([at, set]) => [at, [...set].some((c) => !space.isDeclared(c)) ? null : [...set]]))
}
