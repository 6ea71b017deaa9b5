// Compiled constraints kept by what they were compiled from, so that equal requests share automata and masks. Bounded in number
// and, roughly, in bytes. Knows nothing of requests.

import { type CompiledConstraint, type CompileOptions, type ConstraintSpec, compile } from './compile.ts'

export class ConstraintCache {
  private readonly kept = new Map<string, CompiledConstraint>()
  private readonly most: number
  private readonly bytesEach: number

  constructor(most = 64, bytesEach = 64 * 2 ** 20) {
    this.most = most
    this.bytesEach = bytesEach
  }

  compile(spec: ConstraintSpec, options: CompileOptions = {}): CompiledConstraint {
    const key = JSON.stringify([spec, options])
    const known = this.kept.get(key)
    this.kept.delete(key)
    // What has grown too large by use is left to those who hold it, and made anew.
    const made = known && known.bytes < this.bytesEach ? known : compile(spec, options)
    this.kept.set(key, made)
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!)
    return made
  }

  get size(): number {
    return this.kept.size
  }
}
