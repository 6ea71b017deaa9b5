// A worker that compiles: specifications in, tables out. Its other end is compile-thread.ts.

import type { CompileOptions, ConstraintSpec } from './compile.ts'
import { type CompiledTables, compileTables } from './compile-tables.ts'

export interface CompileTask {
  readonly id: number
  readonly spec: ConstraintSpec
  readonly options: CompileOptions
}

export interface CompileAnswer {
  readonly id: number
  readonly made: CompiledTables
}

addEventListener('message', ({ data: { id, spec, options } }: MessageEvent<CompileTask>) => {
  const made = compileTables(spec, options)
  const answer: CompileAnswer = { id, made }
  const buffers = made.k === 'tables' ? Object.values(made.tables).filter((part) => ArrayBuffer.isView(part)) : []
  postMessage(answer, { transfer: [...new Set(buffers.map(({ buffer }) => buffer))] })
})
