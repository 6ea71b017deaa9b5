// Strings as states of a table draft: a state per place in the string. A character of several bytes, or an escape, is a frame of
// its own, popped with the group the character belongs to, so that such bytes have states once and not once per place. Knows
// nothing of what strings are for.

import { maxCodePoint, Partition } from './code-points.ts'
import { dead } from './language.ts'
import { type LexTable, noWay } from './lex-table.ts'
import { type DraftState, entry, type TableDraft } from './table-draft.ts'
import { Action } from './tables.ts'
import { TextLexer, type TextMachine } from './text-lexer.ts'

export type TextPlan = {
  /** Tells plans of one draft apart. */
  readonly key: string
  readonly machine: TextMachine
  /** Quoted, with escapes; or raw. */
  readonly json: boolean
  /** The entry for the quote after a string with that result. */
  end(result: number): number
  /** Names one of which must be unseen for a state to be worth entering; null for no such condition. */
  guard?(state: number): readonly number[] | null
}

/** One character: the result is its group. */
class CharacterMachine implements TextMachine {
  readonly start = 0
  readonly partition: Partition

  constructor(starts: readonly number[], groups: readonly number[]) {
    const classes = groups.map((g) => g + 1)
    this.partition = new Partition(Int32Array.from(starts), Int32Array.from(classes), Math.max(0, ...classes) + 1)
  }

  step(state: number, cls: number): number {
    return state === 0 && cls > 0 ? cls : dead
  }

  result(): number {
    return -1
  }
}

export class TextPacker {
  private readonly draft: TableDraft
  private readonly table: LexTable
  private readonly plain: boolean
  /** States by number, where a name would have to be spelled for each byte. */
  private readonly known = new WeakMap<TextPlan, number[]>()
  private readonly characters = new Map<string, { readonly lexer: TextLexer; readonly id: number }>()

  constructor(draft: TableDraft, table: LexTable, plain: boolean) {
    this.draft = draft
    this.table = table
    this.plain = plain
  }

  /** The state for one of the machine's. */
  state(plan: TextPlan, at: number): number {
    let mine = this.known.get(plan)
    if (!mine) {
      mine = []
      this.known.set(plan, mine)
    }
    mine[at] ??= this.draft.state(`${plan.key}~${at}`, (s) => this.fill(plan, at, s))
    return mine[at]
  }

  private fill(plan: TextPlan, at: number, s: DraftState): void {
    const { machine, json } = plan
    const result = machine.result(at)
    s.any = plan.guard?.(at) ?? null
    s.ends = !json && result >= 0
    for (let b = json ? 0x20 : 0; b < 0x80; b++) {
      const to = special(b, json) ? dead : machine.step(at, machine.partition.classOf(b))
      if (to !== dead) s.row[b] = entry(Action.go, this.state(plan, to))
    }
    if (json && result >= 0) s.row[0x22] = plan.end(result)
    const { targets, lexer, id } = this.longer(plan, at)
    if (targets.length === 0) return
    const guarded = targets.some((t) => plan.guard?.(t))
    const inside = guarded
      ? this.inline(plan, at, targets, lexer)
      : (lex: number): number => this.character(id, lexer, lex)
    for (let b = json ? 0x5c : 0x80; b < 256; b = Math.max(b + 1, 0x80)) {
      const to = this.table.next(lexer.start, b)
      if (to !== noWay) s.row[b] = entry(guarded ? Action.go : Action.push, inside(to))
    }
    if (guarded) return
    const [symbol, slots] = this.draft.symbol()
    s.symbol = symbol
    targets.forEach((t, group) => void slots.set(group, this.state(plan, t)))
  }

  /** Where the characters that take more than one byte lead: the targets, and a lexer that tells which of them it is. */
  private longer(plan: TextPlan, at: number): { targets: number[]; lexer: TextLexer; id: number } {
    const { machine, json } = plan
    const { partition } = machine
    const targets: number[] = []
    const starts: number[] = []
    const groups: number[] = []
    const put = (from: number, to: number): void => {
      let g = -1
      if (to !== dead) {
        g = targets.indexOf(to)
        if (g < 0) g = targets.push(to) - 1
      }
      if (groups.at(-1) === g) return
      starts.push(from)
      groups.push(g)
    }
    // Below 128 only what is escaped; any character is where escapes are free.
    for (let cp = 0; cp < 0x80; cp++) {
      const escaped = json && (!this.plain || special(cp, true) || cp < 0x20)
      put(cp, escaped ? machine.step(at, partition.classOf(cp)) : dead)
    }
    for (let i = partition.intervalOf(0x80); i < partition.starts.length; i++) {
      const from = Math.max(0x80, partition.starts[i]!)
      const end = i + 1 < partition.starts.length ? partition.starts[i + 1]! - 1 : maxCodePoint
      // Surrogates are no characters: an interval of nothing else leads nowhere, and is part of the one before.
      if (from < 0xd800 || end > 0xdfff) put(from, machine.step(at, partition.classes[i]!))
    }
    const key = `${json}${starts.join()}|${groups.join()}`
    let made = this.characters.get(key)
    if (!made) {
      const lexer = new TextLexer(new CharacterMachine(starts, groups), this.table, json, this.plain)
      made = { lexer, id: this.characters.size }
      this.characters.set(key, made)
    }
    return { targets, ...made }
  }

  /** The state inside a character that is a frame of its own. */
  private character(id: number, lexer: TextLexer, lex: number): number {
    return this.draft.state(`c${id}~${lex}`, (s) => {
      for (let b = 0; b < 256; b++) {
        const to = this.table.next(lex, b)
        if (to === noWay) continue
        const group = lexer.state(to) - 1
        s.row[b] = group >= 0 ? entry(Action.pop, group) : entry(Action.go, this.character(id, lexer, to))
      }
    })
  }

  /** The same without a frame, where names seen have to be looked at inside a character. */
  private inline(plan: TextPlan, at: number, targets: readonly number[], lexer: TextLexer): (lex: number) => number {
    const reach = (lex: number): readonly number[] | null => {
      const names = new Set<number>()
      for (let b = 0; b < 256; b++) {
        const to = this.table.next(lex, b)
        if (to === noWay) continue
        const group = lexer.state(to) - 1
        const mine = group >= 0 ? plan.guard!(targets[group]!) : reach(to)
        if (!mine) return null
        for (const n of mine) names.add(n)
      }
      return [...names]
    }
    const visit = (lex: number): number =>
      this.draft.state(`${plan.key}~${at}^${lex}`, (s) => {
        s.any = reach(lex)
        for (let b = 0; b < 256; b++) {
          const to = this.table.next(lex, b)
          if (to === noWay) continue
          const group = lexer.state(to) - 1
          s.row[b] = entry(Action.go, group >= 0 ? this.state(plan, targets[group]!) : visit(to))
        }
      })
    return visit
  }
}

/** Quote and backslash stand for themselves only when escaped. */
const special = (cp: number, json: boolean): boolean => json && (cp === 0x22 || cp === 0x5c)
