// Compiles in a worker, so that the page goes on meanwhile. The other end is compile-worker.ts. Where workers are missing or
// do not start, it says so and the caller compiles.

import type { CompileOptions, ConstraintSpec } from './compile.ts'
import type { CompiledTables } from './compile-tables.ts'
import type { CompileAnswer, CompileTask } from './compile-worker.ts'

/** Longer than any compilation may take, with the start of the worker. */
const PATIENCE_MS = 15_000

export class CompileThread {
  readonly #waiting = new Map<number, (made: CompiledTables | undefined) => void>()
  #worker: Worker | undefined
  #broken = typeof Worker === 'undefined'
  #next = 0

  /** undefined: not here. */
  compile(spec: ConstraintSpec, options: CompileOptions): Promise<CompiledTables | undefined> {
    if (this.#broken) return Promise.resolve(undefined)
    const task: CompileTask = { id: this.#next++, spec, options }
    return new Promise((resolve) => {
      const late = setTimeout(() => this.close(), PATIENCE_MS)
      this.#waiting.set(task.id, (made) => {
        clearTimeout(late)
        resolve(made)
      })
      try {
        this.#worker ??= this.#start()
        this.#worker.postMessage(task)
      } catch {
        this.close()
      }
    })
  }

  /** Ends the worker for good; whoever waits compiles himself. */
  close(): void {
    this.#broken = true
    this.#worker?.terminate()
    this.#worker = undefined
    for (const give of this.#waiting.values()) give(undefined)
    this.#waiting.clear()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data: { id, made } }: MessageEvent<CompileAnswer>) => {
      this.#waiting.get(id)?.(made)
      this.#waiting.delete(id)
    })
    worker.addEventListener('error', () => this.close())
    return worker
  }
}
