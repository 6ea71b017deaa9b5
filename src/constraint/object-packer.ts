// Objects as states of a table draft: names, colons, values, and what may close. Knows nothing of other values but where they
// begin.

import type { Expr } from './expression.ts'
import { type Places, type Spot, slot } from './json-spots.ts'
import type { KeySpace } from './key-space.ts'
import { dead } from './language.ts'
import type { Demand } from './plan.ts'
import type { StringMachine } from './string-machine.ts'
import { Action, CpuOnly, entry } from './tables.ts'
import type { TextPlan } from './text-packer.ts'

const maxNames = 256
const nothing: ReadonlySet<string> = new Set()

export class ObjectPacker {
  private readonly packer: Places
  private readonly keyReach = new Map<string, readonly number[] | null>()
  private readonly nameStarts = new Map<string, number>()

  constructor(packer: Places) {
    this.packer = packer
  }

  /** After the opening brace. */
  first(d: Demand): Spot {
    return this.object(d, 'first', nothing)
  }

  /**
   * An object that begins easy is one state per place, names seen kept aside; any other has a state for every set of names
   * used, all its life.
   */
  private object(
    d: Demand,
    place: 'first' | 'after' | 'next',
    used: ReadonlySet<string>,
    space = this.packer.kit.members.spaceOf(d),
    easy = this.packer.kit.planner.easy(d),
  ): Spot {
    const { planner, members } = this.packer.kit
    if (planner.tracksNames(d) > 0) throw new CpuOnly('names are remembered on the CPU')
    const key = `o${place}|${d.key}|${members.spaceId(space)}|${easy ? '' : JSON.stringify([...used].sort())}`
    const required = easy ? requiredNames(d).map((n) => this.bit(space, n)) : []
    const closing = (byte: number): number => {
      if (byte !== 0x7d) return 0
      const r = easy ? (d.results[0] ?? -1) : planner.close(d)
      return r < 0 ? 0 : entry(Action.pop, slot(r))
    }
    const names = place === 'after' ? -1 : this.names(d, space, used, easy)
    return {
      key,
      prepare: (s) => {
        if (easy && place !== 'next' && required.length > 0) s.all = required
        if (easy && place === 'next') s.any = this.keyReach.get(this.namesKey(d, space, used, easy)) ?? null
      },
      step: (byte) => {
        if (place === 'after') {
          if (byte !== 0x2c) return closing(byte)
          const next = this.object(d, 'next', used, space, easy)
          return this.names(d, space, used, easy) < 0 ? 0 : entry(Action.go, this.packer.at(next))
        }
        if (byte === 0x22) return names < 0 ? 0 : entry(Action.go, names)
        return place === 'first' ? closing(byte) : 0
      },
    }
  }

  private bit(space: KeySpace, name: string): number {
    if (space.declared.length > maxNames) throw new CpuOnly(`an object declares more than ${maxNames} names`)
    return space.classOf(name)
  }

  private namesKey(d: Demand, space: KeySpace, used: ReadonlySet<string>, easy: boolean): string {
    return `k${d.key}|${this.packer.kit.members.spaceId(space)}|${easy ? '' : JSON.stringify([...used].sort())}`
  }

  /** The state after a name's opening quote, or -1 when no name is possible. */
  private names(d: Demand, space: KeySpace, used: ReadonlySet<string>, easy: boolean): number {
    const key = this.namesKey(d, space, used, easy)
    const known = this.nameStarts.get(key)
    if (known !== undefined) return known
    const { planner } = this.packer.kit
    const without = (c: number): ReadonlySet<string> =>
      space.isDeclared(c) ? new Set(used).add(space.declared[c]!) : used
    const allowed = new Set<number>()
    for (let c = 0; c < space.classes; c++) {
      if (!easy && space.isDeclared(c) && used.has(space.declared[c]!)) continue
      if (planner.mayCome(d, space, c, without(c))) allowed.add(c)
    }
    const machine = space.machine((c) => allowed.has(c), [])
    if (machine.start === dead) {
      this.nameStarts.set(key, -1)
      return -1
    }
    const reach = easy ? reachable(machine, space) : null
    this.keyReach.set(key, reach?.get(machine.start) ?? null)
    const plan: TextPlan = {
      key,
      machine,
      json: true,
      end: (cls) => this.named(d, space, used, easy, cls),
      ...(reach ? { guard: (m: number) => reach.get(m) ?? null } : {}),
    }
    const start = this.packer.texts.state(plan, machine.start)
    this.nameStarts.set(key, start)
    return start
  }

  /** The entry for a name's closing quote. */
  private named(d: Demand, space: KeySpace, used: ReadonlySet<string>, easy: boolean, cls: number): number {
    const { planner } = this.packer.kit
    const declared = space.isDeclared(cls)
    const later = declared ? new Set(used).add(space.declared[cls]!) : used
    const plan = planner.member(d, space, cls, later)
    if (!plan) return 0
    const key = `${this.namesKey(d, space, used, easy)}#${cls}`
    const value = this.packer.valueSpot(`v${key}`, plan, (o) =>
      this.packer.at(
        easy
          ? this.object(d, 'after', used, space, true)
          : this.object(plan.after(o, null)!, 'after', later, space, false),
      ),
    )
    const bit = easy && declared ? this.bit(space, space.declared[cls]!) : -1
    const colon: Spot = {
      key: `c${key}`,
      step: (byte) => (byte === 0x3a ? entry(Action.go, this.packer.at(value)) : 0),
    }
    // Entered by the quote alone: only here the name is checked and noted.
    const first = this.packer.draft.state(`n${key}`, (s) => {
      if (bit >= 0) {
        s.bit = bit
        s.any = [bit]
      }
      this.packer.fill(s, colon)
    })
    return entry(bit >= 0 ? Action.name : Action.go, first)
  }
}

function requiredNames(d: Demand): string[] {
  const x = d.roots[0]
  if (!x) return []
  return (x.k === 'and' ? x.xs : [x]).flatMap((y: Expr) => (y.atom?.k === 'required' ? [y.atom.key] : []))
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
        if (order.length > 20_000) throw new RangeError('Cannot pack tables: too many states')
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
