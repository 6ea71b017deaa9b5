// A string machine with one result used as a language of its own. Knows nothing of where it came from.

import type { Partition } from './code-points.ts'
import type { Language } from './language.ts'
import type { StringMachine } from './string-machine.ts'

export class MachineLanguage implements Language {
  readonly id: number
  readonly partition: Partition
  readonly start: number
  private readonly machine: StringMachine

  constructor(id: number, machine: StringMachine) {
    this.id = id
    this.machine = machine
    this.partition = machine.partition
    this.start = machine.start
  }

  step(state: number, cls: number): number {
    return this.machine.step(state, cls)
  }

  accepts(state: number): boolean {
    return this.machine.result(state) >= 0
  }

  distance(): number {
    return 0
  }
}
